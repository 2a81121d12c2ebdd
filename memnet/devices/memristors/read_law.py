# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws for reading alone, I = G f(V)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.states import State
from memnet.units import Floats


class ReadLaw(MemristorModel):
    """A law for reading alone: I = G f(V) with a conductance that no voltage moves, of any size."""

    state: ClassVar[State] = State(symbol="G", unit="S", text="a conductance", parameter="g")
    moves: ClassVar[bool] = False

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return G f(V), amperes."""
        return np.asarray(state * self.shape(volts))

    def shape(self, volts: Floats) -> Floats:
        """Return f(V), volts."""
        raise NotImplementedError

    def conductance(self, state: Floats) -> Floats:
        """Return the state, which is the conductance."""
        return state

    def state_of(self, siemens: Floats) -> Floats:
        """Return the conductances, which are the states."""
        return siemens

    def limits(self) -> tuple[float, float]:
        """Return 0 and infinity: such a law says nothing of a range."""
        return 0.0, np.inf


def scaled_sinh(volts: Floats, per_v: float) -> Floats:
    """Return sinh(b V) / b, volts, in one new array, since whole networks are read by it; b is `per_v`, 1/V."""
    found = np.asarray(volts * per_v)
    np.sinh(found, out=found)
    found /= per_v
    return found
