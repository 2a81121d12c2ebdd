# SPDX-License-Identifier: GPL-3.0-or-later
"""`milo`: a memristor with terms in V^2 and V^3 whose size depends on its conductance, measured on HfO2 devices."""

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
class Milo(ReadLaw):
    """I = G V + a(G) V^2 + b(G) V^3, a and b polynomials in log10(G / 1 S).

    The published fit is to devices of 50 to 225 uS; its digits give a term of V^2 that is right to some 1e-3 of itself.
    """

    name: ClassVar[str] = "milo"
    title: ClassVar[str] = "terms in V^2 and V^3 by conductance"
    law: ClassVar[str] = "I = G V + a(log G) V^2 + b(log G) V^3"
    source: ClassVar[str] = "V. Milo et al., IRPS 2021, as CrossSim fitted them"
    separable: ClassVar[bool] = False
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "crosssim": ParameterSet(
            values={
                "a0_per_v2": 7.063e-3,
                "a1_per_v2": 5.711e-3,
                "a2_per_v2": 1.541e-3,
                "a3_per_v2": 1.388e-4,
                "b0_per_v3": 1.2968e-3,
                "b1_per_v3": 6.7919e-4,
                "b2_per_v3": 8.871e-5,
                "g_least_s": 5e-5,
                "g_most_s": 2.25e-4,
            },
            source="CrossSim, its RRAM of Milo et al. (IRPS 2021); at 50 uS 13 % below a resistor at 0.2 V and "
            "16 % above at -0.2 V",
            licence="BSD-3-Clause; the figures only, no code",
            loop=Sine(amplitude_v=0.8, hertz=1.0),
            pulses=Pulses.both(0.4, 0.05, -0.4, 0.05, count=3),
            start=5e-5,
        ),
    }

    a0_per_v2: float = parameter("constant of a", "A/V^2", -1.0, 1.0)
    a1_per_v2: float = parameter("factor of log10 G in a", "A/V^2", -1.0, 1.0)
    a2_per_v2: float = parameter("factor of its square in a", "A/V^2", -1.0, 1.0)
    a3_per_v2: float = parameter("factor of its cube in a", "A/V^2", -1.0, 1.0)
    b0_per_v3: float = parameter("constant of b", "A/V^3", -1.0, 1.0)
    b1_per_v3: float = parameter("factor of log10 G in b", "A/V^3", -1.0, 1.0)
    b2_per_v3: float = parameter("factor of its square in b", "A/V^3", -1.0, 1.0)
    g_least_s: float = parameter("smallest conductance of the fit", "S", 1e-12, 1.0)
    g_most_s: float = parameter("largest conductance of the fit", "S", 1e-12, 1.0)

    def contradiction(self) -> str:
        """Return what is wrong with the range; '' if nothing is."""
        return "" if self.g_most_s > self.g_least_s else "g_most_s is not above g_least_s"

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return G V + a V^2 + b V^3."""
        size = np.log10(state)
        a = self.a0_per_v2 + size * (self.a1_per_v2 + size * (self.a2_per_v2 + size * self.a3_per_v2))
        b = self.b0_per_v3 + size * (self.b1_per_v3 + size * self.b2_per_v3)
        return np.asarray(volts * (state + volts * (a + volts * b)))

    def limits(self) -> tuple[float, float]:
        """Return the smallest and the largest conductance of the fit, siemens."""
        return self.g_least_s, self.g_most_s
