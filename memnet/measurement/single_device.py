# SPDX-License-Identifier: GPL-3.0-or-later
"""A single memristor under a voltage: its transient in a simulator held against the integral of its law."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memnet.devices.memristors import MemristorModel, Stimulus, integrate
from memnet.errors import SetupError
from memnet.netlist import transient_deck
from memnet.simulation.engines import Engine, deck_dialect
from memnet.units import Floats

STATE_LIMIT = 5e-3  # of the range of the state: what a transient may deviate by


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTransient:
    """One device under one voltage, simulated and integrated at the same times.

    Attributes
    ----------
    time_s, volts : (points,) chosen by the simulator, and the voltage then
    current_a, state : (points,) of the simulator; the state that was programmed where the model has none that moves
    expected_a, expected_state : (points,) of the law in NumPy, integrated by LSODA
    span : range of the model's state; infinite where it says nothing of one
    engine, wall_s : which simulator, and seconds that it took
    """

    stimulus: Stimulus
    time_s: Floats
    volts: Floats
    current_a: Floats
    state: Floats
    expected_a: Floats
    expected_state: Floats
    span: float
    engine: str
    wall_s: float

    @property
    def state_error(self) -> float:
        """Return the largest difference of the states, as a share of the model's range."""
        return float(np.abs(self.state - self.expected_state).max() / self.span)

    @property
    def visited_error(self) -> float:
        """Return that difference as a share of the range that the state went through; 0 where it did not move."""
        visited = float(np.ptp(self.expected_state))
        return float(np.abs(self.state - self.expected_state).max() / visited) if visited else 0.0

    @property
    def final_error(self) -> float:
        """Return the difference of the states at the end, as a share of the model's range."""
        return float(abs(self.state[-1] - self.expected_state[-1]) / self.span)

    @property
    def current_error(self) -> float:
        """Return the largest difference of the currents, as a share of the largest current."""
        return float(np.abs(self.current_a - self.expected_a).max() / np.abs(self.expected_a).max())


def device_transient(
    model: MemristorModel, stimulus: Stimulus, start: float, engine: Engine, *, compiled: Path | None = None
) -> DeviceTransient:
    """Simulate a device from the state `start` on, and integrate its law at the simulator's times.

    Parameters
    ----------
    compiled : the model's compiled module, to simulate that in ngspice; None for the subcircuit

    Raises
    ------
    SetupError
        the model cannot be in that state, or its law gives values that are not finite
    SimulationError
        the simulator found no solution, or reads no dialect that decks are written in
    """
    deck = transient_deck(model, stimulus, [start], dialect=deck_dialect(engine), compiled=compiled)
    result = engine.run(deck)
    expected = integrate(model, stimulus, start, result.axis)
    volts = stimulus.volts(result.axis)
    current = model.current(volts, expected)
    if not (np.isfinite(expected).all() and np.isfinite(current).all()):
        raise SetupError(f"memristor model {model.name}: its law in NumPy has states or currents that are not finite")
    low, high = model.limits()
    return DeviceTransient(
        stimulus=stimulus,
        time_s=result.axis,
        volts=volts,
        current_a=result.values[:, 1],
        state=result.values[:, 2] if model.moves else np.full(len(result.axis), start),
        expected_a=current,
        expected_state=expected,
        span=high - low,
        engine=result.engine,
        wall_s=result.wall_s,
    )
