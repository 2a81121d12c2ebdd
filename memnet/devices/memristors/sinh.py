# SPDX-License-Identifier: GPL-3.0-or-later
"""`sinh`: a memristor whose current grows with the hyperbolic sine of the voltage, as through a tunnel barrier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from memnet.devices.memristors.parameters import ParameterSet, parameter
from memnet.devices.memristors.read_law import ReadLaw, scaled_sinh
from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.units import Floats

_LOOP, _PULSES = Sine(amplitude_v=0.8, hertz=1.0), Pulses.both(0.4, 0.05, -0.4, 0.05, count=3)


@dataclass(frozen=True, kw_only=True)
class Sinh(ReadLaw):
    """I = G V0 sinh(V / V0); at V = V0 / 2 the current is 4 % above that of a resistor."""

    name: ClassVar[str] = "sinh"
    title: ClassVar[str] = "hyperbolic sine"
    law: ClassVar[str] = "I = G V0 sinh(V/V0)"
    source: ClassVar[str] = "tunnelling at low voltage: J. Simmons, J. Appl. Phys. 34:1793, 1963"
    fitted: ClassVar[tuple[str, ...]] = ("v0_v",)
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "default": ParameterSet(
            values={"v0_v": 0.4},
            source="assumption: 4.2 % above a resistor at 0.2 V, between published devices",
            licence="a figure of our own",
            loop=_LOOP,
            pulses=_PULSES,
            start=5e-5,
        ),
        "sky130": ParameterSet(
            values={"v0_v": 0.43},
            source="V_ref of the cell in SkyWater's open PDK, sky130_fd_pr_reram; 3.6 % above a resistor at 0.2 V",
            licence="Apache-2.0; the figure only, no code",
            loop=_LOOP,
            pulses=_PULSES,
            start=5e-5,
        ),
    }

    v0_v: float = parameter("voltage of the hyperbolic sine", "V", 0.01, 100.0)

    def shape(self, volts: Floats) -> Floats:
        """Return V0 sinh(V / V0)."""
        return scaled_sinh(volts, 1.0 / self.v0_v)
