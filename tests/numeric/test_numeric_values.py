# SPDX-License-Identifier: GPL-3.0-or-later
"""The numeric engine against values of its own: switching times, time constants, leakage, loads, noise, saturation."""

from __future__ import annotations

from dataclasses import replace
from math import log, pi

import numpy as np
import pytest
from deployments import CELL, Deployed, deployed, primitive
from measured import case, volts

from memnet.circuit.amplifiers import noise_gain
from memnet.circuit.banks import Inverters, Memristors, ScaleResistors, TiaPairs
from memnet.circuit.base import column_siemens
from memnet.deployment.chip_devices import ChipDevices
from memnet.deployment.stages import INPUT, middle_of
from memnet.devices.spread import DeviceSpread
from memnet.numeric.crossbar import CrossbarStage
from memnet.numeric.engine import NumericCircuit
from memnet.numeric.loads import Loads
from memnet.numeric.pools_and_averages import MaxPool
from memnet.numeric.response import Lag, LaggedPool, Responder, critical_path_s


def pool_of(made: Deployed) -> MaxPool:
    """Return the max pool of a chip."""
    stages = NumericCircuit(ChipDevices(made.deployment)).stages.values()
    return next(stage for stage in stages if isinstance(stage, MaxPool))


@pytest.fixture(scope="module")
def pool() -> Deployed:
    return deployed(primitive("max_pool_3x3", channels=1, side=2), images=1)


def test_a_selector_switches_when_the_pole_of_its_comparator_changes_sign(pool):
    """Two inputs exchanged at once: the pole goes from +0.1 V to -0.1 V and is at 0 V after tau ln 2."""
    technology = pool.circuit.technology
    switched_s = technology.comparator.delay_s * log(2.0)
    time_s = np.concatenate([[0.0], np.linspace(1e-15, 2 * switched_s, 2001)])
    inputs = np.full((1, 4, len(time_s)), -1.0)
    inputs[0, 0], inputs[0, 1] = np.where(time_s > 0, 0.0, 0.1), np.where(time_s > 0, 0.1, 0.0)
    out = LaggedPool(pool_of(pool), Lag(time_s=time_s), technology)(inputs)[0][0, 0]
    assert out[0] == pytest.approx(0.1, abs=1e-4)
    late = time_s[1:][out[1:] > 0.05]
    assert late[0] == pytest.approx(switched_s, rel=2e-3) and (out[time_s >= late[0]] > 0.05).all()


def test_every_comparator_of_a_pool_is_on_the_critical_path(pool):
    comparator = pool.circuit.technology.comparator
    slower = replace(pool.circuit.technology, comparator=replace(comparator, delay_s=2 * comparator.delay_s))
    paths = [
        critical_path_s(NumericCircuit(ChipDevices(replace(pool.deployment, technology=technology))))
        for technology in (pool.circuit.technology, slower)
    ]
    assert paths[1] - paths[0] == pytest.approx(4 * comparator.delay_s)  # two along each axis


def test_the_open_switch_of_a_selector_leaks(pool):
    made, switch = pool_of(pool), pool.circuit.technology.switch
    values = np.zeros((1, 4, 1))
    values[0, 0] = 0.1
    expected = 0.1 * (1 - 2 * switch.ron_ohm / switch.roff_ohm) * made.law.follower()  # past two selectors
    assert made(values)[0][0, 0, 0] == pytest.approx(expected, abs=1e-11)


def test_each_tia_of_a_pair_has_the_pole_of_its_own_noise_gain():
    made = case(CELL)
    technology, block = made.circuit.technology, made.circuit.blocks[0]
    pairs = next(bank for bank in block.banks if isinstance(bank, TiaPairs))
    first_s, second_s = (
        noise_gain(feedback, siemens) / (2 * pi * technology.opamp.gbw_hz)
        for feedback, siemens in (
            (pairs.feedback_plus, column_siemens(block.banks, pairs.plus, {}, technology)),
            (pairs.feedback_minus, column_siemens(block.banks, pairs.minus, {}, technology) + 1.0 / pairs.coupling),
        )
    )
    assert np.abs(first_s / second_s - 1.0).max() > 0.1
    time_s = np.concatenate([[0.0], np.linspace(1e-15, 3 * first_s.max(), 400)])
    inputs = np.repeat(volts(made)[1].reshape(1, -1, 1), len(time_s), axis=2)
    inputs[:, :, 0] = volts(made)[0]
    seen = {}
    Responder(NumericCircuit(ChipDevices(made.deployment)), time_s).run(inputs, seen.__setitem__)
    middle = seen[middle_of(block.name)].reshape(len(first_s), -1)
    settled = (
        NumericCircuit(ChipDevices(made.deployment)).stages[block.name].first([inputs[:, :, -1:]], 1)[0].reshape(-1, 1)
    )
    expected = settled + (middle[:, :1] - settled) * np.exp(-time_s / first_s[:, None])
    np.testing.assert_allclose(middle, expected, atol=2e-5)


def test_loads_on_op_amps_are_the_resistors_of_the_circuit():
    made = case(CELL)
    circuit, nets = made.circuit, np.zeros(made.circuit.nets + 1)
    for bank in (bank for block in circuit.blocks for bank in block.banks):
        if isinstance(bank, ScaleResistors):
            np.add.at(nets, bank.row, 1.0 / bank.ohm)
        elif isinstance(bank, TiaPairs):
            nets[bank.middle] += 1.0 / bank.coupling + 1.0 / bank.feedback_plus
            nets[bank.out] += 1.0 / bank.feedback_minus
        elif isinstance(bank, Inverters):
            nets[bank.out] += 1.0 / bank.feedback
    resistors = Loads.of(made.deployment).resistors
    for name, siemens in resistors.items():
        np.testing.assert_allclose(siemens.reshape(-1), nets[circuit.groups[name].nets], rtol=1e-3, err_msg=name)
    assert len(resistors) > 10


def test_every_chunk_of_images_has_read_noise_of_its_own():
    made = case(CELL)
    circuit = NumericCircuit(ChipDevices(made.deployment, DeviceSpread(read_noise=0.05)))
    outputs = circuit.run(np.repeat(volts(made)[:1], 3, axis=0), chunk=1).outputs_v
    assert np.abs(np.diff(outputs, axis=0)).min() > 0.0


def test_bias_rows_of_both_columns_are_noisy():
    """Without signals the variance of an output is (Rf V)^2 times the sum of the squares of its bias devices."""
    made = case(CELL)
    circuit = made.circuit
    block, rail = circuit.blocks[0], circuit.groups["bias"].first
    pairs = next(bank for bank in block.banks if isinstance(bank, TiaPairs))
    squares = np.zeros(circuit.nets + 1)
    for bank in block.banks:
        if isinstance(bank, Memristors):
            np.add.at(squares, bank.column, np.where(bank.row == rail, bank.siemens, 0.0) ** 2)
    expected = (circuit.bias_v * pairs.feedback_minus) ** 2 * (squares[pairs.plus] + squares[pairs.minus])
    stage = made.deployment.plan.stages[0]
    variance = CrossbarStage(stage, ChipDevices(made.deployment), np.float64).bias_noise[:, :, 0]
    wide = np.broadcast_to(variance, (stage.shape[0], stage.shape[1] * stage.shape[2]))
    assert squares[pairs.plus].min() > 0 and squares[pairs.minus].min() > 0
    np.testing.assert_allclose(wide.reshape(-1), expected, rtol=1e-3)


@pytest.mark.parametrize("spread", [DeviceSpread(), DeviceSpread(variation=0.1, offset_v=1e-3)], ids=["same", "drawn"])
def test_no_first_tia_is_beyond_its_bound(spread, monkeypatch):
    made, near = case(CELL), []

    def check(self, sources, ranges, images):
        _, found = self._first(sources, images, np.arange(len(self.first_bound)))
        bounds = self.first_bounds(ranges)
        assert (found.peaks <= bounds * (1 + 1e-12)).all(), self.stage.name
        near.append((found.peaks / bounds).max())

    monkeypatch.setattr(CrossbarStage, "_saturated_first", check)
    NumericCircuit(ChipDevices(made.deployment, spread)).run(volts(made))
    assert len(near) > 10 and max(near) > 0.7  # so a bound of half as much is found wrong


def test_first_tias_that_saturate_are_found_behind_a_join_of_small_and_large(monkeypatch):
    """The rows of one node carry 0 V, those of the others more than first TIAs can take."""
    cell = [[("none", 0)], [("skip_connect", 0)], [("sep_conv_3x3", 1)], [("skip_connect", 1)]]
    text = f"normal={cell}, normal_concat=[2,3,4,5], reduce={cell}, reduce_concat=[2,3,4,5]"
    made = case(f"Genotype({text})")
    low = replace(made.circuit.technology, opamp=replace(made.circuit.technology.opamp, saturation_v=0.1))
    circuit, images_v = NumericCircuit(ChipDevices(replace(made.deployment, technology=low))), 2.0 * volts(made)
    found = circuit.run(images_v)
    monkeypatch.setattr(
        CrossbarStage, "first_bounds", lambda self, ranges: np.full(len(self.first_bound), np.inf)
    )  # all channels are looked at
    expected = circuit.run(images_v)
    assert any("preprocess" in name for name in expected.saturated)
    assert found.saturated == expected.saturated
    np.testing.assert_array_equal(found.outputs_v, expected.outputs_v)


def test_the_input_counts_among_the_peaks_of_all_chunks():
    made = case(CELL)
    images_v = volts(made)[np.abs(volts(made)).max(axis=1).argsort()[::-1]]  # the largest first
    found = NumericCircuit(ChipDevices(made.deployment)).run(images_v, chunk=1)
    assert found.peaks_v[INPUT] == pytest.approx(np.abs(images_v).max())
