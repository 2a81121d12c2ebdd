# SPDX-License-Identifier: GPL-3.0-or-later
"""`jart-vcm-v1b`: a filament whose oxygen vacancies move by field and heat, with its published explicit current."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.parameters import ParameterSet, parameter
from memnet.devices.memristors.states import BOLTZMANN_PER_CHARGE, State
from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.units import Floats

_CHARGE = 1.602176634e-19  # C
_MOST_FIELD = 0.999  # of gamma, where a hop has no barrier left

# Constants of the explicit current: a fit to the implicit equations of the paper, not physical by themselves.
_FIT = {
    "f_alpha0_a": 4.81951e-5,
    "f_alpha2_v": 1.03685,
    "f_alpha3_v": 0.34567,
    "f_beta0_s": 7.0526e-4,
    "f_beta1_a": 4.2383e-5,
    "f_c0": 4.004,
    "f_c1": 2.8646,
    "f_c2": 4.2125,
    "f_c3": 1.4134,
    "f_d0": 6.6103,
    "f_d1": 1.4524,
    "f_d2": 7.4235,
    "f_d3": 4.0585,
    "f_f0": 6.326e-4,
    "f_f1": 1.4711,
    "f_f2": 0.5199,
    "f_f3": 1.561,
    "f_g0_a": 4.84e-3,
    "f_g1": 0.1353,
    "f_h0": 5.548,
    "f_h1": 6.8648,
    "f_h2": 51.586,
    "f_h3": 0.36,
    "f_j0": 1.054,
    "f_k0": 1.0526,
}


@dataclass(frozen=True, kw_only=True)
class JartVcm(MemristorModel):
    """JART VCM v1b, deterministic, with the explicit current that Z. Yu fitted to it.

    N is the concentration of vacancies in the disc, 1e26/m^3. For V >= 0, with e the base of natural logarithms,
    I = g0 (1 - e^(-g1 V)) / (1 + (h0 + h1 V + h2 e^(-h3 V)) (N/Nmin)^-j0)^(1/k0). For V < 0,
    I = a0 - a0 (1 + e^(-a2/a3)) / (1 + e^(-(V + a2)/a3)) - (b1 (1 - e^-V) - b0 V) / (1 + (C/N)^D)^F with
    C = c2 e^(-V/c3) + c1 V - c0, D = d2 e^(-V/d3) + d1 V - d0, F = f0 + (f1 - f0) / (1 + (-V/f2)^f3).

    Rdisc = l / (N zv e un A), Rplug = (lcell - l) / (Nplug zv e un A), Rser = Rtio + R0 (1 + al R0 Rthl I^2).
    T = T0 + I (V - I Rser) Rth, Rth times the scaling for V > 0. Field: E = (V - I Rser) / lcell for V > 0,
    I Rdisc / l below. gamma = zv a E / (pi dW), barriers W = dW (sqrt(1 - gamma^2) -+ pi gamma/2 + gamma asin gamma),
    dN/dt = -(Nplug + N)/2 a ny0/l (e^(-Wf/kT) - e^(-Wr/kT)) F, F = 1 - (Nmin/N)^10 for V > 0, 1 - (N/Nmax)^10 below.
    SET, which raises N, is V < 0.
    """

    name: ClassVar[str] = "jart-vcm-v1b"
    title: ClassVar[str] = "JART VCM v1b, its explicit fit"
    law: ClassVar[str] = "I(V,N) by two fitted forms, dN/dt by hops over barriers that field and heat lower"
    source: ClassVar[str] = (
        "F. Cueppers et al., APL Mater. 7:091105, 2019; C. Bengel et al., IEEE TCAS-I 67:4618, 2020; explicit current: "
        "Z. Yu, in IBM's aihwkit"
    )
    state: ClassVar[State] = State(symbol="N", unit="1e26/m^3", text="a vacancy concentration", parameter="n0")
    separable: ClassVar[bool] = False
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "default": ParameterSet(
            values={
                **_FIT,
                "n_least": 0.008,
                "n_most": 20.0,
                "n_plug": 20.0,
                "radius_nm": 45.0,
                "cell_nm": 3.0,
                "disc_nm": 0.4,
                "hop_nm": 0.25,
                "mobility_m2_per_v_s": 4e-6,
                "barrier_ev": 1.35,
                "attempt_hz": 2e13,
                "ambient_k": 293.0,
                "k_per_w": 15.72e6,
                "k_per_w_scaling": 0.27,
                "tiox_ohm": 650.0,
                "line_ohm": 719.2437,
                "line_k_per_w": 90471.47,
                "line_per_k": 3.92e-3,
            },
            source="the model's defaults (Juelich DATA, doi 10.26165/JUELICH-DATA/LUA8QY); fit: aihwkit, "
            "rpu_JART_v1b_device.h",
            licence="CC0 and Apache-2.0; the equations and figures only, no code",
            loop=Sine(amplitude_v=0.9, hertz=1e5),
            pulses=Pulses.both(-0.45, 1e-6, 0.7, 1e-6, count=4),
            start=0.06,
        ),
    }

    n_least: float = parameter("smallest concentration in the disc", "1e26/m^3", 1e-4, 1e3)
    n_most: float = parameter("largest concentration in the disc", "1e26/m^3", 1e-4, 1e4)
    n_plug: float = parameter("concentration in the plug", "1e26/m^3", 1e-4, 1e4)
    radius_nm: float = parameter("radius of the filament", "nm", 0.1, 1e4)
    cell_nm: float = parameter("length of disc and plug", "nm", 0.1, 1e3)
    disc_nm: float = parameter("length of the disc", "nm", 0.01, 1e3)
    hop_nm: float = parameter("hopping distance a", "nm", 0.01, 10.0)
    mobility_m2_per_v_s: float = parameter("mobility of the electrons", "m^2/(V s)", 1e-9, 1.0)
    barrier_ev: float = parameter("activation energy of a hop", "eV", 0.1, 10.0)
    attempt_hz: float = parameter("attempt frequency", "Hz", 1.0, 1e20)
    ambient_k: float = parameter("ambient temperature", "K", 1.0, 1e3)
    k_per_w: float = parameter("thermal resistance", "K/W", 0.0, 1e12)
    k_per_w_scaling: float = parameter("its share at positive voltages", "", 0.0, 10.0)
    tiox_ohm: float = parameter("series resistance of the oxide", "ohm", 0.0, 1e9)
    line_ohm: float = parameter("line resistance without current", "ohm", 0.0, 1e9)
    line_k_per_w: float = parameter("thermal resistance of the line", "K/W", 0.0, 1e9)
    line_per_k: float = parameter("temperature coefficient of the line", "1/K", 0.0, 1.0)
    f_alpha0_a: float = parameter("constant of the fitted current, V < 0", "A", -1e3, 1e3)
    f_alpha2_v: float = parameter("constant of the fitted current, V < 0", "V", -1e3, 1e3)
    f_alpha3_v: float = parameter("constant of the fitted current, V < 0", "V", 1e-6, 1e3)
    f_beta0_s: float = parameter("constant of the fitted current, V < 0", "S", -1e3, 1e3)
    f_beta1_a: float = parameter("constant of the fitted current, V < 0", "A", -1e3, 1e3)
    f_c0: float = parameter("constant of the fitted current, V < 0", "1e26/m^3", -1e3, 1e3)
    f_c1: float = parameter("constant of the fitted current, V < 0", "1e26/(m^3 V)", -1e3, 1e3)
    f_c2: float = parameter("constant of the fitted current, V < 0", "1e26/m^3", -1e3, 1e3)
    f_c3: float = parameter("constant of the fitted current, V < 0", "V", 1e-6, 1e3)
    f_d0: float = parameter("constant of the fitted current, V < 0", "", -1e3, 1e3)
    f_d1: float = parameter("constant of the fitted current, V < 0", "1/V", -1e3, 1e3)
    f_d2: float = parameter("constant of the fitted current, V < 0", "", -1e3, 1e3)
    f_d3: float = parameter("constant of the fitted current, V < 0", "V", 1e-6, 1e3)
    f_f0: float = parameter("constant of the fitted current, V < 0", "", -1e3, 1e3)
    f_f1: float = parameter("constant of the fitted current, V < 0", "", -1e3, 1e3)
    f_f2: float = parameter("constant of the fitted current, V < 0", "V", 1e-6, 1e3)
    f_f3: float = parameter("constant of the fitted current, V < 0", "", 1e-6, 1e3)
    f_g0_a: float = parameter("constant of the fitted current, V >= 0", "A", 1e-12, 1e3)
    f_g1: float = parameter("constant of the fitted current, V >= 0", "1/V", 1e-6, 1e3)
    f_h0: float = parameter("constant of the fitted current, V >= 0", "", 0.0, 1e3)
    f_h1: float = parameter("constant of the fitted current, V >= 0", "1/V", 0.0, 1e3)
    f_h2: float = parameter("constant of the fitted current, V >= 0", "", 0.0, 1e4)
    f_h3: float = parameter("constant of the fitted current, V >= 0", "1/V", 0.0, 1e3)
    f_j0: float = parameter("constant of the fitted current, V >= 0", "", 1e-6, 1e3)
    f_k0: float = parameter("constant of the fitted current, V >= 0", "", 1e-6, 1e3)

    def contradiction(self) -> str:
        """Return what is wrong with ranges and lengths; '' if nothing is."""
        if self.n_most <= self.n_least:
            return "n_most is not above n_least"
        return "" if self.cell_nm > self.disc_nm else "cell_nm is not above disc_nm"

    def derived(self) -> dict[str, float]:
        """Return constants that the equations have as products."""
        area = np.pi * (self.radius_nm * 1e-9) ** 2
        per_n = 2.0 * _CHARGE * self.mobility_m2_per_v_s * area * 1e26  # S m at a concentration of 1e26/m^3, zv = 2
        return {
            "rise": self.f_alpha0_a * (1.0 + float(np.exp(-self.f_alpha2_v / self.f_alpha3_v))),
            "f_f1_f0": self.f_f1 - self.f_f0,
            "inverse_k0": 1.0 / self.f_k0,
            "minus_j0": -self.f_j0,
            "disc_ohm": self.disc_nm * 1e-9 / per_n,
            "plug_ohm": (self.cell_nm - self.disc_nm) * 1e-9 / (self.n_plug * per_n),
            "series_ohm": self.tiox_ohm + self.line_ohm,
            "series_ohm_per_a2": self.line_ohm**2 * self.line_per_k * self.line_k_per_w,
            "k_per_w_up": self.k_per_w * self.k_per_w_scaling,
            "gamma_per_v_up": 2.0 * self.hop_nm / (self.cell_nm * np.pi * self.barrier_ev),
            "gamma_per_v_down": 2.0 * self.hop_nm / (self.disc_nm * np.pi * self.barrier_ev),
            "barrier_k": self.barrier_ev / BOLTZMANN_PER_CHARGE,
            "hops_per_s": 0.5 * self.hop_nm / self.disc_nm * self.attempt_hz,
            "n_safe": 0.1 * self.n_least,
        }

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return the explicit current."""
        concentration = np.maximum(state, 0.1 * self.n_least)
        return np.asarray(
            np.where(
                volts >= 0,
                self._current_up(np.maximum(volts, 0.0), concentration),
                self._current_down(np.minimum(volts, 0.0), concentration),
            )
        )

    def _current_up(self, volts: Floats, state: Floats) -> Floats:
        barrier = self.f_h0 + self.f_h1 * volts + self.f_h2 * np.exp(-self.f_h3 * volts)
        through = (1.0 + barrier * (state / self.n_least) ** -self.f_j0) ** (1.0 / self.f_k0)
        return np.asarray(self.f_g0_a * (1.0 - np.exp(-self.f_g1 * volts)) / through)

    def _current_down(self, volts: Floats, state: Floats) -> Floats:
        c = self.f_c2 * np.exp(-volts / self.f_c3) + self.f_c1 * volts - self.f_c0
        d = self.f_d2 * np.exp(-volts / self.f_d3) + self.f_d1 * volts - self.f_d0
        f = self.f_f0 + (self.f_f1 - self.f_f0) / (1.0 + (-volts / self.f_f2) ** self.f_f3)
        leak = self.f_beta1_a * (1.0 - np.exp(-volts)) - self.f_beta0_s * volts
        step = self.derived()["rise"] / (1.0 + np.exp(-(volts + self.f_alpha2_v) / self.f_alpha3_v))
        return np.asarray(self.f_alpha0_a - step - leak / (1.0 + (c / state) ** d) ** f)

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return dN/dt, 1e26/m^3/s."""
        found, positive = self.derived(), np.asarray(volts) > 0
        concentration = np.maximum(state, found["n_safe"])
        current = self.current(volts, state)
        inner = volts - current * (found["series_ohm"] + found["series_ohm_per_a2"] * current**2)
        kelvin = self.ambient_k + current * inner * np.where(positive, found["k_per_w_up"], self.k_per_w)
        disc = current * found["disc_ohm"] / concentration
        gamma = np.where(positive, found["gamma_per_v_up"] * inner, found["gamma_per_v_down"] * disc)
        gamma = np.clip(gamma, -_MOST_FIELD, _MOST_FIELD)
        mean = np.sqrt(1.0 - gamma**2) + gamma * np.arcsin(gamma)
        tilt = 0.5 * np.pi * gamma
        hops = np.exp(-found["barrier_k"] / kelvin * (mean - tilt)) - np.exp(
            -found["barrier_k"] / kelvin * (mean + tilt)
        )
        ratio = np.where(positive, self.n_least / concentration, concentration / self.n_most)
        return np.asarray(-found["hops_per_s"] * (self.n_plug + concentration) * hops * (1.0 - ratio**10))

    def conductance(self, state: Floats) -> Floats:
        """Return dI/dV at 0 V from positive voltages: g0 g1 / (1 + (h0 + h2) (N/Nmin)^-j0)^(1/k0)."""
        through = (1.0 + (self.f_h0 + self.f_h2) * (state / self.n_least) ** -self.f_j0) ** (1.0 / self.f_k0)
        return np.asarray(self.f_g0_a * self.f_g1 / through)

    def state_of(self, siemens: Floats) -> Floats:
        """Return the concentration that has a conductance."""
        through = (self.f_g0_a * self.f_g1 / np.asarray(siemens)) ** self.f_k0 - 1.0
        return np.asarray(self.n_least * (through / (self.f_h0 + self.f_h2)) ** (-1.0 / self.f_j0))

    def limits(self) -> tuple[float, float]:
        """Return the smallest and the largest concentration, 1e26/m^3."""
        return self.n_least, self.n_most
