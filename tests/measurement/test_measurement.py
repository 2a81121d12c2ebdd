# SPDX-License-Identifier: GPL-3.0-or-later
"""Delay and power from waveforms: hand-made cases, and a circuit whose power adds up."""

from dataclasses import fields

import numpy as np
import pytest
from deployments import deployed, primitive, whole
from measured import case, transients

from memnet.circuit.timing import block_time_s, critical_path_s
from memnet.errors import SetupError
from memnet.measurement.delay import settling_time_s
from memnet.measurement.power import supply_watts
from memnet.measurement.transient import measure_transients
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.simulation.waveforms import Waveform, resample, thinned
from memnet.technology import load_technology


def wave(*points):
    time, volts = zip(*points, strict=True)
    return Waveform(time_s=np.array(time, float), volts=np.array(volts, float).reshape(len(time), -1))


def test_settling_time_is_where_the_last_output_enters_its_band_for_good():
    trace = wave((0, 0.0), (1, 0.0), (2, 0.2), (3, 0.1), (4, 0.1))
    # Full scale 5.12 V makes a band of 10 mV around 0.1 V; the line from 0.2 to 0.1 enters it at 2.9 s.
    assert settling_time_s(trace, np.array([0.1]), 5.12, 1.0) == pytest.approx(1.9)
    assert settling_time_s(trace, np.array([0.1]), 512.0, 1.0) == 0.0
    assert settling_time_s(trace, np.array([0.3]), 5.12, 1.0) is None


def test_supply_power_is_class_b():
    opamp = load_technology().opamp
    assert supply_watts(np.array([[1e-3, -1e-3]]), opamp) == pytest.approx(2e-3 * 0.9)


def test_thinning_keeps_within_tolerance():
    time = np.linspace(0, 1, 400)
    full = Waveform(time_s=time, volts=np.stack([np.exp(-5 * time), np.sin(9 * time)], axis=1))
    few = thinned(full, 1e-3)
    assert len(few.time_s) < 150
    assert np.abs(few.at(time) - full.volts).max() <= 1e-3
    assert np.abs(resample(time, full.volts, time) - full.volts).max() < 1e-12


def test_time_constants_are_those_of_noise_gains():
    circuit = deployed(primitive("none")).circuit
    stem = circuit.block("stem")
    assert 2 / (2 * np.pi * 1e8) < block_time_s(circuit, stem) < 100 / (2 * np.pi * 1e8)


def test_parts_of_the_power_add_up_and_come_out_positive():
    chip, measured = case("PDARTS"), transients("PDARTS")
    assert measured.imbalance < 1e-3
    assert sum(measured.power_parts_w.values()) == pytest.approx(measured.power_w, rel=1e-3)
    assert all(value > 0 for name, value in measured.power_parts_w.items() if name != "switches")
    assert measured.energy_j == pytest.approx(measured.power_w * measured.delay_mean_s, rel=1e-6)
    assert 0 < measured.delay_s < 10 * critical_path_s(chip.circuit)
    np.testing.assert_allclose(measured.outputs_v[-1], measured.dc_outputs_v, atol=2e-4)
    opamps = sum(block.amplifiers() for block in chip.circuit.blocks)
    quiescent = opamps * 1e-5 * 1.8
    assert measured.power_w > quiescent


def test_outputs_that_do_not_depend_on_inputs_have_no_delay():
    text = "Genotype(normal={0}, normal_concat=[2,3,4,5], reduce={0}, reduce_concat=[2,3,4,5])".format(
        [[("none", 0)]] * 4
    )
    case = deployed(whole(text, channels=1), images=2)
    images_v = case.images.reshape(2, -1) * case.circuit.input_scale_v
    measured = measure_transients(case.circuit, images_v, find_engine("ngspice"))
    assert measured.delay_s is None and measured.power_w is None
    assert "do not depend on the inputs" in measured.delay_reason


def test_a_transition_without_delay_counts_for_the_means_with_no_energy():
    chip = deployed(primitive("skip_connect"), images=2)
    first, second = chip.images.reshape(2, -1) * chip.circuit.input_scale_v
    one, two = (
        measure_transients(chip.circuit, np.stack(shown), find_engine("ngspice"))
        for shown in ([first, second], [first, second, second])
    )
    assert two.transitions == 2 and one.energy_j > 0
    assert two.energy_j == pytest.approx(one.energy_j / 2, rel=1e-3)
    assert two.delay_mean_s == pytest.approx(one.delay_mean_s / 2, rel=1e-3)
    assert two.power_w == pytest.approx(one.power_w, rel=1e-3)


def test_dc_solutions_that_are_there_are_not_computed_again(monkeypatch):
    chip = deployed(primitive("skip_connect"), images=4)
    images_v, engine = chip.images.reshape(4, -1) * chip.circuit.input_scale_v, find_engine("ngspice")
    swept = sweep_images(chip.circuit, images_v, engine).volts[chip.circuit.output]
    expected = measure_transients(chip.circuit, images_v[:3], engine)
    monkeypatch.setattr("memnet.measurement.transient.sweep_images", None)
    found = measure_transients(chip.circuit, images_v[:3], engine, dc_outputs_v=swept[:3])
    for each in fields(expected):
        if each.name != "wall_s":
            np.testing.assert_array_equal(getattr(found, each.name), getattr(expected, each.name))
    with pytest.raises(SetupError, match="net/classifier: 4 dc solutions for 3 images; give one for each"):
        measure_transients(chip.circuit, images_v[:3], engine, dc_outputs_v=swept)
