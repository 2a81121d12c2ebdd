# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitioned transients against the flat one: waveforms, delay, energy; windows and waveforms passed on."""

from functools import cache

import numpy as np
import pytest
from deployments import deployed, whole
from needed import needs

from memnet.circuit.timing import critical_path_s
from memnet.errors import SimulationError
from memnet.measurement.delay import settling_time_s
from memnet.measurement.power import account_power, chip_power
from memnet.simulation import effort, transient
from memnet.simulation.effort import all_devices, limits, record_bytes
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import Limits
from memnet.simulation.transient import STEP_AT_S, simulate_transitions
from memnet.simulation.waveforms import Pieces, Waveform, smoothed

FULL_SCALE_V = 0.2
WORST, MEAN = 5e-3, 1e-3  # ngspice may err by trtol reltol = 0.7 % a step by its own estimate
SMALL = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('skip_connect', 0), ('max_pool_3x3', 1), "
    "('skip_connect', 0), ('skip_connect', 1), ('avg_pool_3x3', 0), ('skip_connect', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('skip_connect', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('skip_connect', 2), "
    "('skip_connect', 3), ('skip_connect', 2), ('skip_connect', 3)], reduce_concat=range(2, 6))"
)


@cache
def case():
    return deployed(whole(SMALL, channels=1), images=2)


def simulate(flat=False, **options):
    circuit = case().circuit
    images_v = case().images.reshape(2, -1) * circuit.input_scale_v
    stop = STEP_AT_S + 3 * critical_path_s(circuit)
    keep = [group for block in circuit.blocks for group in block.outputs]
    run = simulate_transitions(
        circuit,
        images_v,
        find_engine(None),
        stop_s=stop,
        step_s=stop / 400,
        account=account_power,
        flat=flat,
        keep=keep,
        **options,
    )[0]
    return run, chip_power(run.accounts, run.places, circuit.technology, stop)


@cache
def flat():
    return simulate(flat=True)


def off(run):
    """Return how far waveforms are from the flat ones, as shares of full scale: class outputs at worst, all on average.

    Max pools switch from one input to another in an instant, which a nanosecond's difference makes a large one.
    """
    output = case().circuit.output
    axis = np.linspace(0, flat()[0].waveforms[output].time_s[-1], 4001)
    gaps = {name: np.abs(wave.at(axis) - run.waveforms[name].at(axis)) for name, wave in flat()[0].waveforms.items()}
    return gaps[output].max() / FULL_SCALE_V, max(gap.mean(axis=0).max() for gap in gaps.values()) / FULL_SCALE_V


def delay(run):
    wave = run.waveforms[case().circuit.output]
    return settling_time_s(wave, wave.volts[-1], FULL_SCALE_V, STEP_AT_S)


def energy(power):
    return np.trapezoid(power.total_w, power.time_s)


def test_partitioned_is_flat():
    run, power = simulate()
    worst, mean = off(run)
    assert worst < WORST and mean < MEAN
    assert delay(run) == pytest.approx(delay(flat()[0]), rel=0.01)
    assert energy(power) == pytest.approx(energy(flat()[1]), rel=1e-3)
    for name, watts in flat()[1].parts_w.items():
        assert power.parts_w[name].mean() == pytest.approx(watts.mean(), rel=0.01, abs=1e-3 * power.total_w.mean())
    assert power.imbalance < 1e-3 and flat()[1].imbalance < 1e-3
    assert run.points < 40 * len(run.accounts) * 4


def test_a_flat_transient_that_does_not_fit_is_refused(monkeypatch):
    circuit = case().circuit
    counted = all_devices(circuit)
    recorded = record_bytes(counted)
    assert recorded > 2e7
    fits_dc = counted.run_bytes() + recorded / 2
    monkeypatch.setattr(effort, "available_bytes", lambda: fits_dc)
    effort.refuse_too_large(circuit, 2)
    with pytest.raises(SimulationError, match=r"needs about 0\.\d GB of memory, and .* leave out --flat"):
        simulate(flat=True)


def test_coarse_steps_are_seen(monkeypatch):
    needs("ngspice")
    monkeypatch.setattr(transient, "CUT_TRTOL", 300.0)
    monkeypatch.setattr(transient, "STEPS_PER_TAU", 0.4)
    worst, mean = off(simulate()[0])
    assert worst > WORST or mean > MEAN


def test_thick_waveforms_are_seen(monkeypatch):
    needs("ngspice")
    monkeypatch.setattr(transient, "THINNING_V", 5e-3)
    worst, mean = off(simulate()[0])
    assert worst > WORST or mean > MEAN


def test_split_parts_give_the_same_waveforms_and_power(monkeypatch):
    def small(points):
        return Limits(effort_s=limits(points).effort_s, least_s=0.0, most_s=0.05)

    monkeypatch.setattr(transient, "limits", small)
    run, power = simulate(workers=2)
    assert any("[2 of " in name for name in run.accounts)
    worst, mean = off(run)
    assert worst < WORST and mean < MEAN
    assert energy(power) == pytest.approx(energy(flat()[1]), rel=1e-3)
    assert power.imbalance < 1e-3


def test_lost_heat_unbalances_the_power():
    run, _ = simulate()
    circuit = case().circuit
    for part in run.accounts.values():
        part.dissipated_w["crossbars"][:] *= 0.5
    stop = STEP_AT_S + 3 * critical_path_s(circuit)
    assert chip_power(run.accounts, run.places, circuit.technology, stop).imbalance > 1e-3


def test_a_waveform_moves_from_its_last_point_at_rest_to_its_first():
    time = np.arange(6.0)
    volts = np.array([[0.0, 1.0], [0.0, 1.0], [0.5, 1.0], [0.9, 1.2], [1.0, 1.2], [1.0, 1.2]])
    wave = Waveform(time_s=time, volts=volts)
    assert wave.moving_s(1e-6) == (1.0, 4.0)
    assert Waveform(time_s=time, volts=np.ones((6, 2))).moving_s(1e-6) == (0.0, 0.0)


def test_how_far_a_lag_is_behind_is_that_of_a_low_pass():
    tau, end = 3.0, 20.0
    steps = Waveform(time_s=np.array([0.0, 5.0, 5.0 + 1e-9, 9.0]), volts=np.array([[0.0], [0.0], [2.0], [2.0]]))
    assert steps.behind_v(end, tau) == pytest.approx(2.0 * np.exp(-15.0 / tau), rel=1e-6)
    ramps = Waveform(time_s=np.array([0.0, 8.0, 12.0]), volts=np.array([[0.0, 4.0], [2.0, 0.0], [2.0, 0.0]]))
    times = np.linspace(0.0, 8.0, 100_001)
    exact = np.trapezoid(0.5 * np.exp(-(end - times) / tau), times)
    assert ramps.behind_v(end, tau) == pytest.approx(exact, rel=1e-6)
    assert ramps.behind_v(4.0, tau) == pytest.approx(tau * 0.5 * (1 - np.exp(-4.0 / tau)) + 2.0, rel=1e-6)


def test_smoothing_comes_closer_and_overshoots_nothing():
    time = np.linspace(0, 4, 17)
    exact = np.linspace(0.25, 3.75, 200)
    wave = Waveform(time_s=time, volts=np.exp(-time)[:, None])
    off = [np.abs(smoothed(wave, parts).at(exact)[:, 0] - np.exp(-exact)).max() for parts in (1, 4)]
    assert off[1] < off[0] / 8
    kink = Waveform(time_s=time, volts=np.maximum(time - 2.1, 0)[:, None])
    assert smoothed(kink, 4).volts.min() == 0.0


def test_pieces_of_a_group_are_put_together():
    one = Waveform(time_s=np.array([0.0, 2.0]), volts=np.array([[0.0, 1.0], [2.0, 1.0]]))
    other = Waveform(time_s=np.array([0.0, 1.0, 2.0]), volts=np.array([[5.0], [6.0], [7.0]]))
    pieces = Pieces(pieces=[(np.array([0, 2]), one), (np.array([1]), other)])
    np.testing.assert_array_equal(pieces.of(np.arange(3)).volts, [[0, 5, 1], [1, 6, 1], [2, 7, 1]])
    assert pieces.of(np.array([0, 2])) is one
    np.testing.assert_array_equal(pieces.of(np.array([1])).volts[:, 0], [5, 6, 7])
