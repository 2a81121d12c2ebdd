# SPDX-License-Identifier: GPL-3.0-or-later
"""Amplifier loops with the capacitance of their columns, against ngspice and against the circuit's own capacitors."""

from __future__ import annotations

import numpy as np
import pytest
from deployments import deployed, hypercell, primitive
from needed import needs

from memnet.circuit import LineCapacitors, build_circuit
from memnet.circuit.timing import block_time_s
from memnet.deployment import INPUT, ChipDevices, Wiring
from memnet.measurement.power import account_power
from memnet.netlist import Sweep, flat_deck
from memnet.numeric import NumericCircuit, Responder
from memnet.numeric.loops import Loops, column_farad, stage_loops
from memnet.numeric.response import Lag
from memnet.simulation import STEP_AT_S, simulate_transitions
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import partition_circuit

STOP_S = 3e-7


def charged(made, column_farad: float, row_farad: float = 0.0):
    """Return what stands on a chip whose wires have a capacitance and no resistance, and its circuit."""
    wiring = Wiring(rows=128, columns=128, row_ohm=0.0, column_ohm=0.0, row_farad=row_farad, column_farad=column_farad)
    devices = ChipDevices(made.deployment, wiring=wiring)
    return devices, build_circuit(made.deployment, devices)


def responses(made, farad: float, points: int = 600):
    """Return time and the volts of every stage's outputs after a step, in ngspice and in closed form, by net group."""
    devices, circuit = charged(made, farad, 1e-15)
    images_v = made.images.reshape(len(made.images), -1)[:2] * circuit.input_scale_v
    groups = [name for block in circuit.blocks for name in block.outputs]
    run = simulate_transitions(
        circuit,
        images_v,
        find_engine("ngspice"),
        stop_s=STEP_AT_S + STOP_S,
        step_s=STOP_S / 1500,
        account=account_power,
        keep=groups,
        flat=True,
    )[0]
    axis = np.concatenate([[0.0], np.linspace(1e-9, STOP_S, points)])
    inputs = np.repeat(images_v[1].reshape(1, -1, 1), len(axis), axis=2)
    inputs[:, :, 0] = images_v[0]
    found = {}
    Responder(NumericCircuit(devices), axis).run(inputs, lambda name, volts: found.update({name: volts}))
    pairs = {name: (run.waveforms[name].at(axis + STEP_AT_S).T, found[name].reshape(-1, len(axis))) for name in groups}
    return axis, pairs


@pytest.mark.parametrize("farad", [4.2e-16, 2e-12], ids=["hfox-130nm", "ringing"])
def test_waveforms_with_capacitance_are_those_of_ngspice(farad):
    """With 2 pF a crosspoint outputs overshoot by half of their step; rectifying ones meet 0 V on the way back."""
    needs("ngspice")
    _, pairs = responses(deployed(primitive("dil_conv_3x3", side=2)), farad)
    overshoots = []
    for name, (simulated, found) in pairs.items():
        span = np.ptp(simulated, axis=1).max()
        assert np.abs(simulated - found).max() <= 0.012 * span, name
        overshoots.append((simulated.max() - simulated[:, [0, -1]].max()) / span)
    assert (max(overshoots) > 0.3) == (farad > 1e-12)


def test_a_step_overshoots_as_the_damping_says():
    loops = Loops(tau_s=np.full((1, 3), 1e-8), second_s=np.array([[1e-9, 1e-8, 1e-7]]))
    time_s = np.concatenate([[0.0, 1e-15], np.linspace(1e-12, 2e-7, 4000)])
    target = np.where(time_s > 0, 1.0, 0.0) * np.ones((1, 3, 1))
    found = Lag(time_s=time_s)(target, loops)[0].max(axis=1) - 1.0
    damping = loops.damping[0]
    assert damping == pytest.approx([np.sqrt(2.5), 0.5, np.sqrt(0.025)])
    expected = np.exp(-np.pi * damping[1:] / np.sqrt(1.0 - damping[1:] ** 2))
    assert found[0] <= 1e-12
    np.testing.assert_allclose(found[1:], expected, rtol=1e-4)


@pytest.mark.parametrize("ratio", [0.0, 1e-3, 0.5, 30.0])
def test_the_phase_margin_is_that_of_the_loop_gain(ratio):
    tau = 1e-8
    loops = Loops(tau_s=np.array([[tau]]), second_s=np.array([[ratio * tau]]))
    omega = np.geomspace(1e-4, 10.0, 2_000_001) / tau
    gain = 1.0 / (1j * omega * tau * (1.0 + 1j * omega * ratio * tau))
    crossing = np.argmin(np.abs(np.log(np.abs(gain))))
    assert loops.phase_margin_degrees[0, 0] == pytest.approx(180.0 + np.degrees(np.angle(gain[crossing])), abs=1e-3)


def test_a_second_pole_far_away_changes_nothing():
    time_s = np.linspace(0.0, 5e-8, 300)
    target = np.sin(time_s * 2e8).reshape(1, 1, -1)
    for shut in (None, 1e-6):
        one = Lag(time_s=time_s)(target, np.full((1, 1), 1e-8), shut=shut)
        two = Lag(time_s=time_s)(target, Loops(tau_s=np.full((1, 1), 1e-8), second_s=np.zeros((1, 1))), shut=shut)
        np.testing.assert_allclose(one, two, atol=1e-3)


@pytest.mark.parametrize("structure", ["", "shared"])
def test_columns_have_the_capacitance_of_their_devices_and_loops_their_time_constants(structure):
    made = deployed(hypercell() if structure else primitive("sep_conv_3x3", side=3), structure=structure)
    devices, circuit = charged(made, 3e-13)
    run = NumericCircuit(devices)
    for block in circuit.blocks:
        lines = {
            int(net): farad
            for bank in block.banks
            if isinstance(bank, LineCapacitors)
            for net, farad in zip(bank.line, bank.farad, strict=True)
        }
        stage = made.deployment.plan.stage(block.name)
        if not lines:
            continue
        found = column_farad(stage, devices).reshape(-1)
        for side in ("plus", "minus"):
            nets = circuit.groups[f"{block.name}/{side}"].nets
            np.testing.assert_allclose(found, [lines.get(int(net), 0.0) for net in nets], rtol=1e-12)
        if block.name in run.stages and not stage.follows:
            slowest = sum(
                np.maximum(each.tau_s, 2 * each.second_s)
                for each in stage_loops(stage, run.stages[block.name].gains, devices)
            )
            copies = stage.copied and made.deployment.plan.on(stage.copy_gate or stage.gate)
            expected = block_time_s(circuit, block) - copies / (2 * np.pi * 1e8)
            assert slowest.max() == pytest.approx(expected, rel=2e-3)


def test_capacitance_changes_no_dc_deck_and_no_dc_voltage():
    made = deployed(primitive("sep_conv_3x3", side=3))
    devices, circuit = charged(made, 1e-15, 1e-15)
    images_v = made.images.reshape(len(made.images), -1) * circuit.input_scale_v
    decks = []
    for each in (made.circuit, circuit):
        blocks = partition_circuit(each, flat=True)[0].blocks
        decks.append(
            flat_deck(each, blocks, name="net", inputs={INPUT: images_v}, analysis=Sweep(images=3), saved=()).text
        )
    assert decks[0] == decks[1]
    assert sum(isinstance(bank, LineCapacitors) for block in circuit.blocks for bank in block.banks) > 4
    outputs = [NumericCircuit(each).run(images_v).outputs_v for each in (ChipDevices(made.deployment), devices)]
    assert np.array_equal(*outputs)
