# SPDX-License-Identifier: GPL-3.0-or-later
"""States after long reads: mean rates and the table of states against integration by scipy, and image by image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from memnet.devices import memristor_model
from memnet.devices.memristors import RateTable, carried

# Model, largest voltage, conductances in its range, seconds that are short, and that go far.
CASES = {
    "jart-vcm-v1b": (0.2, (2e-5, 2e-4), (3e-7, 1e3)),
    "vteam": (0.3, (1.1e-3, 1.9e-2), (1e-10, 1e-6)),
    "linear-ion-drift": (0.2, (7e-5, 9e-3), (1e-4, 10.0)),
    "yakopcic:oblea": (0.25, (1e-3, 7e-3), (1e-6, 1e-2)),
}
ROWS, IMAGES = 6, 40


def volts_of(most_v: float) -> np.ndarray:
    """Return voltages (rows, images) of both signs; those of the last two rows have one sign each."""
    volts = most_v * np.clip(np.random.default_rng(0).normal(0.2, 0.4, (ROWS, IMAGES)), -1.0, 1.0)
    volts[-2], volts[-1] = np.abs(volts[-2]), -np.abs(volts[-1])
    return volts


def integral(model, volts: np.ndarray, start: float, seconds: float) -> float:
    """Return the state that LSODA ends at, under the mean of the rates at some voltages (images,)."""

    def mean_rate(_time, state):
        return [model.rate(volts, state[0]).mean()]

    options = {"method": "LSODA", "rtol": 1e-10, "atol": 1e-14 * abs(start)}
    return solve_ivp(mean_rate, (0.0, seconds), [start], **options).y[0, -1]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("far", [0, 1])
def test_states_are_those_of_the_integral(name, far):
    most_v, siemens, times = CASES[name]
    model, volts = memristor_model(name), volts_of(most_v)
    table = RateTable.of(model, most_v)
    starts = model.programmed(np.geomspace(*siemens, ROWS))
    found = carried(starts, np.arange(ROWS), table.states, table.means(volts), times[far])
    expected = np.array([integral(model, *each, times[far]) for each in zip(volts, starts, strict=True)])
    moved = np.abs(expected - starts)
    assert moved.max() > (0.05 if far else 1e-12) * np.ptp(model.limits()) or name == "jart-vcm-v1b"
    assert np.abs(found - expected).max() < 5e-4 * moved.max()
    large = moved > 1e-3 * moved.max()
    np.testing.assert_allclose((found - starts)[large], (expected - starts)[large], rtol=2e-3)


def test_images_one_after_another_move_a_state_as_their_mean_does():
    model, volts = memristor_model("yakopcic:oblea"), volts_of(0.25)[:1]
    table, each_s = RateTable.of(model, 0.25), 1e-7
    start = model.programmed(np.array([3e-3]))
    state = float(start[0])
    for _ in range(3):
        for image_v in volts[0]:
            state = integral(model, np.array([image_v]), state, each_s)
    found = carried(start, np.zeros(1, dtype=int), table.states, table.means(volts), 3 * IMAGES * each_s)
    assert found[0] - start[0] == pytest.approx(state - start[0], rel=1e-3)


def test_a_state_comes_to_rest_where_its_rate_is_zero_and_at_the_ends():
    table, starts = np.linspace(0.0, 1.0, 11), np.array([0.05, 0.3, 0.9, 0.5, 0.2])
    rates = np.array([0.35 - table, np.ones(11), np.zeros(11)])
    found = carried(starts, np.array([0, 0, 0, 1, 2]), table, rates, 1e3)
    np.testing.assert_allclose(found, [0.35, 0.35, 0.35, 1.0, 0.2], atol=1e-12)
    short = carried(starts[:1], np.array([0]), table, rates, 0.7)
    assert short[0] == pytest.approx(0.35 - 0.3 * np.exp(-0.7), rel=1e-12)
