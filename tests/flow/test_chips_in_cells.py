# SPDX-License-Identifier: GPL-3.0-or-later
"""Chips whose memristors stand in cells: circuit against numeric engine, area, counts, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, hypercell, primitive
from needed import needs

from memnet import Chip, DeviceSpread, compare
from memnet.circuit import build_circuit
from memnet.deployment import ChipDevices
from memnet.devices import CELLS, Cell, access_of
from memnet.errors import SetupError
from memnet.flow import comparison_json
from memnet.flow.settings import SWITCHED_CELL
from memnet.network import Network
from memnet.network.datasets import Dataset
from memnet.numeric import NumericCircuit
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.technology import load_technology

SMALL = "random-derived:11"
WRONG = {"1T1R": {"width_per_length": 3.3}, "1S1R": {"slope_v": 0.049}}


def chip(small_digits: Dataset, **settings: object) -> Chip:
    return Chip.of(SMALL, channels=1, dataset=small_digits, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "1TR"}, "unknown cell '1TR': did you mean 1T1R"),
        ({"cell": "0T1R", "on": "shared"}, "cell 0T1R on shared: select lines switch the cells .* give 1T1R"),
        ({"cell": "1s1r", "on": "slotted"}, "cell 1S1R on slotted: select lines switch the cells"),
        ({"cell": "1S1R", "technology": "rram-65nm"}, r"technology rram-65nm has no section \[cell_1s1r\]"),
        ({"cell": "1T1R", "compensated": True}, "cell 1T1R and compensated: give one of them"),
        ({"cell": "1T1R", "wires": True}, "cell 1T1R and wires: give one of them"),
        ({"cell": "1T1R", "devices": DeviceSpread(offset_v=1e-4)}, "cell 1T1R and offset_v: give one of them"),
        ({"cell": "1T1R", "memristor": "sinhh"}, "unknown memristor model 'sinhh': did you mean sinh"),
        (
            {"cell": "1T1R", "memristor": "linear"},
            "memristor = 'linear' has no effect: memristors in cells have I = G V",
        ),
    ],
)
def test_cells_that_cannot_be_are_refused(small_digits: Dataset, settings: dict[str, object], message: str) -> None:
    with pytest.raises(SetupError, match=message):
        chip(small_digits, **settings)


def test_a_transistor_that_no_level_passes_is_refused(small_digits: Dataset) -> None:
    technology = load_technology()
    narrow = replace(technology, cell_1t1r=replace(technology.cell_1t1r, width_per_length=0.3))
    with pytest.raises(SetupError, match=r"with its transistor of 1\.089e\+04 ohm it reaches 0 to 9\.17082e-05 S"):
        chip(small_digits, cell="1T1R", technology=narrow)
    with pytest.raises(SetupError, match=r"cell 1S1R: .* it reaches 0 to 7\.98799e-05 S"):
        chip(small_digits, cell="1S1R", memristor="yakopcic:aguirre")  # it reaches 133 uS alone


def test_the_area_is_that_of_the_cells(small_digits: Dataset) -> None:
    first = chip(small_digits)
    assert first.cell_figures() == {}
    areas = {}
    for cell in CELLS:
        made = first.change(cell=cell)
        assert made.technology.name == first.technology.name
        figures = made.cell_figures()
        assert figures["cell"] == cell and made.technology.memristor.area_m2 == figures["cell_area_m2"]
        areas[cell] = figures["cell_area_m2"]
        assert made.counts.access_transistors == (made.counts.memristors if cell == SWITCHED_CELL else 0)
        assert made.counts.memristors == first.counts.memristors
    assert areas["1S1R"] == areas["0T1R"] < areas["1T1R"]
    assert first.change(cell="1t1r").cell_figures()["access_ohm"] == pytest.approx(1089.32, rel=1e-5)


def test_every_memristor_of_a_hypernetwork_has_a_transistor(small_digits: Dataset) -> None:
    plain = chip(small_digits, on="shared")
    made = plain.change(cell="1T1R")
    resistors = plain.counts.access_transistors - sum(
        len(bank) for block in plain.circuit.blocks for bank in block.banks if bank.select and hasattr(bank, "siemens")
    )
    assert made.counts.access_transistors == made.counts.memristors + resistors
    tally = made.circuit.blocks[0].tally()
    assert tally.access_transistors == sum(bank.tally().access_transistors for bank in made.circuit.blocks[0].banks)


@pytest.mark.parametrize(
    ("settings", "bound"), [({"cell": "1T1R"}, 1e-5), pytest.param({"cell": "1S1R"}, 1e-4, marks=pytest.mark.long)]
)
def test_ngspice_gives_what_the_numeric_engine_does(
    small_digits: Dataset, settings: dict[str, object], bound: float
) -> None:
    needs("ngspice")
    made = chip(small_digits, **settings)
    result = made.simulate(images=2, workers=1)
    figures = json.loads(result.to_json())
    assert figures["cell"] == settings["cell"] and figures["cell_area_m2"] == made.technology.memristor.area_m2
    assert figures["memristor_products"]["signed"]["terms"] == (2 if settings["cell"] == "1T1R" else 5)
    volts = made.input_volts(made.dataset.test_images[:2])
    largest = np.abs(result.outputs_v).max()
    assert np.abs(NumericCircuit(made.devices).run(volts).outputs_v - result.outputs_v).max() < bound * largest
    alone = NumericCircuit(replace(made.devices, memristor=None)).run(volts).outputs_v
    assert np.abs(alone - result.outputs_v).max() > 100 * bound * largest
    assert any(f"stand in {settings['cell']} cells" in note for note in made.notes)


@pytest.mark.parametrize(
    ("network", "structure", "kind", "memristor", "bound"),
    [
        (hypercell, "shared", "1T1R", "linear", 1e-5),
        (lambda: primitive("dil_conv_3x3", channels=4), "", "1T1R", "sinh", 3e-5),
        (lambda: primitive("dil_conv_3x3", channels=4), "", "1S1R", "linear", 5e-5),
    ],
    ids=["hypernetwork", "sinh", "selector"],
)
def test_varied_cells_are_the_same_in_circuit_and_numeric_engine(
    network: Callable[[], Network], structure: str, kind: str, memristor: str, bound: float
) -> None:
    needs("ngspice")
    made = deployed(network(), structure=structure)
    access = access_of(kind, made.circuit.technology)
    assert access is not None
    devices = ChipDevices(
        made.deployment, DeviceSpread(variation=0.05), memristor=Cell(access=access, memristor=memristor)
    )
    volts = made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v
    circuit = build_circuit(made.deployment, devices)
    solved = sweep_images(circuit, volts, find_engine("ngspice")).volts[circuit.output]

    def error(chip: ChipDevices) -> float:
        return float(np.abs(NumericCircuit(chip).run(volts).outputs_v - solved).max() / np.abs(solved).max())

    assert error(devices) < bound
    assert error(replace(devices, memristor=None)) > 50 * bound
    wider = replace(access, values=replace(access.values, cell_area_m2=0.0, **WRONG[kind]))
    assert error(replace(devices, memristor=Cell(access=wider, memristor=memristor))) > 3 * bound


def test_transients_are_refused(small_digits: Dataset) -> None:
    needs("ngspice")
    made = chip(small_digits, cell="1T1R", memristor="sinh")
    with pytest.raises(SetupError, match="analysis transient and memristor sinh in cell 1T1R: give one of them"):
        made.simulate(images=1, analysis="transient")
    with pytest.raises(SetupError, match=r"has no effect with memristor sinh in cell 1T1R: SPICE check"):
        made.evaluate(images=1, spice_blocks=1)


def test_other_commands_have_cells_or_refuse_them(small_digits: Dataset) -> None:
    made = chip(small_digits, cell="1T1R", memristor="yakopcic:aguirre")
    assert made.disturb(images=1, inferences=10.0).after  # hard thresholds: the states stay
    with pytest.raises(SetupError, match="noise and memristor yakopcic:aguirre in cell 1T1R: give one of them"):
        made.evaluate(images=1, noise=True)
    counted = {
        cell: compare([SMALL], on=("shared",), channels=1, dataset=small_digits, counts_only=True, cell=cell)
        for cell in (None, "1T1R")
    }
    plain, celled = (each.individual[0] for each in counted.values())
    difference = celled.area_parts_m2["memristors"] / plain.area_parts_m2["memristors"]
    assert difference == pytest.approx(2.03 / 2.0)
    assert (plain.counts.access_transistors, celled.counts.access_transistors) == (0, celled.counts.memristors)
    assert json.loads(comparison_json((counted["1T1R"],)))["comparisons"][0]["cell"] == "1T1R"


def test_a_table_of_conductances_is_one_of_cells(small_digits: Dataset, tmp_path: Path) -> None:
    made = chip(small_digits, cell="1T1R")
    made.export(tmp_path, images=1)
    again = made.change(conductances=tmp_path / "placement.csv")
    volts = made.input_volts(made.dataset.test_images[:1])
    first, second = (NumericCircuit(each.devices).run(volts).outputs_v for each in (made, again))
    assert np.abs(first - second).max() < 1e-6 * np.abs(first).max()
