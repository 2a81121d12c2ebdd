# SPDX-License-Identifier: GPL-3.0-or-later
"""A law of memristors whose shape moves with the state, on a chip: its voltages and conductances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.devices import DeviceSpread, Expansion, MemristorModel, expand
from memnet.technology import Technology
from memnet.units import Floats

Values = npt.NDArray[Any]
MOST_READ = 5.0  # read limits: such laws are computed up to there
USUAL_READ = 0.5  # of the read limit: what rows usually carry
MOST_SIGMAS = 6.0  # of the variation: a device lies within these


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingLaw:
    """A law whose shape moves with the state.

    Attributes
    ----------
    reach : the smallest and the largest conductance that a device of the chip may have, siemens
    bias_v : voltage of bias rows
    """

    model: MemristorModel
    technology: Technology
    reach: tuple[float, float]
    bias_v: float

    @property
    def most_read_v(self) -> float:
        """Return the largest voltage of a row at which the law is computed, volts."""
        return min(self.technology.opamp.saturation_v, MOST_READ * self.technology.memristor.read_limit_v)

    def expansion(self, rectified: bool) -> Expansion:
        """Return the law as products.

        Parameters
        ----------
        rectified : whether rows are at 0 V and above, for which fewer products are enough
        """
        low_v = 0.0 if rectified else -self.most_read_v
        return expand(self.model, self.reach, (low_v, self.most_read_v), self.technology.memristor.read_limit_v)

    def slopes(self, siemens: Values, rectified: bool) -> Values:
        """Return the mean dI/dV of devices of some conductances over what rows usually carry, siemens.

        It is what a virtual ground sees, and matters for its finite gain alone.
        """
        device = self.technology.memristor
        usual, there = np.asarray(USUAL_READ * device.read_limit_v), siemens > 0
        low = 0.0 * usual if rectified else -usual
        known = np.where(there, siemens, device.g_max_siemens).astype(np.float64)
        rise = self.model.current_a(usual, known) - self.model.current_a(low, known)
        return np.asarray(rise / (usual - low) * there)

    def bias_chords(self, siemens: Floats) -> Floats:
        """Return the current of bias devices of some conductances over the voltage of their rows, siemens."""
        return np.asarray(self.model.current_a(np.asarray(self.bias_v), siemens) / self.bias_v)


def reach_of(
    model: MemristorModel, technology: Technology, spread: DeviceSpread, given: list[Floats]
) -> tuple[float, float]:
    """Return the smallest and the largest conductance that a device of a chip may have, siemens.

    Parameters
    ----------
    given : conductances of a table, which replace what `spread` gives
    """
    low, high = technology.memristor.g_min_siemens, technology.memristor.g_max_siemens
    if given:
        return min(float(each.min(initial=low)) for each in given), max(float(each.max(initial=high)) for each in given)
    if not spread.variation:
        return low, high
    factor = float(np.exp(MOST_SIGMAS * spread.variation))
    least, most = model.conductances()
    return max(least, low / factor), min(most, high * factor)
