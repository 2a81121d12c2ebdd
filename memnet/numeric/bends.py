# SPDX-License-Identifier: GPL-3.0-or-later
"""The parabola through f(V - s), f(V) and f(V + s), for memristors with a law I = G f(V) near a voltage V."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """f(V) at rows, how far f's slope is from 1 there, and half its curvature per volt; arrays of one shape."""

    read: Values
    slope: Values
    curvature: Values

    @classmethod
    def of(cls, law_v: Callable[[Values], Values], volts: Values, step_v: float) -> Bend:
        """Return the bend of a law f at some voltages, in their precision, from f at V and at `step_v` to its sides."""
        step = volts.dtype.type(step_v)
        above, at, below = law_v(volts + step), law_v(volts), law_v(volts - step)
        slope, curvature = (above - below) / (2 * step) - 1, (above - 2 * at + below) / (2 * step**2)
        return cls(read=at, slope=slope, curvature=curvature)

    @classmethod
    def straight(cls, volts: Values) -> Bend:
        """Return rows of resistors."""
        return cls(read=volts, slope=0 * volts, curvature=0 * volts)

    def at(self, index: Any) -> Bend:  # noqa: ANN401 - an index of an array
        """Return some of the rows."""
        return Bend(read=self.read[index], slope=self.slope[index], curvature=self.curvature[index])
