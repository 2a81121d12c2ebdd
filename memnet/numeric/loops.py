# SPDX-License-Identifier: GPL-3.0-or-later
"""Amplifier loops with the capacitance of their columns: a second pole, its damping and its phase margin.

An op-amp of unity-gain bandwidth wu = 2 pi GBW holds a virtual ground that a conductance G and a capacitance C lead
into, Gf of them from its output. Its loop gain is wu / s * Gf / (G + s C), and its output follows the settled one x by

    tau tau2 y'' + tau y' + y = x,    tau = G / (wu Gf),    tau2 = C / G

(Graeme, Photodiode Amplifiers: Op Amp Solutions, 1996, chapter 3: the input capacitance of a transimpedance amplifier).
The damping is sqrt(tau / tau2) / 2: under 1 the output overshoots. The loop gain is 1 at w with
w^2 (1 + w^2 tau2^2) = 1 / tau^2, where the phase margin is 90 degrees less atan(w tau2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import ChipDevices, Stage, program_stage
from memnet.numeric.gains import PairGains, pair_gains
from memnet.numeric.laws import AmplifierLaw

Values = npt.NDArray[Any]
LEAST_SHARE = 1e-9  # of tau: a shorter second time constant is taken for this, which no response shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """The loops of one TIA at each column of a stage: `tau_s` and `second_s` (tau2), (channels, pixels) seconds."""

    tau_s: Values
    second_s: Values

    @property
    def damping(self) -> Values:
        """Return the damping of each loop, (channels, pixels); infinite without capacitance."""
        with np.errstate(divide="ignore"):
            return np.asarray(0.5 * np.sqrt(self.tau_s / self.second_s))

    @property
    def phase_margin_degrees(self) -> Values:
        """Return the phase margin of each loop, (channels, pixels) degrees; 90 without capacitance."""
        ratio = self.second_s / self.tau_s
        crossing = np.sqrt(2.0 / (1.0 + np.sqrt(1.0 + 4.0 * ratio**2)))  # w tau, where the loop gain is 1
        return np.asarray(90.0 - np.degrees(np.arctan(crossing * ratio)))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstLoop:
    """The op-amp loop of a chip with the smallest phase margin, its damping, and the capacitance at its input."""

    stage: str
    amplifier: str  # `first` or `second` of its pair
    phase_margin_degrees: float
    damping: float
    farad: float


def worst_loop(devices: ChipDevices) -> WorstLoop | None:
    """Return the loop with the smallest phase margin of all stages that have power; None without capacitance.

    Devices are nominal, and the resistance of wires is left out, which lowers the conductance into a virtual ground by
    some percent.
    """
    wiring, deployment = devices.wiring, devices.deployment
    if wiring is None or not wiring.column_farad:
        return None
    nominal, law = ChipDevices(deployment, wiring=wiring), AmplifierLaw.of(deployment.technology)
    found = []
    for stage in deployment.plan.stages:
        if stage.memristive and deployment.plan.on(stage.gate):
            gains = pair_gains(stage, nominal, program_stage(stage, nominal), law)
            found += [
                _worst(stage, name, loops, nominal)
                for name, loops in zip(("first", "second"), stage_loops(stage, gains, nominal), strict=True)
            ]
    return min(found, key=lambda each: each.phase_margin_degrees, default=None)


def _worst(stage: Stage, amplifier: str, loops: Loops, devices: ChipDevices) -> WorstLoop:
    margins = loops.phase_margin_degrees
    at = np.unravel_index(margins.argmin(), margins.shape)
    return WorstLoop(
        stage=stage.name,
        amplifier=amplifier,
        phase_margin_degrees=float(margins[at]),
        damping=float(loops.damping[at]),
        farad=float(column_farad(stage, devices)[at]),
    )


def stage_loops(stage: Stage, gains: PairGains, devices: ChipDevices) -> tuple[Loops, Loops]:
    """Return the loops of the first and of the second TIAs of a stage."""
    technology = devices.deployment.technology
    farad, gm = column_farad(stage, devices), technology.macromodel.transconductance_siemens
    sides = ((gains.first_loop, gains.first_ohm), (gains.second_loop, gains.second_ohm))
    # `loop` is gm / (transresistance * total conductance), see `laws.AmplifierLaw.loop_conductance`.
    first, second = (Loops(tau_s=technology.pole_farad / loop, second_s=farad * loop * ohm / gm) for loop, ohm in sides)
    return first, second


def column_farad(stage: Stage, devices: ChipDevices) -> Values:
    """Return the capacitance of each column, the same for plus and minus, (channels, pixels) farads."""
    channels, pixels = stage.shape[0], stage.shape[1] * stage.shape[2]
    counts: Values = np.zeros((channels, pixels))
    if devices.wiring is None or not devices.wiring.column_farad:
        return counts
    for group in program_stage(stage, ChipDevices(devices.deployment)).groups:
        if group.minus is not None:
            counts += group.rows.sums(np.ones_like(group.plus))
    pairs = devices.deployment.programs[stage.name].pairs
    counts += sum(pairs[term.unit].plus.shape[2] for term in stage.terms if term.kind == "bias")
    return counts * devices.wiring.column_farad


@dataclass(slots=True)
class SecondOrder:
    """Integrates tau tau2 y'' + tau y' + y = x step by step, exactly while x is a straight line within a step.

    The slope p = y' follows tau2 p' = (x - y) / tau - p. A rectifying output is held at 0 V while p, which is wu times
    the op-amp's input, is negative.

    Attributes
    ----------
    out : y, (nets,) volts, at the end of the last step
    slope : p, (nets,) volts a second
    tau_s, second_s : (nets,) seconds
    """

    out: Values
    slope: Values
    tau_s: Values
    second_s: Values

    @staticmethod
    def settled(target: Values, out: Values, loops: Loops) -> SecondOrder:
        """Return loops at rest with outputs `out`, which are not `target` where they are held; all (nets,)."""
        second = np.maximum(loops.second_s, LEAST_SHARE * loops.tau_s)
        return SecondOrder(out, (target - out) / loops.tau_s, loops.tau_s, second)

    def step(self, length_s: float, before: Values, after: Values, floor: Values | None) -> Values:
        """Go on by one step in which x goes from `before` to `after`, (nets,) volts; return y.

        Parameters
        ----------
        floor : lowest output, (nets,) volts; None for outputs that nothing holds
        """
        rise = (after - before) / length_s
        if floor is None:
            self._follow(np.full(len(rise), length_s), after, rise)
            return self.out
        held_s = self._hold((self.out <= floor) & (self.slope < 0), length_s, before, rise)
        free = held_s < length_s
        kept, slope = self.out, self.slope
        self._follow(np.where(free, length_s - held_s, length_s), after, rise)
        self.out = np.maximum(np.where(free, self.out, kept), floor)
        self.slope = np.where(free, self.slope, slope)
        return self.out

    def _hold(self, held: Values, length_s: float, before: Values, rise: Values) -> Values:
        """Let the slopes of held outputs go on until they are 0, or to the end of a step; return how long, seconds."""
        start, along = (before - self.out) / self.tau_s, rise / self.tau_s
        decay = np.exp(-length_s / self.second_s)
        end = start + along * (length_s - self.second_s) + decay * (self.slope - start + along * self.second_s)
        released = held & (end > 0)
        share = np.where(released, self.slope / np.where(released, self.slope - end, 1.0), 1.0)
        self.slope = np.where(held, np.where(released, 0.0, end), self.slope)
        return np.where(held, share * length_s, 0.0)

    def _follow(self, length_s: Values, after: Values, rise: Values) -> None:
        """Go on for some time, (nets,) seconds, in which x rises by `rise` volts a second to `after`."""
        cosh, sinh, half = _exponentials(length_s, self.tau_s, self.second_s)
        before = after - rise * length_s
        apart, faster = self.out - before + rise * self.tau_s, self.slope - rise
        self.out = after - rise * self.tau_s + (cosh + half * sinh) * apart + sinh * faster
        self.slope = rise - sinh / (self.tau_s * self.second_s) * apart + (cosh - half * sinh) * faster


def _exponentials(length_s: Values, tau_s: Values, second_s: Values) -> tuple[Values, Values, Values]:
    """Return exp(-h t) cosh(d t), exp(-h t) sinh(d t) / d and h of times t, with poles -h + d and -h - d.

    h = 1 / (2 tau2) and d^2 = h^2 - 1 / (tau tau2), which is negative where the loop oscillates.
    """
    half = 0.5 / second_s
    apart = np.sqrt(half**2 - 1.0 / (tau_s * second_s) + 0j)
    apart = np.where(np.abs(apart) < 1e-6 * half, 1e-6 * half, apart)  # where the poles coincide
    slow = np.exp(-length_s / (tau_s * second_s * (half + apart)))  # -h + d without cancellation
    fast = np.exp(-length_s * (half + apart))
    return (slow + fast).real / 2.0, ((slow - fast) / (2.0 * apart)).real, half
