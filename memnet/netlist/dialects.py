# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialects that netlists are written in: one for each simulator, with what its files were tested in."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.errors import MemnetError, as_known, choices


class DialectError(MemnetError):
    """A dialect that memnet does not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How netlists are written for one simulator, and how that is started.

    Attributes
    ----------
    name : what `--dialect` calls it
    tool : the simulator's own name
    tree : folder of its templates; all SPICE dialects share `spice`, which imports `dialect_NAME.j2` where they differ
    suffix : of every netlist file, without the dot
    proof : one sentence on what the dialect was tested with, written into every main netlist
    command : shell command that runs the testbench, from inside the exported directory
    result : the file that then holds the outputs, as the export's README describes it
    table : that file, if the export's check.py reads it; else ""
    needs : what large exports need of the tool, as the export's README says it
    ending : of the names of the templates in its tree, before `.j2`
    decks : whether it has the macros that simulation decks are written with, besides those of exports
    editor : the schematic editor that symbols are drawn for (`symbols.EDITORS`), "" for none
    within : what stands between the name of an instance and a net inside it, in the names of results
    """

    name: str
    tool: str
    tree: str
    suffix: str
    proof: str
    command: str
    result: str
    table: str = ""
    needs: str = ""
    ending: str = "sp"
    decks: bool = False
    editor: str = ""
    within: str = "."

    @property
    def expressions(self) -> str:
        """Return the path of the template with the macros of its expressions."""
        return f"spice/dialect_{self.name}.j2" if self.tree == "spice" else f"{self.tree}/expressions.j2"

    def template(self, name: str) -> str:
        """Return the path of the template called `name`, below `templates/`."""
        return f"{self.tree}/{name}.{self.ending}.j2"


_NGSPICE_NEEDS = """\
ngspice solves this with KLU where it was built with it: its log then says `Using KLU as Direct Linear Solver`. One
without KLU, of any version, passes over `.options klu` without a word and solves with Sparse 1.3. Its outputs are the
same. 6,000 memristors take it a second of CPU time instead of 0.3; 21,000, which KLU does in 1.6, were not done in 35,
and 39.3 ends at blocks with more than 1,005 nets (`N_GLOBAL_NODES overflow`). So exports of 10,000 memristors and more
need a newer ngspice with KLU."""
_READ = (
    "network, blocks and conductances run word for word in VACASK 0.3.4, which reads this dialect, and compared with "
    "the numeric reference; models interpreted and solved by memnet's own tests; stimuli and testbench only checked as "
    "text; nothing run in {tool} itself"
)
_PARSED = (
    "network, blocks and conductances read by an independent parser, with the elements and nets of the proven ngspice "
    "export; models interpreted and solved by memnet's own tests; stimuli and testbench only checked as text; nothing "
    "run in {tool} itself"
)
# A dialect from outside is another entry here, and one in `templates.TEMPLATES` for each of its templates.
DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            name="ngspice",
            tool="ngspice",
            tree="spice",
            suffix="sp",
            proof="run in ngspice 46 and neospice, small exports in ngspice 39.3 too, and compared with the numeric "
            "reference",
            command="ngspice -b testbench.sp",
            result="`outputs.txt`, a table with one line a point",
            table="outputs.txt",
            editor="xschem",
            needs=_NGSPICE_NEEDS,
            decks=True,
        ),
        Dialect(
            name="ltspice",
            tool="LTspice",
            tree="spice",
            suffix="cir",
            proof=_PARSED.format(tool="LTspice"),
            command="LTspice -b testbench.cir",
            result="`testbench.raw`",
            table="testbench.raw",
            editor="ltspice",
        ),
        Dialect(
            name="xyce",
            tool="Xyce",
            tree="spice",
            suffix="cir",
            proof="run in Xyce 7.8.0, and compared with the numeric reference; network, blocks and conductances in "
            "VACASK 0.3.4 too",
            command="Xyce testbench.cir",
            result="`outputs.csv`",
            table="outputs.csv",
            editor="xschem",
            decks=True,
            within=":",
        ),
        Dialect(
            name="hspice",
            tool="HSPICE",
            tree="spice",
            suffix="sp",
            proof=_READ.format(tool="HSPICE"),
            command="hspice -i testbench.sp -o testbench",
            result="`testbench.lis`",
        ),
        Dialect(
            name="spectre",
            tool="Spectre",
            tree="spectre",
            suffix="scs",
            proof=_READ.format(tool="Spectre"),
            command="spectre -format psfascii testbench.scs",
            result="`testbench.raw`",
            ending="scs",
        ),
    )
}
DECK_DIALECT = "ngspice"  # that simulation decks are written in, unless the engine reads another one


def find_dialect(name: str) -> Dialect:
    """Return the dialect of that name.

    Raises
    ------
    DialectError
        there is none; the text lists the names
    """
    name = as_known(name, DIALECTS)
    if name not in DIALECTS:
        raise DialectError(f"unknown dialect {name!r}: {choices(name, DIALECTS)}")
    return DIALECTS[name]
