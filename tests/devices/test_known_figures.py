# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws against what is known of them from elsewhere: published figures, and the equations that a fit stands for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from memnet.devices.memristors.choosing import memristor_model

CHARGE, BOLTZMANN, PLANCK, ELECTRON, VACUUM = 1.602e-19, 1.3807e-23, 6.626e-34, 9.109e-31, 8.854e-12
AREA = np.pi * 45e-9**2


@pytest.mark.parametrize(
    ("name", "percent"),
    [
        ("sinh", 4.2),  # sinh(1/2) / (1/2)
        ("sinh:sky130", 3.6),
        ("cubic", -1.0),
        ("yakopcic:aguirre", 2.4),
        ("yakopcic:oblea", 0.0017),
        ("stanford-pku", 11.0),
        ("vteam", 0.0),
        ("linear-ion-drift", 0.0),
    ],
)
def test_the_current_at_a_fifth_of_a_volt_is_as_far_from_linear_as_published_figures_say(name, percent):
    shape = float(memristor_model(name).shape(np.asarray(0.2)))
    assert 100.0 * (shape / 0.2 - 1.0) == pytest.approx(percent, rel=0.03)


@pytest.mark.parametrize(
    ("siemens", "above", "below"), [(5e-5, -13.4, 16.1), (7.6e-5, -3.9, 4.3), (1.1e-4, -1.25, 1.12)]
)
def test_milo_is_as_far_from_linear_at_both_ends_of_a_read_as_its_fit_says(siemens, above, below):
    current = memristor_model("milo").current_a(np.array([0.2, -0.2]), np.asarray(siemens))
    deviation = 100.0 * (current / (siemens * np.array([0.2, -0.2])) - 1.0)
    assert deviation == pytest.approx([above, below], rel=0.03)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("linear-ion-drift", 1 / 16e3, 1 / 100),
        ("vteam", 1 / 1e3, 1 / 50),
        ("vteam:pt-hf-ti", 1 / 2500, 1 / 100),
        ("yakopcic:aguirre", 0.0, 1 / 7.52e3),  # "7.5 kohm at x = 1"
        ("stanford-pku", 4e-3 * np.exp(-1.7 / 0.25), 4e-3 * np.exp(-0.2 / 0.25)),
        ("jart-vcm-v1b", 14e-6, 640e-6),
    ],
)
def test_conductances_reach_as_far_as_published(name, low, high):
    assert memristor_model(name).conductances() == pytest.approx((low, high), rel=0.02)


def test_which_way_voltages_move_states_and_which_do_not():
    for name, state, above, below, none in (
        ("linear-ion-drift", 0.5, 0.5, -0.5, 0.0),
        ("vteam:pt-hf-ti", 0.5, 0.6, -0.6, 0.4),
        ("yakopcic:aguirre", 0.5, 0.5, -0.4, 0.3),
        ("yakopcic:oblea", 0.5, 0.2, -0.2, 0.1),
    ):
        model = memristor_model(name)
        assert model.rate(above, state) > 0 > model.rate(below, state), name
        assert model.rate(none, state) == 0.0 == model.rate(0.0, state), name
    for name, state in (("stanford-pku", 0.5), ("jart-vcm-v1b", 0.06)):  # a positive voltage closes this gap: SET
        model = memristor_model(name)
        assert model.rate(1.2, state) < 0 < model.rate(-1.2, state), name
        assert model.rate(0.0, state) == 0.0, name
    assert memristor_model("stanford-pku").conductance(0.3) > memristor_model("stanford-pku").conductance(0.5)


def jart_equations(volts: float, state: float) -> float:
    """Return the current of JART VCM v1b by its implicit equations: a Schottky barrier, disc, plug and series in a row.

    Where there are several solutions, as at small positive voltages, that of the largest current.
    """
    density = state * 1e26
    disc, plug = (length / (n * 2 * CHARGE * 4e-6 * AREA) for length, n in ((0.4e-9, density), (2.6e-9, 20e26)))

    def missing(current: float) -> float:
        series = 650.0 + 719.2437 * (1.0 + 719.2437 * 3.92e-3 * current**2 * 90471.47)
        barrier_v = volts - current * (disc + plug + series)
        heat_w = current * (barrier_v + current * (disc + plug))
        kelvin = 293.0 + heat_w * 15.72e6 * (0.27 if volts > 0 else 1.0)
        return through_barrier(barrier_v, kelvin, density) - current

    tried = np.linspace(0.0, volts / (disc + plug + 1369.0), 400)
    signs = np.sign([missing(each) for each in tried])
    roots = [brentq(missing, tried[at], tried[at + 1]) for at in np.flatnonzero(signs[1:] != signs[:-1])]
    return max(roots, key=abs)


def through_barrier(volts: float, kelvin: float, density: float) -> float:
    """Return the current of the barrier: over it for positive voltages, through it for negative ones."""
    bend = CHARGE**3 * 2 * density * max(0.08 - volts, 0.0) / (8 * np.pi**2 * (5.5 * VACUUM) ** 3)
    height, thermal, richardson = 0.18 - bend**0.25, BOLTZMANN * kelvin, AREA * 6.01e5
    if volts >= 0:
        over = richardson * kelvin**2 * np.exp(-CHARGE * height / thermal)
        return float(over * np.expm1(CHARGE * volts / thermal))
    width = CHARGE * PLANCK / (4 * np.pi) * np.sqrt(2 * density / (ELECTRON * 17 * VACUUM))
    ratio = width / thermal
    decay, slope = width / np.tanh(ratio), width / (ratio - np.tanh(ratio))
    front = np.sqrt(np.pi * width * CHARGE * (abs(volts) + max(height, 0.0) / np.cosh(ratio) ** 2))
    through = np.exp(-CHARGE * height / decay) * np.expm1(CHARGE * abs(volts) / slope)
    return float(-richardson * kelvin / BOLTZMANN * front * through)


@pytest.mark.parametrize("state", [0.06, 0.2, 1.0, 2.0])
def test_the_explicit_current_of_jart_follows_its_equations(state):
    model = memristor_model("jart-vcm-v1b")
    for volts in (0.05, 0.1, 0.2, 0.4, 0.7, -0.05, -0.1, -0.2, -0.3, -0.45):
        expected = jart_equations(volts, state)
        assert float(model.current(volts, state)) == pytest.approx(expected, rel=0.075), volts


def test_the_explicit_current_of_jart_is_far_off_at_its_smallest_state():
    ratio = float(memristor_model("jart-vcm-v1b").current(-0.2, 0.008)) / jart_equations(-0.2, 0.008)
    assert ratio == pytest.approx(0.54, abs=0.02)


@pytest.mark.parametrize(("volts", "seconds"), [(0.2, 6e4), (-0.2, 14.0), (0.1, 8e5), (-0.1, 1.7e4)])
def test_a_read_disturbs_a_jart_cell_of_100_us_as_fast_as_known(volts, seconds):
    """Seconds until the conductance has moved by 1 %, within a third: two figures of others have one digit."""
    model = memristor_model("jart-vcm-v1b")
    state = model.programmed(np.asarray(1e-4))
    moved = float(model.state_of(np.asarray(1.01e-4)) - state)
    assert moved / abs(float(model.rate(volts, state))) == pytest.approx(seconds, rel=0.35)
