# SPDX-License-Identifier: GPL-3.0-or-later
"""`cubic`: a memristor whose current has a cubic term in the voltage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.devices.memristors.parameters import ParameterSet, parameter
from memnet.devices.memristors.read_law import ReadLaw
from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.units import Floats


@dataclass(frozen=True, kw_only=True)
class Cubic(ReadLaw):
    """I = G (V + k V^3)."""

    name: ClassVar[str] = "cubic"
    title: ClassVar[str] = "cubic term"
    law: ClassVar[str] = "I = G (V + k V^3)"
    source: ClassVar[str] = "the first terms of any odd current-voltage curve"
    fitted: ClassVar[tuple[str, ...]] = ("per_v2",)
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "crosssim": ParameterSet(
            values={"per_v2": -0.25},
            source="CrossSim, its analytical device with I = G (V - 0.25 V^3); 1 % below a resistor at 0.2 V",
            licence="BSD-3-Clause; the figure only, no code",
            loop=Sine(amplitude_v=0.8, hertz=1.0),
            pulses=Pulses.both(0.4, 0.05, -0.4, 0.05, count=3),
            start=5e-5,
        ),
    }

    per_v2: float = parameter("factor k of the cubic term", "1/V^2", -1e3, 1e3)

    def shape(self, volts: Floats) -> Floats:
        """Return V + k V^3."""
        found = np.asarray(np.square(volts))  # whole networks are read by this: one new array
        found *= self.per_v2
        found += 1.0
        found *= volts
        return found
