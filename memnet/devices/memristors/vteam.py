# SPDX-License-Identifier: GPL-3.0-or-later
"""`vteam`: a device whose state moves as a power of the voltage above a threshold, and not below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.parameters import ParameterSet, option, parameter
from memnet.devices.memristors.states import State, edge
from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.units import Floats


@dataclass(frozen=True, kw_only=True)
class Vteam(MemristorModel):
    """Kvatinsky's voltage threshold adaptive memristor.

    x = w / D, 1 where the resistance is largest. dw/dt = koff (V/voff - 1)^aoff for V > voff > 0,
    kon (V/von - 1)^aon for V < von < 0, else 0; times `edge` of the distance from the end that it goes to.
    I = V / (Ron + (Roff - Ron) x), or V / Ron exp(-ln(Roff/Ron) x).
    """

    name: ClassVar[str] = "vteam"
    title: ClassVar[str] = "voltage threshold adaptive memristor"
    law: ClassVar[str] = "I = V/(Ron + (Roff-Ron) x) or V/Ron exp(-ln(Roff/Ron) x), dx/dt = k/D (V/Vth - 1)^a"
    source: ClassVar[str] = "S. Kvatinsky et al., IEEE TCAS-II 62(8):786, 2015"
    state: ClassVar[State] = State(symbol="x", unit="", text="a position w/D", parameter="x0")
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "default": ParameterSet(
            values={
                "r_on_ohm": 50.0,
                "r_off_ohm": 1e3,
                "k_on_m_per_s": -10.0,
                "k_off_m_per_s": 5e-4,
                "a_on": 3.0,
                "a_off": 1.0,
                "v_on_v": -0.2,
                "v_off_v": 0.02,
                "thickness_m": 3e-9,
                "resistance": "linear",
            },
            source="MemTorch, VTEAM.py; windows: ours",
            licence="GPL-3.0; the figures only, no code",
            loop=Sine(amplitude_v=0.5, hertz=5e6),
            pulses=Pulses.both(0.5, 5e-8, -0.3, 5e-10, count=3),
            start=0.5,
        ),
        "pt-hf-ti": ParameterSet(
            values={
                "r_on_ohm": 100.0,
                "r_off_ohm": 2.5e3,
                "k_on_m_per_s": -80.0,
                "k_off_m_per_s": 4.03e-8,
                "a_on": 3.0,
                "a_off": 1.0,
                "v_on_v": -0.53,
                "v_off_v": 0.5,
                "thickness_m": 10e-9,
                "resistance": "linear",
            },
            source="fit to Pt-Hf-Ti devices in a public MATLAB script whose owner is not identified; windows: ours",
            licence="not stated; the figures only, no code",
            loop=Sine(amplitude_v=0.8, hertz=1.0),
            pulses=Pulses.both(-0.7, 2e-9, 1.0, 0.05, count=2),
            start=0.95,
        ),
    }

    r_on_ohm: float = parameter("smallest resistance, at x = 0", "ohm", 1e-3, 1e12)
    r_off_ohm: float = parameter("largest resistance, at x = 1", "ohm", 1e-3, 1e15)
    k_on_m_per_s: float = parameter("speed towards x = 0", "m/s", -1e9, 0.0)
    k_off_m_per_s: float = parameter("speed towards x = 1", "m/s", 0.0, 1e9)
    a_on: float = parameter("exponent of the speed towards x = 0", "", 0.1, 50.0)
    a_off: float = parameter("exponent of the speed towards x = 1", "", 0.1, 50.0)
    v_on_v: float = parameter("threshold below which x falls", "V", -100.0, -1e-6)
    v_off_v: float = parameter("threshold above which x grows", "V", 1e-6, 100.0)
    thickness_m: float = parameter("thickness D of the device", "m", 1e-10, 1e-3)
    resistance: str = option("resistance", "linear", "exponential")

    def contradiction(self) -> str:
        """Return what is wrong with the two resistances; '' if nothing is."""
        return "" if self.r_off_ohm > self.r_on_ohm else "r_off_ohm is not above r_on_ohm"

    def derived(self) -> dict[str, float]:
        """Return the speeds in 1/s, the difference of the resistances, and the logarithm of their ratio."""
        return {
            "on_per_s": self.k_on_m_per_s / self.thickness_m,
            "off_per_s": self.k_off_m_per_s / self.thickness_m,
            "span_ohm": self.r_off_ohm - self.r_on_ohm,
            "log_ratio": float(np.log(self.r_off_ohm / self.r_on_ohm)),
        }

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return V / R(x)."""
        return np.asarray(volts * self.conductance(state))

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return k / D (V / threshold - 1)^a, 1/s, slowed down at the ends."""
        found = self.derived()
        up = found["off_per_s"] * np.maximum(volts / self.v_off_v - 1.0, 0.0) ** self.a_off
        down = found["on_per_s"] * np.maximum(volts / self.v_on_v - 1.0, 0.0) ** self.a_on
        return np.asarray(up * edge(1.0 - state) + down * edge(state))

    def conductance(self, state: Floats) -> Floats:
        """Return 1 / R(x)."""
        if self.resistance == "linear":
            return np.asarray(1.0 / (self.r_on_ohm + (self.r_off_ohm - self.r_on_ohm) * state))
        return np.asarray(np.exp(-self.derived()["log_ratio"] * state) / self.r_on_ohm)

    def state_of(self, siemens: Floats) -> Floats:
        """Return the x with R(x) = 1 / G."""
        if self.resistance == "linear":
            return np.asarray((1.0 / siemens - self.r_on_ohm) / (self.r_off_ohm - self.r_on_ohm))
        return np.asarray(-np.log(siemens * self.r_on_ohm) / self.derived()["log_ratio"])

    def limits(self) -> tuple[float, float]:
        """Return 0, where the resistance is smallest, and 1."""
        return 0.0, 1.0

    def shape(self, volts: Floats) -> Floats:
        """Return V."""
        return volts
