# SPDX-License-Identifier: GPL-3.0-or-later
"""A memristor of one's own as a SPICE file: a subcircuit, and in its comments a table from conductance to state.

    * table: siemens w
    * 1e-6 0.01
    * 1e-4 1.0
    .subckt my_device p n w=0.5
    ...
    .ends

What follows on `table: siemens` names the parameter of the subcircuit that an instance is programmed with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from pathlib import Path

from memnet.errors import SetupError
from memnet.files import one_line, read_text

FEWEST_ENTRIES, MOST_ENTRIES = 4, 200
MOST_CHARACTERS = 1_000_000
_HEADING = re.compile(r"\*\s*table\s*:\s*siemens\s+(\w+)\s*", re.IGNORECASE)
_ENTRY = re.compile(r"\*\s*([-+.\deE]+)[\s,]+([-+.\deE]+)\s*")
_INSIDE = (".subckt", ".ends", ".model", ".param", ".func")  # a file must stand alone: exports have it as it is
_FORM = "write `.subckt NAME p n PARAMETER=value`, with the two ends of the device and the parameter of the table"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSubcircuit:
    """The subcircuit of a file, and its table.

    Attributes
    ----------
    path : of the file
    name : of the subcircuit in netlists, `memristor_` and the file's name for it: so it is no other's
    text : of the subcircuit, under that name
    parameter : that an instance is programmed with
    siemens, states : (entries,) conductances that rise, and the states that have them
    """

    path: str
    name: str
    text: str
    parameter: str
    siemens: tuple[float, ...]
    states: tuple[float, ...]


def read_subcircuit(path: Path) -> OwnSubcircuit:
    """Return the subcircuit of a file and its table.

    Raises
    ------
    SetupError
        there is no such file; it has no or several subcircuits, or one with other pins or without the table's
        parameter; commands of a simulator; no table, too few entries, or one that does not rise or fall throughout
    """
    if not path.is_file():
        raise SetupError(f"memristor file {str(path)!r} does not exist")
    return _read(path, path.stat().st_mtime_ns, path.stat().st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _changed_ns: int, _bytes: int) -> OwnSubcircuit:
    """Return what `read_subcircuit` does, once for each time that the file was written."""
    lines = read_text(path, SetupError, most=MOST_CHARACTERS).splitlines()
    parameter, siemens, states = _table(lines, str(path))
    name, block = _block(lines, parameter, str(path))
    renamed = f"memristor_{name.lower()}"
    head = re.sub(rf"(?i)^(\s*\.subckt\s+){re.escape(name)}(?!\S)", rf"\g<1>{renamed}", block[0])
    text = "\n".join([head, *block[1:-1], f".ends {renamed}", ""])
    return OwnSubcircuit(
        path=str(path), name=renamed, text=text, parameter=parameter.lower(), siemens=siemens, states=states
    )


def _table(lines: list[str], where: str) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    """Return the parameter that a table is of, and its conductances, in rising order, with their states."""
    headings = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADING.fullmatch(line.strip()))]
    if len(headings) != 1:
        raise SetupError(
            f"{where}: has {len(headings)} tables of states; give one, a comment `* table: siemens PARAMETER` and "
            "below it a comment for each entry, such as `* 1e-6 0.02`"
        )
    first, parameter = headings[0]
    entries = []
    for line in lines[first + 1 :]:
        found = _ENTRY.fullmatch(line.strip())
        if not found:
            break
        try:
            entries.append((float(found[1]), float(found[2])))
        except ValueError:
            raise SetupError(f"{where}: table entry {one_line(line.strip())!r} has no two numbers") from None
    if not FEWEST_ENTRIES <= len(entries) <= MOST_ENTRIES:
        raise SetupError(
            f"{where}: its table has {len(entries)} entries; give {FEWEST_ENTRIES} to {MOST_ENTRIES}, each a comment "
            "with a conductance in siemens and a state"
        )
    if entries[0][0] > entries[-1][0]:
        entries.reverse()
    for low, state in entries:
        if not (isfinite(low) and isfinite(state)):
            raise SetupError(f"{where}: table entry {low:g} S at {state:g} is not finite; leave it out")
    up = entries[0][1] < entries[-1][1]
    for (low, before), (high, after) in pairwise(entries):
        if not 0 < low < high or (after <= before if up else after >= before):
            raise SetupError(
                f"{where}: its table goes from {low:g} S at {before:g} to {high:g} S at {after:g}; conductances above "
                "0 and states must rise or fall throughout"
            )
    return parameter, tuple(siemens for siemens, _ in entries), tuple(state for _, state in entries)


def _block(lines: list[str], parameter: str, where: str) -> tuple[str, list[str]]:
    """Return the name of the only subcircuit in a file, and its lines, the first with its continuations."""
    starts = [at for at, line in enumerate(lines) if line.strip().lower().startswith(".subckt")]
    ends = [at for at, line in enumerate(lines) if line.strip().lower().startswith(".ends")]
    if len(starts) != 1 or len(ends) != 1 or ends[0] < starts[0]:
        raise SetupError(f"{where}: has {len(starts)} .subckt and {len(ends)} .ends; give one of each: {_FORM}")
    for at, line in enumerate(lines):
        word = (line.split() or [""])[0].lower()
        alone = not word or word.startswith(("*", ";"))
        if not alone and (not starts[0] <= at <= ends[0] or (word.startswith(".") and word not in _INSIDE)):
            raise SetupError(
                f"{where}, line {at + 1}: {one_line(line.strip())[:80]!r} does not belong to one subcircuit; exports "
                f"have the file's subcircuit alone, with {', '.join(_INSIDE[2:])} inside it"
            )
    block = lines[starts[0] : ends[0] + 1]
    while len(block) > 2 and block[1].lstrip().startswith("+"):
        block[:2] = [f"{block[0].rstrip()} {block[1].lstrip()[1:].lstrip()}"]
    words = re.sub(r"\s*=\s*", "=", block[0]).split()
    pins = [word for word in words[2:] if "=" not in word and word.lower() not in ("params:", "param:")]
    names = [word.split("=")[0].lower() for word in words[2:] if "=" in word]
    if len(words) < 2 or len(pins) != 2:
        raise SetupError(f"{where}: its subcircuit has the pins {', '.join(pins) or 'none'}, not two; {_FORM}")
    if parameter.lower() not in names:
        raise SetupError(f"{where}: its subcircuit has no parameter {parameter}, which the table is of; {_FORM}")
    return words[1], block
