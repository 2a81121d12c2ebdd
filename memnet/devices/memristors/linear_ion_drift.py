# SPDX-License-Identifier: GPL-3.0-or-later
"""`linear-ion-drift`: the first memristor of HP Labs, with a window that slows its state down at the ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.parameters import ParameterSet, option, parameter
from memnet.devices.memristors.states import State
from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.units import Floats

_HP = {"r_on_ohm": 100.0, "r_off_ohm": 16e3, "mobility_m2_per_v_s": 1e-14, "thickness_m": 10e-9, "exponent": 1.0}
_SOURCE = "Strukov et al., Nature 453:80, 2008, as MemTorch has it (LinearIonDrift.py), without its thresholds"
_LICENCE = "MemTorch is GPL-3.0; the figures only, no code"
_LOOP, _PULSES = Sine(amplitude_v=1.0, hertz=1.0), Pulses.both(1.0, 0.05, -1.0, 0.05, count=5)


@dataclass(frozen=True, kw_only=True)
class LinearIonDrift(MemristorModel):
    """Two regions in series whose border drifts with the current.

    I = V / (Ron x + Roff (1 - x)), dx/dt = mu Ron / D^2 I f(x). Windows: Joglekar f = 1 - (2x - 1)^2p (Eur. J. Phys.
    30:661, 2009), 0 at both ends, so that a state that has come to one stays there; Biolek f = 1 - (x - step(-I))^2p
    (Radioengineering 18:210, 2009), which lets it go again.
    """

    name: ClassVar[str] = "linear-ion-drift"
    title: ClassVar[str] = "linear ion drift with a window"
    law: ClassVar[str] = "I = V/(Ron x + Roff (1-x)), dx/dt = mu Ron/D^2 I f(x)"
    source: ClassVar[str] = "D. Strukov et al., Nature 453:80, 2008; windows of Joglekar 2009 and Biolek 2009"
    state: ClassVar[State] = State(symbol="x", unit="", text="a share of the doped region", parameter="x0")
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        f"hp-{window}": ParameterSet(
            values={**_HP, "window": window},
            source=_SOURCE,
            licence=_LICENCE,
            loop=_LOOP,
            pulses=_PULSES,
            start=0.1,
        )
        for window in ("joglekar", "biolek")
    }

    r_on_ohm: float = parameter("resistance of a device that is all doped", "ohm", 1e-3, 1e12)
    r_off_ohm: float = parameter("resistance of a device that is not doped", "ohm", 1e-3, 1e15)
    mobility_m2_per_v_s: float = parameter("mobility of the dopants", "m^2/(V s)", 1e-30, 1.0)
    thickness_m: float = parameter("thickness of the device", "m", 1e-10, 1e-3)
    exponent: float = parameter("exponent p of the window", "", 0.5, 100.0)
    window: str = option("window", "joglekar", "biolek")

    def contradiction(self) -> str:
        """Return what is wrong with the two resistances; '' if nothing is."""
        return "" if self.r_off_ohm > self.r_on_ohm else "r_off_ohm is not above r_on_ohm"

    def derived(self) -> dict[str, float]:
        """Return the speed of the state, 1/(A s), and the difference of the resistances."""
        return {
            "speed": self.mobility_m2_per_v_s * self.r_on_ohm / self.thickness_m**2,
            "span_ohm": self.r_off_ohm - self.r_on_ohm,
            "twice": 2.0 * self.exponent,
        }

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return V / (Ron x + Roff (1 - x))."""
        return np.asarray(volts / (self.r_off_ohm - (self.r_off_ohm - self.r_on_ohm) * state))

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return mu Ron / D^2 I f(x), 1/s."""
        current = self.current(volts, state)
        if self.window == "joglekar":
            window = 1.0 - np.minimum(np.abs(2.0 * state - 1.0), 1.0) ** (2.0 * self.exponent)
        else:
            window = 1.0 - np.abs(state - np.where(current < 0, 1.0, 0.0)) ** (2.0 * self.exponent)
        return np.asarray(self.derived()["speed"] * current * window)

    def conductance(self, state: Floats) -> Floats:
        """Return 1 / (Ron x + Roff (1 - x))."""
        return self.current(np.asarray(1.0), state)

    def state_of(self, siemens: Floats) -> Floats:
        """Return (Roff - 1/G) / (Roff - Ron)."""
        return np.asarray((self.r_off_ohm - 1.0 / siemens) / (self.r_off_ohm - self.r_on_ohm))

    def limits(self) -> tuple[float, float]:
        """Return 0, not doped, and 1, all doped."""
        return 0.0, 1.0

    def shape(self, volts: Floats) -> Floats:
        """Return V."""
        return volts
