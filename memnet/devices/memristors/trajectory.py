# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a device over time, integrated from its law in NumPy: what a simulator's transient is held against."""

from __future__ import annotations

import warnings

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.stimuli import Stimulus
from memnet.errors import SimulationError
from memnet.units import Floats

RTOL = 1e-9
_ATOL = 1e-9  # of the range of the state
_PARTS = 20  # of the time between two corners: the longest step


def integrate(model: MemristorModel, stimulus: Stimulus, start: float, time_s: Floats) -> Floats:
    """Return the states of a device under a voltage, (points,), at some times in seconds, (points,), that grow.

    dx/dt = rate(V(t), x) by LSODA, anew between any two corners of the voltage, where dx/dt jumps or has a kink; by
    Radau where LSODA fails, as at an end of the range that a state is driven to within 1e-12 of a period.

    Raises
    ------
    SimulationError
        both failed
    """
    if not model.moves:
        return np.full(len(time_s), start)
    states, now = np.empty(len(time_s)), start
    for begin, end in zip(stimulus.corners_s[:-1], stimulus.corners_s[1:], strict=True):
        inside = (time_s >= begin) & (time_s <= end)
        moments = np.unique(np.append(time_s[inside], end))
        found = _between(model, stimulus, now, moments, float(begin))
        states[inside] = np.interp(time_s[inside], moments, found)
        now = float(found[-1])
    states[time_s > stimulus.corners_s[-1]] = now
    return states


def _between(model: MemristorModel, stimulus: Stimulus, start: float, time_s: Floats, begin: float) -> Floats:
    """Return the states at times between two corners, of which the last time is the second."""
    from scipy.integrate import solve_ivp

    def slope(time: float, state: Floats) -> Floats:
        return model.rate(stimulus.volts(time), state)

    low, high = model.limits()
    end, message = float(time_s[-1]), ""
    options = {"rtol": RTOL, "atol": _ATOL * (high - low), "max_step": (end - begin) / _PARTS}
    for method in ("LSODA", "Radau"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the result says the same
            solved = solve_ivp(slope, (begin, end), [start], method=method, t_eval=time_s, **options)
        if solved.success:
            return np.asarray(solved.y[0])
        message = str(solved.message)
    raise SimulationError(f"memristor model {model.name}: no integral from {begin:g} s on: {message}")
