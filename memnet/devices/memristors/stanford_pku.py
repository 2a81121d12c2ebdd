# SPDX-License-Identifier: GPL-3.0-or-later
"""`stanford-pku`: a filament whose gap to the electrode grows and shrinks with field and temperature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.parameters import ParameterSet, parameter
from memnet.devices.memristors.states import BOLTZMANN_PER_CHARGE, State, edge
from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.units import Floats

SPREAD = 0.005  # of the field Fmin: how wide the step of gamma is
_MOST_EXPONENT = 100.0  # that sinh() is given


@dataclass(frozen=True, kw_only=True)
class StanfordPku(MemristorModel):
    """The RRAM model of Stanford and Peking University, version 1, without its random part.

    I = I0 exp(-g/g0) sinh(V/V0); dg/dt = -v0 exp(-Ea/kT) sinh(gamma (a0/tox) V / kT), energies in eV, with
    gamma = gamma0 - beta (g/nm)^3, 0 where gamma abs(V)/tox < Fmin; T = T0 + abs(V I) Rth. Times `edge` of the distance
    from the end that the gap goes to. The step at Fmin is spread over SPREAD of it: a gap that grows until it comes
    to a step has no next state there, and simulators end or run for hours.
    """

    name: ClassVar[str] = "stanford-pku"
    title: ClassVar[str] = "Stanford-PKU RRAM model, a filament's gap"
    law: ClassVar[str] = "I = I0 exp(-g/g0) sinh(V/V0), dg/dt = -v0 exp(-Ea/kT) sinh(gamma a0 V/(tox kT))"
    source: ClassVar[str] = "X. Guan et al., IEEE EDL 33(10):1405, 2012; Z. Jiang et al., IEEE TED 63(5):1884, 2016"
    state: ClassVar[State] = State(symbol="g", unit="nm", text="a gap", parameter="gap0")
    fitted: ClassVar[tuple[str, ...]] = ("v0_v",)
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "default": ParameterSet(
            values={
                "i0_a": 1e-3,
                "g0_nm": 0.25,
                "v0_v": 0.25,
                "velocity_m_per_s": 10.0,
                "activation_ev": 0.6,
                "gamma0": 16.0,
                "beta": 0.8,
                "hop_nm": 0.25,
                "oxide_nm": 12.0,
                "field_v_per_m": 1.4e9,
                "k_per_w": 2.1e3,
                "ambient_k": 298.0,
                "gap_least_nm": 0.2,
                "gap_most_nm": 1.7,
            },
            source="published defaults of version 1, as MemTorch has them (Stanford_PKU.py); gap 0.2 to 1.7 nm",
            licence="GPL-3.0; the figures only, no code (that of the authors has a licence of its own, NEEDS)",
            loop=Sine(amplitude_v=1.5, hertz=1e6),
            pulses=Pulses.both(-1.2, 1e-8, 1.2, 1e-8, count=4),
            start=0.5,
        ),
    }

    i0_a: float = parameter("current factor I0", "A", 1e-15, 1e3)
    g0_nm: float = parameter("decay length g0 of the current", "nm", 1e-3, 100.0)
    v0_v: float = parameter("voltage V0 of the hyperbolic sine", "V", 0.01, 100.0)
    velocity_m_per_s: float = parameter("attempt velocity v0", "m/s", 0.0, 1e9)
    activation_ev: float = parameter("activation energy Ea", "eV", 0.0, 5.0)
    gamma0: float = parameter("field enhancement gamma0", "", 0.0, 1e3)
    beta: float = parameter("loss of enhancement with the gap", "", 0.0, 1e3)
    hop_nm: float = parameter("atom spacing a0", "nm", 0.01, 10.0)
    oxide_nm: float = parameter("oxide thickness tox", "nm", 0.1, 1e3)
    field_v_per_m: float = parameter("least enhanced field Fmin that moves the gap", "V/m", 0.0, 1e12)
    k_per_w: float = parameter("thermal resistance Rth", "K/W", 0.0, 1e9)
    ambient_k: float = parameter("ambient temperature T0", "K", 1.0, 1e3)
    gap_least_nm: float = parameter("smallest gap", "nm", 0.0, 100.0)
    gap_most_nm: float = parameter("largest gap", "nm", 0.0, 100.0)

    def contradiction(self) -> str:
        """Return what is wrong with the range of the gap; '' if nothing is."""
        return "" if self.gap_most_nm > self.gap_least_nm else "gap_most_nm is not above gap_least_nm"

    def derived(self) -> dict[str, float]:
        """Return the velocity in nm/s, exponents in kelvin, the threshold of gamma abs(V), and the gap's range."""
        return {
            "velocity_nm_per_s": self.velocity_m_per_s * 1e9,
            "activation_k": self.activation_ev / BOLTZMANN_PER_CHARGE,
            "hop_k_per_v": self.hop_nm / self.oxide_nm / BOLTZMANN_PER_CHARGE,
            "least_v": self.field_v_per_m * self.oxide_nm * 1e-9,
            "spread_v": max(SPREAD * self.field_v_per_m * self.oxide_nm * 1e-9, 1e-12),
            "span_nm": self.gap_most_nm - self.gap_least_nm,
        }

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return I0 exp(-g/g0) sinh(V/V0)."""
        return np.asarray(self.i0_a * np.exp(-state / self.g0_nm) * np.sinh(volts / self.v0_v))

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return dg/dt, nm/s."""
        found = self.derived()
        gamma = self.gamma0 - self.beta * state**3
        below = (found["least_v"] - gamma * np.abs(volts)) / found["spread_v"]
        gamma = gamma / (1.0 + np.exp(np.clip(below, -_MOST_EXPONENT, _MOST_EXPONENT)))
        kelvin = self.ambient_k + np.abs(volts * self.current(volts, state)) * self.k_per_w
        exponent = np.clip(gamma * found["hop_k_per_v"] * volts / kelvin, -_MOST_EXPONENT, _MOST_EXPONENT)
        speed = -found["velocity_nm_per_s"] * np.exp(-found["activation_k"] / kelvin) * np.sinh(exponent)
        grows, shrinks = self.gap_most_nm - state, state - self.gap_least_nm
        return np.asarray(speed * edge(np.where(speed > 0, grows, shrinks) / found["span_nm"]))

    def conductance(self, state: Floats) -> Floats:
        """Return I0 / V0 exp(-g/g0)."""
        return np.asarray(self.i0_a / self.v0_v * np.exp(-state / self.g0_nm))

    def state_of(self, siemens: Floats) -> Floats:
        """Return the gap g0 ln(I0 / (V0 G))."""
        return np.asarray(self.g0_nm * np.log(self.i0_a / (self.v0_v * siemens)))

    def limits(self) -> tuple[float, float]:
        """Return the smallest and the largest gap, nm."""
        return self.gap_least_nm, self.gap_most_nm
