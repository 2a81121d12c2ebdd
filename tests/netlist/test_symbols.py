# SPDX-License-Identifier: GPL-3.0-or-later
"""Schematics of exports netlist to their testbenches: as a reader here sees them, and in xschem, then simulated."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from deployments import cell, deployed, hypercell, primitive
from drawn import read_drawing
from needed import needs

from memnet.commands.app import main
from memnet.devices.memristors import memristor_model
from memnet.errors import SetupError
from memnet.netlist.contents import Timing
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.export import check_text, write_export
from memnet.netlist.symbols import EDITORS, MOST_PINS, Symbol, memristor_symbol, symbol_text
from memnet.simulation.engines.installing import install_folder
from memnet.simulation.engines.xyce import find_xyce

DRAWN = [name for name, dialect in DIALECTS.items() if dialect.editor]
EXAMPLES = Path(__file__).parents[2] / "examples" / "schematics"


def written(folder: Path, dialect: str, network=None, *, structure: str = "", timing: Timing | None = None) -> Path:
    chip = deployed(network or primitive("dil_conv_3x3", side=2), images=2, structure=structure)
    write_export(chip.export("dil_conv_3x3", dialect=dialect, timing=timing, symbols=True), folder)
    return folder


def parts_of_testbench(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Return the elements of the testbench of an export by name, each as nodes and value, and its other lines."""
    suffix = next(folder.glob("testbench.[sc][pi]*")).suffix
    text = "".join((folder / f"{name}{suffix}").read_text("utf-8") for name in ("testbench", "stimuli"))
    selects = folder / f"selects{suffix}"
    lines = re.sub(r"\n\+", "", text + (selects.read_text("utf-8") if selects.exists() else "")).splitlines()
    elements = [line.lower().split() for line in lines if re.match(r"[vbx]\w+ ", line)]
    rest = [line for line in lines if line and not re.match(r"[vbx]\w+ |\*|\.end$|\.include \"(stim|sel)", line)]
    made = {
        words[0]: words[1:] if words[0].startswith("x") else [*words[1:3], " ".join(words[3:])] for words in elements
    }
    return made, [line.replace('"', "") for line in rest]


@pytest.mark.parametrize(("dialect", "kind"), [*product(DRAWN, ["primitive", "transient"]), ("ltspice", "shared")])
def test_a_schematic_netlists_to_the_testbench(dialect: str, kind: str, tmp_path: Path) -> None:
    timing = Timing(image_s=1e-6, step_s=1e-8) if kind == "transient" else None
    folder = written(
        tmp_path, dialect, hypercell() if kind == "shared" else None, structure=kind * (kind == "shared"), timing=timing
    )
    editor = EDITORS[DIALECTS[dialect].editor]
    drawing = read_drawing(folder / f"testbench.{editor.schematic}")
    elements, rest = parts_of_testbench(folder)
    assert {name: [word.replace(" ", "") for word in words] for name, words in drawing.netlist().items()} == {
        name: [word.replace(" ", "") for word in words] for name, words in elements.items()
    }
    joined = re.sub(r"\n\+", "", "\n".join(drawing.commands)).splitlines()
    assert sorted(joined) == sorted(rest) and len(rest) > 3


@pytest.mark.parametrize("dialect", ["ngspice", "ltspice"])
def test_symbols_of_blocks_have_the_ports_of_their_subcircuits(dialect: str, tmp_path: Path) -> None:
    folder = written(tmp_path, dialect, cell())
    editor, suffix = EDITORS[DIALECTS[dialect].editor], DIALECTS[dialect].suffix
    text = re.sub(r"\n\+", "", (folder / f"network.{suffix}").read_text("utf-8"))
    ports = {words[1]: words[2:] for line in text.splitlines() if (words := line.split())[0] == ".subckt"}
    symbols = [folder / f"network.{editor.symbol}", *(folder / "symbols").iterdir()]
    assert {path.stem for path in symbols} == set(ports) and len(ports) > 10
    for path in symbols:
        symbol = path.read_text("utf-8")
        pins = re.findall(r"^B 5 .* \{name=(\w+) |^PINATTR PinName (\w+)$", symbol, re.MULTILINE)
        assert ["".join(pin) for pin in pins] == ports[path.stem]
        assert re.search(rf"(@pinlist|SYMATTR Value) {path.stem}\W", symbol)


def run_xschem(folder: Path, schematic: str = "testbench.sch") -> str:
    """Let xschem netlist a schematic; it has a home of its own, and no display."""
    home = folder / "home"
    home.mkdir()
    done = subprocess.run(
        ["xschem", "-q", "-x", "-n", "-s", schematic],
        cwd=folder,
        env={**os.environ, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and "not found" not in done.stderr, done.stderr
    return (folder / schematic).with_suffix(".spice").read_text("utf-8")


def compared(folder: Path) -> str:
    done = subprocess.run([sys.executable, "check.py"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_xschem_makes_a_netlist_that_ngspice_runs_to_the_expected_outputs(tmp_path: Path) -> None:
    needs("xschem")
    needs("ngspice-batch")
    folder = written(tmp_path / "export", "ngspice")
    text = run_xschem(folder)
    assert "MISSING" not in text and "xnetwork input_c0y0x0" in text
    ngspice = str(install_folder() / "usr" / "bin")
    path = os.pathsep.join([ngspice, os.environ["PATH"]])
    subprocess.run(
        ["ngspice", "-b", "testbench.spice"], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True
    )
    assert "all outputs are as expected" in compared(folder)


def test_xschem_makes_a_netlist_that_xyce_runs_to_the_expected_outputs(tmp_path: Path) -> None:
    needs("xschem")
    needs("xyce")
    folder = written(tmp_path / "export", "xyce")
    run_xschem(folder)
    subprocess.run([find_xyce().path, "testbench.spice"], cwd=folder, capture_output=True)
    assert "all outputs are as expected" in compared(folder)


def test_a_memristor_in_xschem_is_an_instance_of_its_subcircuit(tmp_path: Path) -> None:
    needs("xschem")
    symbol = tmp_path / "vteam.sym"
    symbol.write_text(memristor_symbol(memristor_model("vteam"), symbol), "utf-8")
    labels = "".join(f"C {{memnet_label.sym}} {x} 0 0 0 {{name=l{x} lab=n{x}}}\n" for x in (0, 240))
    head = "v {xschem version=2.8.1 file_version=1.0}\nG {}\nV {}\nS {}\nE {}\n"
    (tmp_path / "mine.sch").write_text(f"{head}C {{vteam.sym}} 120 0 0 0 {{name=xm x0=0.25}}\n{labels}", "utf-8")
    for name in ("memnet_label.sym", "xschemrc"):
        shutil.copy(EXAMPLES / "xschem" / name, tmp_path)
    assert "\nxm n0 n240 memristor_vteam x0=0.25\n" in run_xschem(tmp_path, "mine.sch")


def test_a_memristor_in_ltspice_has_its_pins_and_parameter(tmp_path: Path) -> None:
    text = memristor_symbol(memristor_model("vteam"), tmp_path / "vteam.asy")
    assert "SYMATTR Value memristor_vteam\nSYMATTR Prefix X\nSYMATTR SpiceLine x0=0.5\n" in text
    assert re.findall(r"PinName (\w)\nPINATTR SpiceOrder (\d)", text) == [("p", "1"), ("n", "2")]
    with pytest.raises(SetupError, match=r"is no symbol of an editor .* FILE.sym \(xschem\), FILE.asy \(LTspice\)"):
        memristor_symbol(memristor_model("vteam"), tmp_path / "vteam.svg")


def test_what_cannot_be_drawn_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = Symbol(subcircuit="network", inputs=tuple(f"in{at}" for at in range(MOST_PINS)), outputs=("out",))
    with pytest.raises(SetupError, match="the subcircuit network has 513 pins and a symbol at most 512"):
        symbol_text(many, EDITORS["xschem"])
    assert main(["netlist", "PDARTS", "--channels", "1", "--symbols", "--dialect", "spectre", "-o", str(tmp_path)]) == 2
    assert "only for ngspice, ltspice, xyce" in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("editor", EDITORS)
def test_the_checked_in_examples_are_what_memnet_writes(
    editor: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dialect = next(name for name in DRAWN if DIALECTS[name].editor == editor)
    chip = deployed(primitive("dil_conv_3x3", side=2), images=2)
    held = EXAMPLES / editor
    if request.config.getoption("--update-goldens"):
        write_export(chip.export("dil_conv_3x3", dialect=dialect, symbols=True), held)
    write_export(chip.export("dil_conv_3x3", dialect=dialect, symbols=True), tmp_path)
    new, old = (
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path, held)
    )
    assert new == old, "run pytest tests/netlist/test_symbols.py --update-goldens and look at the difference"
    assert old["check.py"] == check_text()
