# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports whose memristors stand in cells: in every dialect, on chips of their own and on hypernetworks."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from deployments import Deployed, deployed, hypercell, primitive
from needed import needs
from solved_exports import solved_outputs

from memnet.circuit import Circuit, build_circuit
from memnet.deployment import ChipDevices
from memnet.devices import Cell, access_of
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.export import write_export
from memnet.netlist.reading import read_export
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images


@cache
def small() -> Deployed:
    return deployed(primitive("sep_conv_3x3", side=2), images=1)


def in_cells(made: Deployed, kind: str, memristor: str = "linear") -> Circuit:
    access = access_of(kind, made.circuit.technology)
    assert access is not None
    return build_circuit(
        made.deployment, ChipDevices(made.deployment, memristor=Cell(access=access, memristor=memristor))
    )


@cache
def simulated(kind: str, memristor: str) -> np.ndarray:
    """Return the class outputs of `small` by memnet's own deck, (images, classes) volts."""
    circuit = in_cells(small(), kind, memristor) if kind else small().circuit
    images_v = small().images.reshape(1, -1) * circuit.input_scale_v
    return sweep_images(circuit, images_v, find_engine("ngspice")).volts[circuit.output]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("kind", "memristor"),
    [("1T1R", "linear"), ("1S1R", "linear"), pytest.param("1T1R", "sinh", marks=pytest.mark.long)],
)
def test_exports_of_every_dialect_have_the_outputs_of_a_deck(
    kind: str, memristor: str, dialect: str, tmp_path: Path
) -> None:
    """Files of tools that are not here are read and solved by the tests' own code, which has its own transistor."""
    needs("ngspice")
    made = small()
    circuit, images_v = in_cells(made, kind, memristor), made.images.reshape(1, -1) * made.circuit.input_scale_v
    write_export(replace(made.export("small", dialect=dialect), circuit=circuit), tmp_path / "export")
    rails = {"vclp": 0.77, "vcln": -0.77, "bias": circuit.bias_v}
    if kind == "1T1R":
        rails |= {"gate": 2.4, "bulk": -0.9}
    found = solved_outputs(tmp_path / "export", dialect, images_v, rails)
    largest = np.abs(found).max()
    assert np.abs(found - simulated(kind, memristor)).max() < 1e-6 * largest
    assert np.abs(found - simulated("", "")).max() > 2e-4 * largest  # memristors alone


def test_the_gate_is_on_a_rail_and_the_substrate_at_the_supply(tmp_path: Path) -> None:
    made = small()
    write_export(replace(made.export("small"), circuit=in_cells(made, "1T1R")), tmp_path)
    bench = (tmp_path / "testbench.sp").read_text()
    assert "\nvgate gate 0 2.4\nvbulk bulk 0 -0.9\n" in bench
    block = next(path for path in sorted((tmp_path / "blocks").rglob("*.sp")) if "\nmp" in path.read_text())
    held = (tmp_path / "conductances" / block.relative_to(tmp_path / "blocks")).read_text()
    access = re.findall(r"^m(\S+) m(\S+) gate (\S+) bulk naccess w=3e-06 l=1e-06$", block.read_text(), re.MULTILINE)
    memristors = re.findall(r"^r([pm]\d\S+) \S+ m(\S+) \S+$", held, re.MULTILINE)
    assert access and [name for name, *_ in access] == [name for name, _ in memristors]
    assert all(name == between for name, between, *_ in (*access, *memristors))


def test_select_nets_of_a_hypernetwork_switch_transistors(tmp_path: Path) -> None:
    needs("ngspice")
    made = deployed(hypercell(), structure="shared", images=1)
    circuit, images_v = in_cells(made, "1T1R"), made.images.reshape(1, -1) * made.circuit.input_scale_v
    write_export(replace(made.export("small"), circuit=circuit), tmp_path)
    engine = find_engine("ngspice")
    deck = sweep_images(circuit, images_v, engine).volts[circuit.output]
    assert np.abs(engine.run(read_export(tmp_path)).values - deck).max() < 2e-6 * np.abs(deck).max()
    selects = tmp_path / "selects.sp"
    text = selects.read_text()
    assert set(re.findall(r"^v\S+ \S+ 0 (\S+)$", text, re.MULTILINE)) == {"0", "2.4"}
    gates = re.findall(
        r"^mp\S+ mp\S+ (select_\S+) ", "".join(map(Path.read_text, (tmp_path / "blocks").rglob("*.sp"))), re.M
    )
    on = next(net for net in gates if f"v{net} {net} 0 2.4\n" in text)
    selects.write_text(text.replace(f"v{on} {on} 0 2.4\n", f"v{on} {on} 0 0\n"))
    assert np.abs(engine.run(read_export(tmp_path)).values - deck).max() > 1e-3 * np.abs(deck).max()
