# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts against values of their own: supplies, areas of parts, delays read off waveforms, energies, headroom."""

from __future__ import annotations

from dataclasses import asdict, astuple, fields, replace

import numpy as np
import pytest
from deployments import CELL, deployed, hypercell, primitive
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import case, volts
from needed import needs

from memnet.circuit.banks import Selectors
from memnet.circuit.base import HEAT_PARTS, amplifier_nets
from memnet.deployment import activations
from memnet.measurement import chip_cost
from memnet.measurement.area import Counts, component_areas
from memnet.measurement.chip_cost import Meter, measure_cost
from memnet.measurement.class_outputs import judge
from memnet.measurement.delay import settling_time_s
from memnet.measurement.gating import unit_of, unit_powers
from memnet.measurement.headroom import measure_headroom
from memnet.measurement.power import GRID_POINTS, PARTS, ChipPower, DeckPower, chip_power
from memnet.measurement.transient import _energy, measure_transients
from memnet.network.reference import fold
from memnet.network.weights import seeded_weights
from memnet.numeric.loads import Loads
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.transient import RISE_S, STEP_AT_S, input_step
from memnet.simulation.waveforms import Waveform
from memnet.technology import load_technology

TECHNOLOGY = load_technology()
RAILS_V = TECHNOLOGY.opamp.vdd_v - TECHNOLOGY.opamp.vss_v


def comparators(circuit) -> int:
    """Return how many comparators have power, from the nets of their decisions."""
    banks = [bank for block in circuit.blocks for bank in block.banks if isinstance(bank, Selectors)]
    return sum(len(bank.decision) for bank in banks if bank.on(circuit.selects))


def test_comparators_draw_their_current_from_rail_to_rail_in_a_transient():
    zeros = np.zeros(GRID_POINTS)
    deck = DeckPower(
        dissipated_w=dict.fromkeys(HEAT_PARTS, zeros),
        delivered_w=zeros,
        inputs_w=zeros,
        inner_supply_w=zeros,
        currents={},
        amplifiers=2,
        comparators=7,
    )
    power = chip_power({"a": deck, "b": replace(deck, comparators=4)}, {"a": {}, "b": {}}, TECHNOLOGY, 1e-6)
    expected = dict.fromkeys(PARTS, 0.0) | {
        "comparators": 11 * TECHNOLOGY.comparator.quiescent_a * RAILS_V,
        "opamps": 4 * TECHNOLOGY.opamp.quiescent_a * RAILS_V,
    }
    assert {name: watts[5] for name, watts in power.parts_w.items()} == pytest.approx(expected)
    assert power.total_w[5] == pytest.approx(sum(expected.values())) and power.imbalance < 1e-12


def test_comparators_draw_their_current_from_rail_to_rail_without_a_simulator():
    chip = case(CELL)
    meter = Meter(chip.deployment, Loads(), 2)
    expected = comparators(chip.circuit) * TECHNOLOGY.comparator.quiescent_a * RAILS_V
    assert expected > 0 and meter.watts(np.zeros(2))["comparators"] == pytest.approx([expected] * 2)


def test_units_draw_the_currents_of_their_op_amps_and_comparators_from_rail_to_rail():
    """With all nets at 0 V nothing but quiescent currents is left, in units that are on."""
    circuit = deployed(hypercell(), images=1, structure="shared").circuit
    banks = [bank for block in circuit.blocks for bank in block.banks if bank.select]
    expected = {unit_of(bank.select)[0]: 0.0 for bank in banks}
    for bank in banks:
        if bank.on(circuit.selects):
            opamps = len(amplifier_nets([bank])) * TECHNOLOGY.opamp.quiescent_a
            compared = len(bank.decision) * TECHNOLOGY.comparator.quiescent_a if isinstance(bank, Selectors) else 0.0
            expected[unit_of(bank.select)[0]] += (opamps + compared) * RAILS_V
    still = {int(net): np.zeros(1) for net in amplifier_nets(banks)}
    units = unit_powers(circuit, np.zeros((1, circuit.nets + 1)), still)
    assert {unit.unit: unit.amplifiers_w for unit in units} == pytest.approx(expected)
    assert {unit.on for unit in units if unit.kind == "max_pool"} == {True, False}


def test_every_kind_of_component_has_the_area_of_the_technology():
    """Each area is another power of ten, so that the sum tells which part had which."""
    own = {
        "memristor": ("area_m2", 1.0),
        "opamp": ("area_m2", 1e1),
        "comparator": ("area_m2", 1e2),
        "switch": ("area_m2", 1e3),
        "passive": ("resistor_area_m2", 1e4),
    }
    technology = replace(
        TECHNOLOGY, **{part: replace(getattr(TECHNOLOGY, part), **{name: area}) for part, (name, area) in own.items()}
    )
    technology = replace(technology, passive=replace(technology.passive, dac_area_m2=1e5, adc_area_m2=1e6))
    parts = component_areas(Counts(**{each.name: 1 for each in fields(Counts)}), technology)
    assert parts == {
        "memristors": 1.0,
        "opamps": 1e1,
        "comparators": 1e2,
        "switches": 1e3,
        "resistors": 1e4,
        "programmable": 1.0,
        "enables": 1e3,
        "select_drivers": 1e3,
        "dacs": 1e5,
        "adcs": 1e6,
    }
    assert set(asdict(Counts())) - set(parts) == {"access_transistors", "bias_at_least"}


def read_off(wave: Waveform, final_v: np.ndarray, start_s: float) -> float:
    """Return how long after `start_s` the last output comes within half a step of eight bits, on a fine time axis."""
    axis = np.linspace(start_s, wave.time_s[-1], 200_001)
    band_v = TECHNOLOGY.memristor.read_limit_v / 512
    late = [
        axis[np.abs(np.interp(axis, wave.time_s, trace) - final) > band_v][-1:]
        for trace, final in zip(wave.volts.T, final_v, strict=True)
    ]
    return float(np.concatenate(late).max() - start_s)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.floats(0.01, 1.0), min_size=3, max_size=12),
    seed=st.integers(0, 10**6),
    start=st.floats(0.0, 0.9),
    full_scale_v=st.floats(20.0, 200.0),
)
def test_settling_times_are_those_read_off_a_fine_time_axis(steps, seed, start, full_scale_v):
    """Waveforms of random points, which may leave and cross the band of 1/512 of full scale between two of them."""
    random = np.random.default_rng(seed)
    wave = Waveform(time_s=np.cumsum([0.0, *steps]), volts=random.normal(scale=0.3, size=(len(steps) + 1, 3)))
    final_v, start_s = wave.volts[-1] + 0.03 * random.normal(size=3), start * sum(steps)
    axis = np.linspace(start_s, wave.time_s[-1], 5001)
    traces = np.stack([np.interp(axis, wave.time_s, trace) for trace in wave.volts.T])
    outside = (np.abs(traces - final_v[:, None]) > full_scale_v / 512).any(axis=0)
    found = settling_time_s(wave, final_v, full_scale_v, start_s)
    if outside[-1]:
        assert found is None
    else:
        expected = axis[outside][-1] - start_s if outside.any() else 0.0
        assert found == pytest.approx(expected, abs=1.01 * (axis[1] - axis[0]))


def test_delays_in_spice_begin_with_the_step():
    needs("ngspice")
    before, after = np.array([0.1, -0.1]), np.array([-0.2, 0.0])
    step = input_step(before, after, 1e-7)
    assert np.array_equal(step.at(np.array([STEP_AT_S, STEP_AT_S + RISE_S])), [before, after])
    assert step.moving_s(1e-9) == (STEP_AT_S, STEP_AT_S + RISE_S)
    chip = deployed(primitive("skip_connect"), images=2)
    images_v = chip.images.reshape(2, -1) * chip.circuit.input_scale_v
    found = measure_transients(chip.circuit, images_v, find_engine("ngspice"))
    shown = Waveform(time_s=found.time_s, volts=found.outputs_v)
    assert found.delay_s == pytest.approx(read_off(shown, found.dc_outputs_v, STEP_AT_S), abs=2e-11)


def test_delays_without_a_simulator_begin_with_the_step(monkeypatch):
    seen = []
    real = chip_cost.settling_time_s
    monkeypatch.setattr(chip_cost, "settling_time_s", lambda *told: seen.append(told) or real(*told))
    chip = case("DARTS_V1")
    found = measure_cost(chip.deployment, volts(chip)[:2])
    wave, final_v, *_ = seen[-1]
    assert found.delay_s == pytest.approx(read_off(wave, final_v, wave.time_s[0]), abs=2e-11)


def test_the_energy_of_a_transition_is_that_from_the_step_to_the_delay():
    time_s = np.linspace(0.0, 1e-7, 1001)
    watts = np.where(time_s < STEP_AT_S, 7.0, np.where(time_s <= STEP_AT_S + 2e-8, 2.0, 9.0))
    power = ChipPower(time_s=time_s, parts_w={"opamps": 0.5 * watts}, total_w=watts, imbalance=0.0)
    assert _energy(power, 2e-8) == pytest.approx({"total": 2.0 * 2e-8, "opamps": 2e-8}, rel=1e-2)


def test_the_float_network_is_compared_with_the_circuit():
    reference = np.array([[1.0, 0.0], [0.1, 0.2]])
    circuit = np.array([[1.0, 0.0], [0.2, 0.1]])
    found = judge(circuit, reference, reference, np.array([0, 1]))
    assert (found.float_agreement, found.agreement, found.accuracy) == (0.5, 0.5, 0.5)


def test_margins_below_twice_the_error_bound_are_close():
    """A circuit within 1 % of 2 may be off by 0.02 in each of two classes."""
    reference = np.array([[2.0, 1.97], [1.0, 0.95], [0.5, 0.499]])
    found = judge(reference, reference, reference, np.array([0, 0, 0]), error_bound=0.01)
    assert found.close_images == (0, 2)


def test_headroom_sees_every_image(monkeypatch):
    chip = case("DARTS_V1")
    images = np.concatenate([chip.images, 3.0 * chip.images[:1]])  # the largest is the last
    parameters = fold(chip.network, weights_of(chip))
    whole = measure_headroom(chip.deployment, parameters, images, images[:1])
    for name in ("LEAST_CHUNK", "CHUNK_VALUES"):
        monkeypatch.setattr(activations, name, 1)
    apart = measure_headroom(chip.deployment, parameters, images, images[:1])
    for stages, others in ((whole.train, apart.train), (whole.test, apart.test)):
        for stage, other in zip(stages, others, strict=True):
            assert astuple(stage)[1:] == pytest.approx(astuple(other)[1:], rel=1e-5) and stage.stage == other.stage


def weights_of(chip):
    return seeded_weights(chip.network, 0, np.random.RandomState(0).standard_normal((64, *chip.network.image_shape)))
