# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the dialects: read by a parser that is not memnet's, each has the elements and nets of the proven export."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deployments import Deployed, cell, deployed
from needed import needs

from memnet.netlist.contents import Timing
from memnet.netlist.dialects import DIALECTS, DialectError, find_dialect
from memnet.netlist.export import export_files, write_export
from memnet.netlist.hierarchy import count_elements

OTHERS = [name for name in DIALECTS if name != "ngspice"]
Cells = dict[str, tuple[tuple[str, ...], frozenset[tuple[str, ...]]]]


@pytest.fixture(scope="module")
def chip() -> Deployed:
    return deployed(cell(), images=2)


@pytest.fixture(scope="module")
def parsed(chip: Deployed, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cells]:
    needs("netlist_parser")
    folder = tmp_path_factory.mktemp("dialects")
    for name in DIALECTS:
        write_export(chip.export("cell", dialect=name), folder / name)
    return {name: read(folder / name, DIALECTS[name].suffix) for name in DIALECTS}


def inlined(folder: Path, name: str) -> str:
    """Return a file with its includes in place of them, but for the models: the parser follows none."""
    text = (folder / name).read_text()
    for line, file in re.findall(r'^(\.?include "(\S+)")$', text, re.MULTILINE):
        bulk = "" if file.startswith("models") else (folder / file).read_text().replace("simulator lang=spectre\n", "")
        text = text.replace(f"{line}\n", bulk)
    return text


def read(folder: Path, suffix: str) -> Cells:
    """Return every subcircuit's ports and its elements: name, nets, and master or value."""
    from netlist_parser import NetlistParser

    cells: Cells = {}
    for name in (f"models.{suffix}", f"network.{suffix}"):
        whole = folder / f"inlined-{name}"
        whole.write_text(inlined(folder, name))
        for found in NetlistParser(internal=True).parse(str(whole)).cells:
            elements = [element(instance) for instance in found.instances]
            assert len(set(elements)) == len(elements)
            cells[found.name] = (tuple(found.ports), frozenset(elements))
    return cells


def element(instance) -> tuple[str, ...]:
    """Return name, nets and value; Spectre gives values as `resistor r=...`, SPICE as a number."""
    value = instance.parameters.get("r") or instance.parameters.get("c") or instance.number or instance.device_name
    return (instance.name, *instance.nodes, format(float(value), ".9e") if re.match(r"[\d.]", value) else value)


@pytest.mark.parametrize("dialect", OTHERS)
def test_an_independent_parser_finds_the_elements_and_nets_of_the_proven_export(
    parsed: dict[str, Cells], dialect: str
) -> None:
    assert parsed[dialect].keys() == parsed["ngspice"].keys()
    for name, (ports, elements) in parsed["ngspice"].items():
        assert parsed[dialect][name][0] == ports, f"{dialect}: ports of {name}"
        assert parsed[dialect][name][1] == elements, f"{dialect}: elements of {name}"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_independent_parser_counts_what_the_circuit_has(
    parsed: dict[str, Cells], chip: Deployed, dialect: str
) -> None:
    for block in chip.circuit.blocks:
        counts = count_elements(block)
        ports, elements = parsed[dialect][re.sub(r"\W", "_", block.name)]
        resistors = [e for e in elements if e[0].startswith("r")]
        memristors = [e for e in resistors if re.match(r"r[pm]\d", e[0])]
        assert len(memristors) == counts["memristors"]
        assert len(resistors) - len(memristors) == counts["resistors"]
        assert sum(e[-1].startswith("opamp") for e in elements) == counts["opamps"]
        assert sum(e[-1] == "selector" for e in elements) == counts["comparators"]
        nets = {net for e in elements for net in e[1:-1]} - {"0"}
        groups = [chip.circuit.groups[name] for name in (*block.inputs, *block.outputs, *block.internal)]
        assert len(nets - {"vclp", "vcln"}) <= sum(len(group.nets) for group in groups)
        assert len(ports) == sum(len(chip.circuit.groups[n].nets) for n in (*block.inputs, *block.outputs)) + 2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_main_netlist_says_what_it_was_proven_with(chip: Deployed, dialect: str) -> None:
    files = {name: b"".join(pieces).decode() for name, pieces in export_files(chip.export("cell", dialect=dialect))}
    head = files[f"network.{DIALECTS[dialect].suffix}"]
    assert f"dialect {DIALECTS[dialect].tool}: {DIALECTS[dialect].proof}" in head
    assert DIALECTS[dialect].command in files["README.md"]
    run = {"ngspice": "run in ngspice 46 ", "xyce": "run in Xyce 7.8.0, "}
    assert run.get(dialect, f"nothing run in {DIALECTS[dialect].tool} itself") in head


@pytest.mark.parametrize("transient", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_number_has_a_suffix_and_all_is_lower_case(chip: Deployed, dialect: str, transient: bool) -> None:
    timing = Timing(image_s=1e-5, step_s=1e-8) if transient else None
    suffix, comment = DIALECTS[dialect].suffix, "//" if dialect == "spectre" else "*"
    for name, pieces in export_files(chip.export("cell", dialect=dialect, timing=timing)):
        if name.endswith(f".{suffix}"):
            for line in b"".join(pieces).decode().splitlines():
                if not line.startswith(comment):
                    suffixed = re.search(r"(?<![\w.])[-+]?\d+\.?\d*(e[-+]?\d+)?[a-df-zA-Z]", line)
                    assert not suffixed and line == line.lower(), f"{name}: {line}"


@pytest.mark.parametrize("transient", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_file_that_is_included_is_there_and_every_continued_line_goes_on(
    chip: Deployed, dialect: str, transient: bool
) -> None:
    timing = Timing(image_s=1e-5, step_s=1e-8) if transient else None
    export = chip.export("cell", dialect=dialect, timing=timing)
    files = {name: b"".join(pieces).decode() for name, pieces in export_files(export)}
    suffix = DIALECTS[dialect].suffix
    included = {name for text in files.values() for name in re.findall(r'^\.?include "(\S+)"$', text, re.MULTILINE)}
    assert included == {name for name in files if name.endswith(suffix)} - {f"testbench.{suffix}"}
    # Tools differ in where the path of an include in a file below begins: no such file has one.
    below = "".join(text for name, text in files.items() if "/" in name)
    assert below and not re.search(r"^\.?include", below, re.MULTILINE)
    for name, text in files.items():
        if name.endswith(".scs"):
            assert not text.endswith("\\\n") and text.count("(") == text.count(")")
            assert "\\\n\\\n" not in text and not re.search(r"\\ \n", text)
        elif name.endswith(suffix):
            first = text.splitlines()[0]
            assert first.startswith("*"), f"{name}: {first}"


@pytest.mark.parametrize("dialect", OTHERS)
def test_stimuli_hold_every_image(chip: Deployed, dialect: str) -> None:
    files = {name: b"".join(pieces).decode() for name, pieces in export_files(chip.export("cell", dialect=dialect))}
    stimuli = files[f"stimuli.{DIALECTS[dialect].suffix}"]
    for volts in (chip.images.reshape(-1) * chip.circuit.input_scale_v).tolist():
        assert re.search(rf"(?<![\d.]){re.escape(format(volts, '.9g'))}(?!\d)", stimuli)


def test_an_unknown_dialect_is_refused_with_the_nearest(chip: Deployed, tmp_path: Path) -> None:
    with pytest.raises(DialectError, match="unknown dialect 'hspce': did you mean hspice"):
        find_dialect("hspce")
    with pytest.raises(DialectError, match="choose one of hspice, ltspice, ngspice, spectre, xyce"):
        write_export(chip.export("cell", dialect="verilog"), tmp_path / "export")
    assert list(tmp_path.iterdir()) == []
