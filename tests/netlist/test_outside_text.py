# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a user or a file says ends a line, opens a block or reaches a page unescaped, wherever it is written."""

from __future__ import annotations

import copy
import csv
import io
import json
import os
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from deployments import Deployed, deployed, hypercell, primitive
from needed import needs

from memnet.flow.run_comparison import compare
from memnet.genotype.text import parse_genotype
from memnet.netlist.contents import Export, Timing
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.export import export_files, write_export
from memnet.netlist.flat import Sweep, flat_deck
from memnet.netlist.placement_table import table_pieces
from memnet.netlist.reading import read_export
from memnet.report.comparison import comparison_html
from memnet.report.page import report_html
from memnet.simulation.engines.discover import environment, find_ngspice
from memnet.simulation.engines.registry import find_engine
from memnet.technology import load_technology

PLAIN = "plain"
SHELL = ".control\nshell touch ran\n.endc"
ENDS = (
    "\n",
    "\r",
    "\r\n",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
)  # of lines, for some program
HOSTILE = (
    *(f"a{end}rx out 0 1{end}{SHELL}{end}+ b" for end in ENDS),
    "ends with a backslash \\",
    "two \\\\",
    "a \x02\nb \x02\n",  # memnet's own marks
    "\x01id\x01 \x01out\x01",
    "@body@\n@points@ %d %s",
    "{{ 7 * 7 }}{% include 'x' %}{# ",
    "</title></svg><script>alert(1)</script><img src=x onerror=y>\"'&<!--",
    "`code` [link](javascript:x) ![picture](y) | cell | <b>",
    "*/ /* // $ ; * ' \"",
    'a,b"c',
    "nul \x00 and escape \x1b[31m and turned \u202e and half \ud800",
)


@pytest.fixture(scope="module")
def pool() -> Deployed:
    return deployed(primitive("max_pool_3x3", side=2))


@pytest.fixture(scope="module")
def switched() -> Deployed:
    return deployed(hypercell(), images=1, structure="shared")


def named(chip: Deployed, text: str, dialect: str, timing: Timing | None = None) -> Export:
    """Return the export of a chip in which every place for text from outside has `text`."""
    technology = replace(chip.circuit.technology, name=text, description=text)
    blocks = tuple(replace(block, kind=text) for block in chip.circuit.blocks)
    circuit = replace(chip.circuit, technology=technology, blocks=blocks)
    about = {"weights": text, "conductances": text}
    return replace(chip, circuit=circuit).export(text, dialect=dialect, timing=timing, about=about)


def structure(content: str, comment: str) -> list[str]:
    """Return the lines of a netlist as a simulator sees them: comments count, their words do not."""
    return ["a comment" if line.startswith(comment) else line for line in content.split("\n")]


@pytest.mark.parametrize("timing", [None, Timing(image_s=1e-5, step_s=1e-8)])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_hostile_text_changes_comments_alone(
    switched: Deployed, pool: Deployed, dialect: str, timing: Timing | None
) -> None:
    comment = "//" if dialect == "spectre" else "*"

    def files(chip: Deployed, text: str) -> dict[str, bytes]:
        return {name: b"".join(each) for name, each in export_files(named(chip, text, dialect, timing))}

    together, continued = ("".join(HOSTILE) + "\\",), dialect == "spectre" and timing is None
    for chip in (pool, switched) if continued else (pool,):
        plain = files(chip, PLAIN)
        # one by one where a backslash continues a line
        for text in HOSTILE if continued and chip is pool else together:
            found = files(chip, text)
            assert found.keys() == plain.keys()
            for name, content in found.items():
                where = f"{name} of {text!r}"
                assert content.decode().replace("\n", "").isprintable(), where
                if name == "README.md":
                    assert content.count(b"\n") == plain[name].count(b"\n"), where
                    assert b"<" not in content and b"\n| cell" not in content, where
                else:
                    assert structure(content.decode(), comment) == structure(plain[name].decode(), comment), where
                    assert not any(line.endswith("\\") for line in content.decode().split("\n") if comment in line[:2])


def test_a_hostile_text_stays_in_the_manifest_and_the_circuit_is_the_same(pool: Deployed, tmp_path: Path) -> None:
    engine, hostile = find_engine(), "".join(HOSTILE)
    volts = []
    for folder, text in (("plain", PLAIN), ("hostile", hostile)):
        write_export(named(pool, text, "ngspice"), tmp_path / folder)
        assert json.loads((tmp_path / folder / "manifest.json").read_text())["title"] == text
        volts.append(engine.run(read_export(tmp_path / folder)).values)
    np.testing.assert_array_equal(*volts)


def test_an_export_runs_no_command_of_its_technology(pool: Deployed, tmp_path: Path) -> None:
    needs("ngspice-batch")
    found, shipped = find_ngspice("executable"), Path(__file__).parents[2] / "memnet/technologies/hfox-130nm.toml"
    bad, to = tmp_path / "bad.toml", tmp_path / "export"
    named_so = f"name = {json.dumps('x' + chr(10) + SHELL)}\ndescription = {json.dumps(SHELL)}\n"
    rest = [line for line in shipped.read_text().splitlines() if not line.startswith(("name", "description"))]
    bad.write_text(named_so + "\n".join(rest) + "\n")
    circuit = replace(pool.circuit, technology=load_technology(str(bad)))
    write_export(replace(pool, circuit=circuit).export("bad"), to)
    run = [found.path, "-b", "testbench.sp"]
    subprocess.run(run, cwd=to, check=True, env=os.environ | environment(found), capture_output=True)
    assert (to / "outputs.txt").is_file() and not (to / "ran").exists()


def test_decks_and_tables_take_hostile_names_of_blocks(pool: Deployed) -> None:
    inputs = {"input": np.zeros((1, 4))}
    for text in HOSTILE:
        blocks = tuple(replace(block, name=text + block.name) for block in pool.circuit.blocks)
        decks = [
            flat_deck(pool.circuit, each, name=name, inputs=inputs, analysis=Sweep(images=1), saved=["v(n1)"]).text
            for name, each in ((PLAIN, pool.circuit.blocks), (text, blocks))
        ]
        assert structure(decks[0], "*") == structure(decks[1], "*")
        placed = [replace(each, block=text + each.block) for each in pool.placement.blocks]
        circuit, placement = replace(pool.circuit, blocks=blocks), replace(pool.placement, blocks=tuple(placed))
        table = b"".join(table_pieces(circuit, placement)).decode()
        rows = list(csv.reader(io.StringIO(table)))
        assert {len(row) for row in rows} == {len(rows[0])} and len(rows) == len(pool.placement) + 1


@pytest.mark.parametrize("text", HOSTILE)
def test_no_genotype_has_a_hostile_name(text: str, small_genotype: str) -> None:
    cells = json.loads(parse_genotype(small_genotype).to_json())
    with pytest.raises(Exception, match="genotype name"):
        parse_genotype(json.dumps({**cells, "name": text}))


class Tags(HTMLParser):
    """Collects the tags of a page with the names of their attributes, and its comments."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))


def test_hostile_texts_reach_no_page(dc_result) -> None:
    def page(text: str) -> list[tuple[str, ...]]:
        chip = copy.copy(dc_result.chip)
        named_so = tuple(f"{text}{label}" for label in range(10))
        chip.dataset = replace(chip.dataset, name=text, classes=named_so, notes=(text,))
        chip.technology = replace(chip.technology, name=text, description=text)
        chip.weights = replace(chip.weights, note=text)
        made = replace(dc_result, chip=chip, warnings=(text,), engine=text, solver=text)
        return Tags(report_html([made])).found

    assert page("".join(HOSTILE)) == page(PLAIN)


def test_hostile_texts_reach_no_page_of_a_comparison() -> None:
    made = compare(["PDARTS"], on=("shared",), channels=1, counts_only=True)

    def page(text: str) -> list[tuple[str, ...]]:
        each = tuple(replace(chip, genotype=text) for chip in made.individual)
        chips = tuple(replace(chip, genotype=text) for chip in made.hypernetworks)
        changed = replace(made, dataset=text, technology=text, individual=each, hypernetworks=chips)
        return Tags(comparison_html([changed])).found

    assert page("".join(HOSTILE)) == page(PLAIN)
