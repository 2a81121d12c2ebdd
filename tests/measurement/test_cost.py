# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts, power and delay without a simulator are those with one; knows no accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from measured import case, transients, volts
from needed import needs

from memnet.circuit.build import build_circuit
from memnet.circuit.timing import critical_path_s as circuit_path_s
from memnet.deployment.chip_devices import ChipDevices
from memnet.deployment.stages import INPUT
from memnet.errors import SetupError
from memnet.flow.chip import Chip
from memnet.flow.chosen import calibration_images, headroom_images
from memnet.flow.settings import Setup
from memnet.genotype.read import read_genotype
from memnet.measurement import chip_cost
from memnet.measurement.area import count_components, count_deployment
from memnet.measurement.chip_cost import Meter, measure_cost, powered_components
from memnet.measurement.power import PARTS, account_power
from memnet.network.build import build_network
from memnet.network.datasets.load import load_dataset
from memnet.numeric import response
from memnet.numeric.engine import NumericCircuit
from memnet.numeric.loads import Loads
from memnet.numeric.response import Lag, Responder, critical_path_s
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.transient import STEP_AT_S, simulate_transitions

GENOTYPE = "random-derived:11"  # every operation once
NONE = "Genotype(normal={0}, normal_concat=[2,3,4,5], reduce={0}, reduce_concat=[2,3,4,5])".format([[("none", 0)]] * 4)


@pytest.mark.parametrize("structure", ["", "shared", "slotted", "duplicated"])
def test_parts_are_those_of_the_whole_circuit(structure):
    deployment = case(GENOTYPE, structure).deployment
    assert count_deployment(deployment) == count_components(build_circuit(deployment))


@pytest.mark.parametrize(("genotype", "structure"), [(GENOTYPE, ""), ("PDARTS", ""), ("DARTS_V1", "shared")])
def test_delay_and_power_are_those_of_a_simulated_transient(genotype, structure):
    chip, transitions = case(genotype, structure), 1 if structure else 2
    spice = transients(genotype, structure, transitions)
    mine = measure_cost(chip.deployment, volts(chip)[: transitions + 1])
    assert mine.delay_s == pytest.approx(spice.delay_s, rel=0.03)
    assert mine.delay_mean_s == pytest.approx(spice.delay_mean_s, rel=0.03)
    assert mine.power_w == pytest.approx(spice.power_w, rel=0.03)
    assert mine.energy_j == pytest.approx(mine.power_w * mine.delay_mean_s)
    assert set(mine.power_parts_w) == set(PARTS) and mine.transitions == spice.transitions == transitions
    for name, watts in spice.power_parts_w.items():
        assert mine.power_parts_w[name] == pytest.approx(watts, rel=0.15, abs=1e-3 * spice.power_w), name


def test_a_transition_without_delay_counts_for_the_means_with_no_energy():
    """Delay and energy of the means were those of the other transitions alone, twice as large here."""
    chip = case(GENOTYPE)
    first, second = volts(chip)[:2]
    one, two = (measure_cost(chip.deployment, np.stack(shown)) for shown in ([first, second], [first, second, second]))
    assert one.energy_j and one.delay_mean_s and two.transitions == 2
    assert two.energy_j == pytest.approx(one.energy_j / 2)
    assert two.delay_mean_s == pytest.approx(one.delay_mean_s / 2)
    assert (two.delay_s, two.power_w) == (one.delay_s, pytest.approx(one.power_w))


def test_waveforms_are_those_of_a_simulated_transient():
    needs("ngspice")
    chip = case("PDARTS")
    images_v, stop = volts(chip)[:2], STEP_AT_S + 3 * circuit_path_s(chip.circuit)
    groups = [name for block in chip.circuit.blocks for name in block.outputs]
    run = simulate_transitions(
        chip.circuit,
        images_v,
        find_engine("ngspice"),
        stop_s=stop,
        step_s=stop / 400,
        keep=groups,
        account=account_power,
    )[0]
    axis = np.concatenate([[0.0], np.linspace(1e-9, stop - STEP_AT_S, 512)])
    found = {}
    step(chip.deployment, images_v, axis, lambda name, value: found.update({name: value.reshape(-1, len(axis))}))
    worst = {name: np.abs(run.waveforms[name].at(axis + STEP_AT_S).T - found[name]).max() for name in groups}
    assert max(worst.values()) < 0.01, max(worst, key=worst.get)  # V, where signals are 0.2 V and steep
    assert worst[chip.circuit.output] < 0.002


def step(deployment, images_v, axis, see=lambda _name, _value: None):
    """Follow the step from one image to the next; return the responder and the outputs."""
    inputs = np.repeat(images_v[1].reshape(1, -1, 1), len(axis), axis=2)
    inputs[:, :, 0] = images_v[0]
    responder = Responder(NumericCircuit(ChipDevices(deployment)), axis)
    return responder, responder.run(inputs, see)


def test_it_begins_and_ends_at_the_dc_solutions():
    chip = case("DARTS_V1")
    axis = np.linspace(0, 20 * circuit_path_s(chip.circuit), 400)
    expected = NumericCircuit(ChipDevices(chip.deployment)).run(volts(chip)[:2]).outputs_v
    _, outputs = step(chip.deployment, volts(chip)[:2], axis)
    np.testing.assert_allclose(outputs[:, [0, -1]].T, expected, atol=4e-6)


@pytest.mark.parametrize("structure", ["", "slotted"])
def test_the_critical_path_is_that_of_the_circuit(structure):
    chip = case("PDARTS", structure)
    assert critical_path_s(NumericCircuit(ChipDevices(chip.deployment))) == pytest.approx(
        circuit_path_s(chip.circuit), rel=0.02
    )


def test_a_pole_is_integrated_exactly_between_points():
    axis = np.array([0.0, 1.0, 3.0, 4.0])
    ramp = Lag(time_s=axis)(axis.reshape(1, 1, -1), 2.0)
    np.testing.assert_allclose(ramp[0, 0], axis - 2.0 * (1 - np.exp(-axis / 2.0)), rtol=1e-12)
    target = np.array([1.0, -1.0, -1.0, 1.0]).reshape(1, 1, -1)
    held = Lag(time_s=axis)(target, 0.1, shut=1e-4)
    assert held[0, 0, 2] == pytest.approx(-1e-4) and held[0, 0, 3] > 0.5
    free = Lag(time_s=axis)(target, 0.1)
    assert free[0, 0, 2] == pytest.approx(-1.0)


def test_loads_are_the_devices_of_the_circuit():
    chip = case(GENOTYPE)
    loads, nets = Loads.of(chip.deployment), np.zeros(chip.circuit.nets + 1)
    for block in chip.circuit.blocks:
        for bank in block.banks:
            if type(bank).__name__ == "Memristors":
                np.add.at(nets, bank.row, bank.siemens)
    for name, siemens in loads.crossbars.items():
        np.testing.assert_allclose(siemens.reshape(-1), nets[chip.circuit.groups[name].nets], rtol=1e-9)
    assert loads.bias_siemens == pytest.approx(nets[chip.circuit.groups["bias"].nets].sum())
    assert len(loads.crossbars) > 10


def test_quiescent_current_is_drawn_where_power_is_on():
    alone, shared = case("DARTS_V1"), case("DARTS_V1", "shared")
    assert powered_components(alone.deployment.plan).opamps == count_deployment(alone.deployment).opamps
    on = powered_components(shared.deployment.plan)
    assert powered_components(alone.deployment.plan).opamps <= on.opamps < count_deployment(shared.deployment).opamps
    meter = Meter(alone.deployment, Loads(), 3)
    opamp = alone.deployment.technology.opamp
    rails = opamp.vdd_v - opamp.vss_v
    expected = powered_components(alone.deployment.plan).opamps * opamp.quiescent_a * rails
    assert meter.watts(np.zeros(3))["opamps"] == pytest.approx(np.full(3, expected))


def test_an_amplifier_takes_from_its_supply_what_its_load_draws():
    chip = case(GENOTYPE)
    meter = Meter(chip.deployment, Loads(resistors={"stem": np.full((1, 2), 1e-3)}), 1)
    before = meter.watts(np.zeros(1))
    meter.see("stem", np.array([[[0.1], [-0.2]]]))
    after = meter.watts(np.zeros(1))
    assert after["scale_and_feedback"] - before["scale_and_feedback"] == pytest.approx(1e-3 * (0.01 + 0.04))
    assert after["opamps"] - before["opamps"] == pytest.approx(1e-3 * (0.9 * 0.3 - 0.05))
    driven = Meter(chip.deployment, Loads(crossbars={INPUT: np.full((1, 2), 1e-3)}), 1)
    driven.see(INPUT, np.array([[[0.1], [-0.2]]]))
    assert driven.watts(np.zeros(1))["opamps"] == pytest.approx(before["opamps"])


def test_outputs_that_do_not_depend_on_inputs_have_no_delay():
    chip = case(NONE)
    found = measure_cost(chip.deployment, volts(chip))
    assert found.delay_s is None and found.power_w is None and "do not depend" in found.delay_reason


def test_one_image_is_refused():
    chip = case(GENOTYPE)
    with pytest.raises(SetupError, match="at least 2"):
        measure_cost(chip.deployment, volts(chip)[:1])


def test_half_as_many_points_give_the_same_delay(monkeypatch):
    chip = case("PDARTS")
    fine = measure_cost(chip.deployment, volts(chip)[:2]).delay_s
    monkeypatch.setattr(chip_cost, "POINTS", chip_cost.POINTS // 2)
    assert measure_cost(chip.deployment, volts(chip)[:2]).delay_s == pytest.approx(fine, rel=0.01)


def test_blocks_of_nets_do_not_show(monkeypatch):
    target = np.random.RandomState(0).standard_normal((3, 5, 8))
    lag = Lag(time_s=np.linspace(0, 1, 8))
    tau = np.random.RandomState(1).uniform(0.1, 1, (3, 5))
    whole_run = lag(target, tau, shut=1e-3)
    monkeypatch.setattr(response, "BLOCK", 4)
    np.testing.assert_array_equal(lag(target, tau, shut=1e-3), whole_run)


def test_large_networks_have_scales_from_enough_images():
    digits = load_dataset("digits")
    small = build_network(read_genotype("PDARTS"), channels=1)
    large = build_network(read_genotype("PDARTS"), channels=64, layers=8)
    assert len(calibration_images(small, digits)) == len(headroom_images(small, digits)) == 1024
    assert len(headroom_images(large, digits)) < 200 and len(calibration_images(large, digits)) == 512
    assert Chip(Setup(genotype="DARTS_V1", channels=1)).deployment.scales[INPUT] > 0
