# SPDX-License-Identifier: GPL-3.0-or-later
"""Voltages that a single device is put under: a sine, which draws its hysteresis loop, and a train of pulses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from memnet.errors import SetupError
from memnet.units import Floats

_EDGE = 0.05  # of a pulse's width: how long it takes to rise, and to fall
_STEPS = 2000  # of the simulator in a period
_STEPS_A_PULSE = 40
_MOST_STEPS = 4_000  # that a limit on steps may cause; where pulses differ in width by decades there is no limit


@dataclass(frozen=True, kw_only=True)
class Sine:
    """A sine that starts at 0 V: v = amplitude sin(2 pi t hertz).

    >>> sine = Sine(amplitude_v=0.2, hertz=10.0)
    >>> sine.periods
    2
    """

    amplitude_v: float
    hertz: float
    periods: int = 2

    def __post_init__(self) -> None:
        """Raise `SetupError` for values that are no sine."""
        if not (np.isfinite([self.amplitude_v, self.hertz]).all() and self.amplitude_v != 0 and self.hertz > 0):
            raise SetupError(f"a sine of {self.amplitude_v} V and {self.hertz} Hz: give numbers, the second above 0")

    @property
    def stop_s(self) -> float:
        """Return its length, seconds.

        >>> sine.stop_s
        0.2
        """
        return self.periods / self.hertz

    @property
    def step_s(self) -> float:
        """Return the longest time step that a simulator may take.

        >>> sine.step_s
        5e-05
        """
        return 1.0 / self.hertz / _STEPS

    @property
    def corners_s(self) -> Floats:
        """Return the times between which it is smooth and has one sign: (corners,) seconds, from 0 to its end.

        >>> sine.corners_s
        array([0.  , 0.05, 0.1 , 0.15, 0.2 ])
        """
        return np.arange(2 * self.periods + 1) / (2.0 * self.hertz)

    def volts(self, time_s: Floats | float) -> Floats:
        """Return the volts at some times, seconds, in their shape.

        >>> float(sine.volts(0.025))
        0.2
        """
        return np.asarray(self.amplitude_v * np.sin(2.0 * np.pi * self.hertz * np.asarray(time_s)))


@dataclass(frozen=True, kw_only=True)
class Pulses:
    """Pulses from 0 V, each followed by a rest of its own width; edges take a twentieth of the width.

    Attributes
    ----------
    pulses : volts, and seconds at that voltage, of each

    Examples
    --------
    >>> pulses = Pulses(pulses=((0.2, 0.02), (-0.2, 0.02)))
    >>> pulses.pulses[0]
    (0.2, 0.02)
    """

    pulses: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Raise `SetupError` for values that are no pulses."""
        wrong = [pulse for pulse in self.pulses if not (np.isfinite(pulse).all() and pulse[1] > 0)]
        if not self.pulses or wrong:
            raise SetupError(f"pulses {wrong or '(none)'}: give volts and seconds of each, the seconds above 0")

    @classmethod
    def both(cls, first_v: float, first_s: float, then_v: float, then_s: float, *, count: int) -> Pulses:
        """Return `count` pulses of one voltage and width, and then as many of another.

        >>> len(Pulses.both(0.2, 0.02, -0.2, 0.02, count=3).pulses)
        6
        """
        return cls(pulses=((first_v, first_s),) * count + ((then_v, then_s),) * count)

    @cached_property
    def points(self) -> tuple[Floats, Floats]:
        """Return times and volts of the corners, (corners,) each.

        >>> time_s, volts = pulses.points
        >>> time_s.shape, volts.shape
        ((9,), (9,))
        """
        time, times, volts = 0.0, [0.0], [0.0]
        for level, width in self.pulses:
            for length, reached in ((_EDGE * width, level), (width, level), (_EDGE * width, 0.0), (width, 0.0)):
                time += length
                times.append(time)
                volts.append(reached)
        return np.array(times), np.array(volts)

    @property
    def stop_s(self) -> float:
        """Return its length, seconds.

        >>> round(pulses.stop_s, 3)
        0.084
        """
        return float(self.points[0][-1])

    @property
    def step_s(self) -> float:
        """Return the longest time step that a simulator may take.

        >>> pulses.step_s
        0.0005
        """
        shortest = min(width for _, width in self.pulses)
        return max(shortest / _STEPS_A_PULSE, self.stop_s / _MOST_STEPS)

    @property
    def corners_s(self) -> Floats:
        """Return the times between which it is a straight line: (corners,) seconds, from 0 to its end.

        >>> pulses.corners_s[:3]
        array([0.   , 0.001, 0.021])
        """
        return self.points[0]

    def volts(self, time_s: Floats | float) -> Floats:
        """Return the volts at some times, seconds, in their shape.

        >>> pulses.volts([0.0, 0.01])
        array([0. , 0.2])
        """
        return np.asarray(np.interp(time_s, *self.points))


Stimulus = Sine | Pulses
