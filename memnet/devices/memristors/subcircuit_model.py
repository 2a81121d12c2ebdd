# SPDX-License-Identifier: GPL-3.0-or-later
"""A subcircuit of one's own as a memristor model: its law is what a simulator measured at the states of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.own_subcircuit import OwnSubcircuit
from memnet.devices.memristors.parameters import ParameterSet
from memnet.devices.memristors.states import State
from memnet.errors import SetupError
from memnet.units import Floats

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

APART = 1e-5  # of the largest current: curves that are nearer than this to each other, each by its G, have one shape
_OTHERS = ("xyce", "ltspice", "hspice", "spectre", "verilog-a")


@dataclass(frozen=True, eq=False)
class MeasuredCurves:
    """Currents of a device at the same voltages in several states; conductances are dI/dV at 0 V, from above.

    Attributes
    ----------
    states : (states,) that rise
    volts : (points,) that rise, 0 in their middle
    amperes : (states, points)
    """

    states: Floats
    volts: Floats
    amperes: Floats

    @cached_property
    def siemens(self) -> Floats:
        """Return the conductances, (states,)."""
        middle = len(self.volts) // 2
        return np.asarray(_spline(self.volts[middle:], self.amperes[:, middle:].T)(0.0, 1))

    @cached_property
    def separable(self) -> bool:
        """Return whether all curves have one shape."""
        shapes = self.amperes / self.siemens[:, None]
        return bool(np.abs(shapes - shapes[-1]).max() <= APART * np.abs(shapes[-1]).max())

    @cached_property
    def shape(self) -> tuple[CubicSpline, CubicSpline]:
        """Return f of the last state below and above 0 V: a device may have a corner there."""
        middle, volts = len(self.volts) // 2, self.volts
        shape = self.amperes[-1] / self.siemens[-1]
        return _spline(volts[: middle + 1], shape[: middle + 1]), _spline(volts[middle:], shape[middle:])

    @cached_property
    def log_siemens(self) -> CubicSpline:
        """Return the logarithm of the conductance against the state."""
        return _spline(self.states, np.log(self.siemens))

    @cached_property
    def state_of(self) -> CubicSpline:
        """Return the state against the logarithm of the conductance."""
        order = np.argsort(self.siemens)
        return _spline(np.log(self.siemens[order]), self.states[order])


# What simulators have measured of subcircuits in this process; `memnet.flow` adds to it.
MEASURED: dict[OwnSubcircuit, MeasuredCurves] = {}


@dataclass(frozen=True, kw_only=True)
class SubcircuitModel(MemristorModel):
    """A device of a SPICE file between two entries of its table; for reading, a voltage moves no state."""

    name: ClassVar[str] = "subcircuit"
    title: ClassVar[str] = "subcircuit of one's own"
    law: ClassVar[str] = "I(V) as the subcircuit has it"
    source: ClassVar[str] = "a file of one's own"
    moves: ClassVar[bool] = False
    sets: ClassVar[Mapping[str, ParameterSet]] = {}
    not_in: ClassVar[Mapping[str, str]] = dict.fromkeys(_OTHERS, "the file is a subcircuit for ngspice")

    own: OwnSubcircuit
    measured: MeasuredCurves | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse nothing: what the file has was refused when it was read."""

    @property
    def state(self) -> State:  # type: ignore[override] # a model's is the same for all its parameters
        """Return the parameter of the subcircuit."""
        return State(symbol=self.own.parameter, unit="", text="a state", parameter=self.own.parameter)

    @property
    def separable(self) -> bool:  # type: ignore[override]
        """Return whether the measured curves have one shape; True before they are measured."""
        return self.measured is None or self.measured.separable

    @property
    def subcircuit(self) -> str:
        """Return the name of the subcircuit in netlists."""
        return self.own.name

    @property
    def text(self) -> str:
        """Return the subcircuit."""
        return self.own.text

    @property
    def curves(self) -> MeasuredCurves:
        """Return what was measured of the subcircuit; SetupError before that."""
        if self.measured is None:
            raise SetupError(f"{self.own.path}: its currents were not measured yet; give it to a chip, which does that")
        return self.measured

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return the measured currents, between states and voltages by cubic splines."""
        if self.curves.separable:
            return np.asarray(self.conductance(state) * self.shape(volts))
        from scipy.interpolate import RectBivariateSpline

        curves = self.curves
        surface = RectBivariateSpline(curves.states, curves.volts, curves.amperes / curves.siemens[:, None], s=0)
        return np.asarray(self.conductance(state) * surface.ev(state, volts))

    def shape(self, volts: Floats) -> Floats:
        """Return f(V) of the last state that was measured."""
        below, above = self.curves.shape
        found = np.where(np.asarray(volts) < 0, below(np.minimum(volts, 0.0)), above(np.maximum(volts, 0.0)))
        return np.asarray(found, dtype=np.result_type(volts, np.float32))

    def conductance(self, state: Floats) -> Floats:
        """Return dI/dV at 0 V from above as measured; before that, what the table says."""
        if self.measured is None:
            order = np.argsort(self.own.states)
            return np.asarray(np.interp(state, np.asarray(self.own.states)[order], np.asarray(self.own.siemens)[order]))
        return np.asarray(np.exp(self.measured.log_siemens(state)))

    def state_of(self, siemens: Floats) -> Floats:
        """Return the states with these conductances as measured; before that, what the table says."""
        if self.measured is None:
            return np.asarray(np.interp(siemens, self.own.siemens, self.own.states))
        return np.asarray(self.measured.state_of(np.log(siemens)))

    def conductances(self) -> tuple[float, float]:
        """Return the ends of the table, siemens."""
        return self.own.siemens[0], self.own.siemens[-1]

    def limits(self) -> tuple[float, float]:
        """Return the ends of the table."""
        return min(self.own.states), max(self.own.states)


def _spline(x: Floats, y: Floats) -> CubicSpline:
    from scipy.interpolate import CubicSpline

    return CubicSpline(x, y)
