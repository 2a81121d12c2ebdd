# SPDX-License-Identifier: GPL-3.0-or-later
"""`yakopcic`: a generalised memristor whose current is a hyperbolic sine times its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.parameters import ParameterSet, parameter
from memnet.devices.memristors.read_law import scaled_sinh
from memnet.devices.memristors.states import State
from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.units import Floats


@dataclass(frozen=True, kw_only=True)
class Yakopcic(MemristorModel):
    """Yakopcic's generalised device.

    I = a1 x sinh(b V) for V >= 0, a2 x sinh(b V) below. dx/dt = g(V) f(V, x) with
    g = Ap (e^V - e^Vp) above Vp, -An (e^-V - e^Vn) below -Vn, else 0; and f for V > 0:
    exp(-ap (x - xp)) ((xp - x)/(1 - xp) + 1) where x >= xp, else 1; for V <= 0:
    exp(an (x + xn - 1)) x/(1 - xn) where x <= 1 - xn, else 1.
    """

    name: ClassVar[str] = "yakopcic"
    title: ClassVar[str] = "Yakopcic's generalised memristor"
    law: ClassVar[str] = "I = a x sinh(b V), dx/dt = g(V) f(V,x)"
    source: ClassVar[str] = "C. Yakopcic et al., IEEE TCAD 32(8):1201, 2013"
    state: ClassVar[State] = State(symbol="x", unit="", text="a share of the conducting state", parameter="x0")
    fitted: ClassVar[tuple[str, ...]] = ("b_per_v", "a2_a")
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "aguirre": ParameterSet(
            values={
                "a1_a": 7e-5,
                "a2_a": 7e-5,
                "b_per_v": 1.9,
                "up_per_s": 1.0,
                "down_per_s": 1.0,
                "v_up_v": 0.4,
                "v_down_v": 0.3,
                "decay_up": 3.0,
                "decay_down": 8.0,
                "x_up": 0.9,
                "x_down": 0.7,
            },
            source="F. Aguirre et al., memristive_ANN_sim (yakopic_HSPICE_C2.sp); 133 uS at x = 1",
            licence="none stated; the figures only, no code",
            loop=Sine(amplitude_v=0.8, hertz=0.2),
            pulses=Pulses.both(0.7, 0.1, -0.6, 0.1, count=4),
            start=0.3,
        ),
        "oblea": ParameterSet(
            values={
                "a1_a": 0.17,
                "a2_a": 0.17,
                "b_per_v": 0.05,
                "up_per_s": 4000.0,
                "down_per_s": 4000.0,
                "v_up_v": 0.16,
                "v_down_v": 0.15,
                "decay_up": 1.0,
                "decay_down": 5.0,
                "x_up": 0.3,
                "x_down": 0.5,
            },
            source="fit to devices of A. Oblea et al. (IJCNN 2010), in Yakopcic 2013 and Xyce's reference guide",
            licence="figures of a paper",
            loop=Sine(amplitude_v=0.45, hertz=100.0),
            pulses=Pulses.both(0.4, 2e-4, -0.4, 2e-4, count=4),
            start=0.11,
        ),
    }

    a1_a: float = parameter("current factor of positive voltages", "A", 1e-12, 1e3)
    a2_a: float = parameter("current factor of negative voltages", "A", 1e-12, 1e3)
    b_per_v: float = parameter("curvature of the current", "1/V", 1e-3, 100.0)
    up_per_s: float = parameter("speed at which x grows", "1/s", 0.0, 1e15)
    down_per_s: float = parameter("speed at which x falls", "1/s", 0.0, 1e15)
    v_up_v: float = parameter("threshold above which x grows", "V", 1e-6, 100.0)
    v_down_v: float = parameter("threshold below minus which x falls", "V", 1e-6, 100.0)
    decay_up: float = parameter("decay of the speed above x_up", "", 0.0, 100.0)
    decay_down: float = parameter("decay of the speed below 1 - x_down", "", 0.0, 100.0)
    x_up: float = parameter("state above which it grows more slowly", "", 0.0, 0.999)
    x_down: float = parameter("1 - the state below which it falls more slowly", "", 0.0, 0.999)

    def derived(self) -> dict[str, float]:
        """Return the exponentials of the thresholds, and the state below which it falls more slowly."""
        return {
            "exp_up": float(np.exp(self.v_up_v)),
            "exp_down": float(np.exp(self.v_down_v)),
            "x_low": 1.0 - self.x_down,
            "x_high": 1.0 - self.x_up,
        }

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return a x sinh(b V), a by the sign of V."""
        return np.asarray(np.where(volts >= 0, self.a1_a, self.a2_a) * state * np.sinh(self.b_per_v * volts))

    def shape(self, volts: Floats) -> Floats:
        """Return sinh(b V) / b, times a2 / a1 where V is negative."""
        found = scaled_sinh(volts, self.b_per_v)
        if self.a1_a != self.a2_a:
            np.multiply(found, self.a2_a / self.a1_a, out=found, where=np.asarray(volts) < 0)
        return found

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return g(V) f(V, x), 1/s."""
        found = self.derived()
        up = self.up_per_s * np.maximum(np.exp(volts) - found["exp_up"], 0.0)
        down = self.down_per_s * np.maximum(np.exp(-volts) - found["exp_down"], 0.0)
        high = np.exp(-self.decay_up * np.maximum(state - self.x_up, 0.0)) * (1.0 - state) / found["x_high"]
        low = np.exp(self.decay_down * np.minimum(state - found["x_low"], 0.0)) * state / found["x_low"]
        return np.asarray(
            up * np.where(state >= self.x_up, high, 1.0) - down * np.where(state <= found["x_low"], low, 1.0)
        )

    def conductance(self, state: Floats) -> Floats:
        """Return a1 b x."""
        return np.asarray(self.a1_a * self.b_per_v * state)

    def state_of(self, siemens: Floats) -> Floats:
        """Return G / (a1 b)."""
        return np.asarray(siemens / (self.a1_a * self.b_per_v))

    def scaled_to(self, siemens: float) -> Self:
        """Return the model with a1 = G / b, and a2 in the same ratio to it."""
        a1 = siemens / self.b_per_v
        return replace(self, a1_a=a1, a2_a=a1 * self.a2_a / self.a1_a)

    def limits(self) -> tuple[float, float]:
        """Return 0, which does not conduct, and 1."""
        return 0.0, 1.0
