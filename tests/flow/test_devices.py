# SPDX-License-Identifier: GPL-3.0-or-later
"""One seed is one chip: devices that differ from their targets are the same in SPICE, in exports and in closed form."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import cell, deployed, hypercell, whole
from needed import needs

from memnet import Chip, DeviceSpread, compare
from memnet.circuit.banks import Followers, Inverters, Memristors, ScaleResistors, TiaPairs
from memnet.circuit.blocks import Circuit
from memnet.circuit.build import build_circuit
from memnet.circuit.layout import signal
from memnet.deployment.chip_devices import ChipDevices
from memnet.deployment.programmed import Programmed, program_stage
from memnet.deployment.stages import Plan, Stage
from memnet.errors import SetupError
from memnet.netlist.export import write_export
from memnet.netlist.placement_table import write_table
from memnet.netlist.reading import read_export
from memnet.numeric.crossbar import CrossbarStage
from memnet.numeric.engine import NumericCircuit
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images

SPREAD = DeviceSpread(variation=0.05, stuck=0.01, offset_v=1e-4, seed=7)
SAME_V = 2e-7  # flat decks write input voltages with seven digits
FULL_SCALE = 1e-5  # of class outputs, between SPICE and closed form
CHIPS = [("PDARTS", "individual"), ("DARTS_V1", "individual"), ("random:5", "shared")]


@pytest.fixture(scope="module", params=["cell", "network", "hypernetwork"])
def devices(request: pytest.FixtureRequest) -> ChipDevices:
    made = {"cell": cell, "network": lambda: whole(channels=1), "hypernetwork": hypercell}
    structure = "shared" if request.param == "hypernetwork" else ""
    return ChipDevices(deployed(made[request.param](), images=1, structure=structure).deployment, SPREAD)


def in_circuit(circuit: Circuit, stage: Stage, plan: Plan) -> dict[str, np.ndarray]:
    """Return the conductances in the netlists' circuit by term and side, (columns, rows), bias rows summed."""
    banks = circuit.block(stage.name).banks
    pairs = next(bank for bank in banks if isinstance(bank, TiaPairs))
    memristors = iter([bank for bank in banks if isinstance(bank, Memristors)])
    found = {}
    for term in stage.rows:
        if term.kind not in ("weights", "bias"):
            continue
        drivers = [circuit.groups[signal(driver, term.rectified)].nets for driver in plan.drivers(term.source)]
        position = {int(net): index for index, net in enumerate(np.concatenate(drivers))}
        for side, columns in (("plus", pairs.plus), ("minus", pairs.minus)):
            bank, matrix = next(memristors), np.zeros((len(columns), len(position)))
            rows = [position[int(net)] for net in bank.row]
            np.add.at(
                matrix, (bank.column - columns[0], rows), 1 / bank.effective_ohm(circuit.selects, circuit.technology)
            )
            found[f"{term.kind} {term.unit} {side}"] = matrix
    return found


def in_closed_form(programmed: Programmed, stage: Stage) -> dict[str, np.ndarray]:
    """Return the conductances that the numeric engine computes with, (columns, rows) by term and side, without bias."""
    found = {}
    for group in programmed.groups:
        if group.minus is not None:
            rows = int(np.prod(group.rows.source))
            unit = np.eye(rows).reshape(group.rows.source[0], -1, rows)
            for side, siemens in (("plus", group.plus), ("minus", group.minus)):
                matrix = group.rows.operator(np.asarray(siemens, dtype=np.float64))(unit)
                found[f"weights {group.term.unit} {side}"] = matrix.reshape(int(np.prod(stage.shape)), rows)
    return found


def test_every_conductance_in_the_circuit_is_that_of_the_numeric_engine(devices: ChipDevices) -> None:
    plan, circuit = devices.deployment.plan, build_circuit(devices.deployment, devices)
    for stage in plan.stages:
        if stage.kind == "crossbar":
            programmed = program_stage(stage, devices)
            ours, theirs = in_circuit(circuit, stage, plan), in_closed_form(programmed, stage)
            for name, matrix in theirs.items():
                np.testing.assert_allclose(matrix, ours[name], rtol=1e-6, atol=1e-15, err_msg=f"{stage.name} {name}")
            for side in ("plus", "minus"):
                bias = sum(each[:, 0] for name, each in ours.items() if name.startswith("bias") and name.endswith(side))
                sums = getattr(programmed.real, f"bias_{side}").reshape(-1)
                np.testing.assert_allclose(np.broadcast_to(bias, sums.shape), sums, rtol=1e-6, atol=1e-15)


def test_every_offset_in_the_circuit_is_that_of_the_numeric_engine(devices: ChipDevices) -> None:
    """A pair's offsets follow from its volts without signals: Kirchhoff's law at both virtual grounds, solved for them.

    Checked with the feedback resistors of the circuit, which both are designed for the targets.
    """
    engine, circuit = NumericCircuit(devices), build_circuit(devices.deployment, devices)
    for name, stage in engine.stages.items():
        for bank in circuit.block(name).banks:
            if isinstance(bank, TiaPairs):
                check_pairs(stage, bank, program_stage(devices.deployment.plan.stage(name), devices))
            elif isinstance(bank, Followers) and bank.on(circuit.selects):
                finish = engine.copies.get(name, stage).finish
                np.testing.assert_allclose(finish.constant.reshape(-1) / finish.gain, bank.offset, rtol=1e-12)
            elif isinstance(bank, Inverters):
                assert bank.offset is not None and np.ptp(bank.offset) > 1e-5
                gain = 1.0 + average_siemens(circuit, name) * bank.feedback
                np.testing.assert_allclose(stage.finish.constant.reshape(-1), bank.offset * gain, rtol=1e-3)


def check_pairs(stage: CrossbarStage, bank: TiaPairs, programmed: Programmed) -> None:
    gains, real, bias_v = stage.gains, programmed.real, programmed.bias_v
    feedback = 1.0 / bank.feedback_plus.reshape(real.plus.shape), 1.0 / bank.feedback_minus.reshape(real.plus.shape)
    first = gains.first_constant_v / gains.first_ohm + bias_v * real.bias_plus
    second = (
        gains.constant_v / gains.second_ohm + bias_v * real.bias_minus + gains.coupling_siemens * gains.first_constant_v
    )
    offsets = first / (real.plus + feedback[0]), second / (real.minus + gains.coupling_siemens + feedback[1])
    np.testing.assert_allclose(offsets[0].reshape(-1), bank.offset_plus, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(offsets[1].reshape(-1), bank.offset_minus, rtol=1e-6, atol=1e-12)


def average_siemens(circuit: Circuit, name: str) -> np.ndarray:
    """Return the conductance of the scale resistors into each amplifier of a whole-map average, siemens."""
    resistors = next(bank for bank in circuit.block(name).banks if isinstance(bank, ScaleResistors))
    return np.bincount(resistors.column - resistors.column.min(), weights=1.0 / resistors.ohm)


@pytest.mark.parametrize(("genotype", "on"), CHIPS)
def test_the_same_seed_gives_the_same_class_outputs_in_spice(genotype: str, on: str) -> None:
    chip = Chip.of(genotype, on=on, channels=1, devices=SPREAD)
    simulated = chip.simulate(images=2).logits
    evaluated = chip.evaluate(images=2).samples[0].logits
    nominal = chip.change(devices=DeviceSpread()).evaluate(images=2).samples[0].logits
    full_scale = np.abs(simulated).max()
    np.testing.assert_allclose(simulated, evaluated, atol=FULL_SCALE * full_scale)
    assert np.abs(simulated - nominal).max() > 100 * FULL_SCALE * full_scale


def test_an_export_has_the_devices_and_offsets_of_its_chip(tmp_path: Path) -> None:
    nominal = deployed(cell(), images=2)
    devices = ChipDevices(nominal.deployment, SPREAD)
    chip = replace(nominal, circuit=build_circuit(nominal.deployment, devices))
    export = chip.export("devices")
    write_export(export, tmp_path / "export")
    engine, result = find_engine(), NumericCircuit(devices).run(export.images_v)
    exported = engine.run(read_export(tmp_path / "export")).values
    flat = sweep_images(chip.circuit, export.images_v, engine, flat=True).volts[chip.circuit.output]
    np.testing.assert_allclose(exported, flat, atol=SAME_V)
    np.testing.assert_allclose(exported, result.outputs_v, atol=FULL_SCALE * np.abs(flat).max())
    assert np.abs(exported - export.expected_v).max() > 1e-3


def test_an_export_with_offsets_behind_max_pools_gives_the_outputs_it_lists(tmp_path: Path) -> None:
    """With a source between the trees of max pools and their followers, ngspice found 959 V there."""
    chip = Chip.of("PDARTS", channels=1, devices=DeviceSpread(offset_v=1e-4))
    chip.export(tmp_path / "export", images=1)
    with (tmp_path / "export" / "expected.csv").open(newline="") as stream:
        expected_v = [float(volts) for volts in list(csv.reader(stream))[1][3:]]
    found_v = find_engine().run(read_export(tmp_path / "export")).values[0]
    np.testing.assert_allclose(found_v, expected_v, atol=FULL_SCALE * np.abs(expected_v).max())


def test_devices_without_conductance_come_back_from_a_table(tmp_path: Path) -> None:
    spread = DeviceSpread(variation=1.0, distribution="normal")
    sampled = Chip.of("PDARTS", channels=1, devices=spread)
    write_table(sampled.circuit, sampled.placement, tmp_path / "table.csv", targets=sampled.placement.conductance)
    read = Chip.of("PDARTS", channels=1, conductances=str(tmp_path / "table.csv"))
    found, expected = (chip.evaluate(images=2).samples[0].logits for chip in (read, sampled))
    np.testing.assert_allclose(found, expected, atol=FULL_SCALE * np.abs(expected).max())


def test_a_table_of_sampled_devices_comes_back_as_the_same_chip(tmp_path: Path) -> None:
    needs("engine")
    spread = replace(SPREAD, offset_v=0.0)
    sampled = Chip.of("PDARTS", channels=1, devices=spread)
    manifest = sampled.export(tmp_path / "export", images=1)
    assert manifest["devices"]["variation"] == 0.05 and manifest["devices"]["seed"] == 7
    assert json.loads((tmp_path / "export" / "manifest.json").read_text())["devices"] == manifest["devices"]
    table = tmp_path / "export" / "placement.csv"
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    with (tmp_path / "export" / "expected.csv").open(newline="") as stream:
        expected_v = [float(volts) for volts in list(csv.reader(stream))[1][3:]]
    given, target = (np.array([float(row[name]) for row in rows]) for name in ("conductance_siemens", "target_siemens"))
    assert np.median(np.abs(np.log(given / target))) == pytest.approx(0.6745 * 0.05, rel=0.05)
    assert np.mean(np.isclose(given, 1e-4, rtol=1e-6)) == pytest.approx(0.005, rel=0.3)
    read = Chip.of("PDARTS", channels=1, conductances=table)
    simulated, evaluated = read.simulate(images=2).logits, read.evaluate(images=2).samples[0].logits
    full_scale = np.abs(simulated).max()
    np.testing.assert_allclose(evaluated, sampled.evaluate(images=2).samples[0].logits, atol=FULL_SCALE * full_scale)
    np.testing.assert_allclose(evaluated, simulated, atol=FULL_SCALE * full_scale)
    expected = np.array(expected_v) / sampled.circuit.output_scale_v
    np.testing.assert_allclose(expected, simulated[0], atol=FULL_SCALE * full_scale)


def test_settings_without_effect_are_refused(tmp_path: Path) -> None:
    chip = Chip.of("PDARTS", channels=1, devices=DeviceSpread(read_noise=0.01))
    with pytest.raises(SetupError, match="read_noise has no effect in SPICE"):
        chip.simulate(images=1)
    with pytest.raises(SetupError, match="read_noise has no effect in an export"):
        chip.export(tmp_path / "export")
    with pytest.raises(SetupError, match=r"read_noise = 0\.01 has no effect in SPICE"):
        compare(["PDARTS"], on=("shared",), devices=chip.setup.devices)
    with pytest.raises(SetupError, match=r"variation = 0\.1 has no effect on counts"):
        compare(["PDARTS"], on=("shared",), counts_only=True, devices=DeviceSpread(variation=0.1))
    with pytest.raises(SetupError, match=r"seeds = 2 has no effect where no device differs"):
        chip.change(devices=DeviceSpread()).evaluate(images=1, seeds=2)
