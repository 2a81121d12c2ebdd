# SPDX-License-Identifier: GPL-3.0-or-later
"""`Cell`: a memristor and its access device in series, as one device with two ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from memnet.devices.cells.access import Access
from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.choosing import memristor_model
from memnet.devices.memristors.parameters import ParameterSet
from memnet.devices.memristors.registry import DEFAULT_MODEL
from memnet.devices.memristors.states import State
from memnet.units import Floats

MOST_STEPS = 100  # halving the bracket alone would take some 40
NEAR = 1e-12  # of the voltage: the access device's share is known to this
MOST = 0.999  # share of the access device's conductance that a cell can have where the memristor has no bound
APART_V = 1e-6  # of the two currents of a memristor that its slope is taken from


@dataclass(frozen=True, kw_only=True)
class Cell(MemristorModel):
    """A memristor in series with an access device.

    The state is the memristor's. The conductance of a level is that of the whole cell at small voltages, since
    write-verify reads the cell: 1/G = 1/G_memristor + 1/G_access. The net between the two is where both carry the same
    current, which has no closed form; it is found by Newton's method between 0 V and the cell's voltage.
    """

    name: ClassVar[str] = "cell"
    title: ClassVar[str] = "memristor and access device in series"
    law: ClassVar[str] = "I = I_memristor(V - U) = I_access(U)"
    source: ClassVar[str] = "Kirchhoff's laws"
    separable: ClassVar[bool] = False
    sets: ClassVar[Mapping[str, ParameterSet]] = {}

    access: Access
    memristor: str | MemristorModel = DEFAULT_MODEL  # one, or what `memristor_model` takes

    def __post_init__(self) -> None:
        """Refuse nothing: the parameters of both parts were refused where they are at home."""

    @cached_property
    def device(self) -> MemristorModel:
        """Return the model of the memristor."""
        return memristor_model(self.memristor) if isinstance(self.memristor, str) else self.memristor

    @property
    def state(self) -> State:  # type: ignore[override] # a model's is the same for all its parameters
        """Return what moves in the memristor."""
        return self.device.state

    @property
    def moves(self) -> bool:  # type: ignore[override]
        """Return whether voltage moves the memristor's state."""
        return self.device.moves

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return the currents through the cells, amperes; arrays that broadcast."""
        return self.device.current(volts - self.access_v(volts, state), state)

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return how fast states move under the memristors' share of the voltage."""
        return self.device.rate(volts - self.access_v(volts, state), state)

    def access_v(self, volts: Floats, state: Floats) -> Floats:
        """Return the voltage across each access device; arrays that broadcast."""
        volts, state = np.broadcast_arrays(np.asarray(volts, dtype=np.float64), state)
        low, high = np.minimum(volts, 0.0), np.maximum(volts, 0.0)
        share = volts * self.conductance(state) / self.access.siemens
        for _ in range(MOST_STEPS):
            error = self.access.current(share) - self.device.current(volts - share, state)
            low, high = np.where(error <= 0.0, share, low), np.where(error >= 0.0, share, high)
            step = share - error / (self.access.slope(share) + self._slope(volts - share, state))
            new = np.where((step >= low) & (step <= high), step, 0.5 * (low + high))
            change, share = np.abs(new - share), new
            if np.all(change <= NEAR * np.abs(volts)):
                break
        return share

    def _slope(self, volts: Floats, state: Floats) -> Floats:
        """Return dI/dV of memristors; Newton's method needs it roughly."""
        apart = self.device.current(volts + APART_V, state) - self.device.current(volts - APART_V, state)
        return np.asarray(apart / (2.0 * APART_V))

    def conductance(self, state: Floats) -> Floats:
        """Return dI/dV of the cells at 0 V, siemens."""
        with np.errstate(divide="ignore"):  # of a device that does not conduct at all
            return np.asarray(self.access.siemens / (1.0 + self.access.siemens / self.device.conductance(state)))

    def device_siemens(self, siemens: Floats) -> Floats:
        """Return the conductances of the memristors in cells of some conductances; negative where none can be."""
        with np.errstate(divide="ignore"):
            return np.asarray(siemens / (1.0 - siemens / self.access.siemens))

    def state_of(self, siemens: Floats) -> Floats:
        """Return the memristors' states in cells of some conductances."""
        return self.device.state_of(self.device_siemens(siemens))

    def limits(self) -> tuple[float, float]:
        """Return the memristor's smallest and largest state; of a law without a range, what makes MOST of the cell."""
        low, high = self.device.limits()
        if np.isinf(high):
            high = float(self.device.state_of(self.device_siemens(np.asarray(MOST * self.access.siemens))))
        return low, high
