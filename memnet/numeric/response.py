# SPDX-License-Identifier: GPL-3.0-or-later
"""Waveforms of all op-amp outputs of a chip after a step of its input, from the numeric engine's dc laws.

Each op-amp is a single pole: its output y follows dy/dt = (target - y) / tau with tau = noise gain / (2 pi GBW), where
the target is the output that the engine computes at dc for the inputs of that moment. A rectifying output is held at
0 V, and its pole with it. The pole of a comparator decides which of two inputs its selector passes on. Inputs are
straight lines between points in time, and for these the equation is integrated exactly. The capacitance of columns is
a second pole, see `loops`. Slew limits and clamps are left out; a deployment keeps clear of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import outputs_of, signal
from memnet.deployment import INPUT, Stage, middle_of
from memnet.numeric.crossbar import CrossbarStage
from memnet.numeric.engine import NumericCircuit
from memnet.numeric.laws import AmplifierLaw
from memnet.numeric.loops import Loops, SecondOrder, stage_loops
from memnet.numeric.pools_and_averages import Average, MaxPool
from memnet.operators import Extremes, chained, finished
from memnet.sections import OpAmp
from memnet.technology import Technology
from memnet.units import Floats

Values = npt.NDArray[Any]
Observer = Callable[[str, Values], None]
BLOCK = 2048  # nets integrated at once: their waveforms then stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Integrates dy/dt = (target - y) / tau on one time axis, (points,) s."""

    time_s: Floats

    def __call__(self, target: Values, tau_s: Values | float | Loops, *, shut: Values | float | None = None) -> Values:
        """Return the outputs y of single poles, or of loops with two, (channels, pixels, points) volts.

        At the first point they are settled.

        Parameters
        ----------
        target : (channels, pixels, points) volts
        tau_s : time constants, (channels, pixels) or one number, seconds; or loops with a second pole
        shut : of rectifying outputs, slope below 0 V over slope above, (channels, pixels) or one number: y falls no
            further below 0 V than `shut` times the target; None for plain outputs
        """
        flat = target.reshape(-1, len(self.time_s))
        loops = tau_s if isinstance(tau_s, Loops) else None
        single = np.asarray(loops.tau_s if loops else tau_s, dtype=np.float64)
        tau = np.broadcast_to(single, target.shape[:-1]).reshape(-1)
        floor = None if shut is None else np.broadcast_to(np.asarray(shut, flat.dtype), target.shape[:-1]).reshape(-1)
        out = np.empty_like(flat)
        for first in range(0, len(flat), BLOCK):
            nets = slice(first, first + BLOCK)
            slopes = None if floor is None else floor[nets]
            across = np.ascontiguousarray(flat[nets].T)
            if loops is None:
                out[nets] = self._integrate(across, tau[nets], slopes).T
            else:
                second = np.asarray(loops.second_s, dtype=np.float64).reshape(-1)[nets]
                out[nets] = self._second_order(across, Loops(tau_s=tau[nets], second_s=second), slopes).T
        return out.reshape(target.shape)

    def _integrate(self, target: Values, tau: Floats, shut: Values | None) -> Values:
        """Return the outputs, (points, nets), for targets (points, nets), time constants and `shut` (nets,).

        While the target is a straight line from x to x', y becomes y' = decay y + before x + after x' within one step.
        """
        out = np.empty_like(target)
        y = target[0] if shut is None else np.maximum(target[0], shut * target[0])
        out[0] = y
        coefficients: dict[float, list[Values]] = {}  # by length of the step
        for index, step in enumerate(np.diff(self.time_s).round(15).tolist()):
            if step not in coefficients:
                decay = np.exp(-step / tau)
                mean = (1.0 - decay) * tau / step
                exact = (decay, mean - decay, 1.0 - mean)
                coefficients[step] = [each.astype(target.dtype) for each in exact]
            decay, before, after = coefficients[step]
            y = decay * y + before * target[index] + after * target[index + 1]
            if shut is not None:
                np.maximum(y, np.minimum(shut * target[index + 1], 0.0), out=y)
            out[index + 1] = y
        return out

    def _second_order(self, target: Values, loops: Loops, shut: Values | None) -> Values:
        """Return the outputs of loops with two poles, (points, nets), for targets (points, nets) and `shut` (nets,)."""
        out = np.empty_like(target)
        out[0] = target[0] if shut is None else np.maximum(target[0], shut * target[0])
        state = SecondOrder.settled(target[0].astype(np.float64), out[0].astype(np.float64), loops)
        for index, step in enumerate(np.diff(self.time_s).round(15).tolist()):
            floor = None if shut is None else np.minimum(shut * target[index + 1], 0.0)
            out[index + 1] = state.step(step, target[index], target[index + 1], floor)
        return out


class LaggedPool(MaxPool):
    """A max pool in which each selector switches when its comparator's pole changes sign, not at once.

    `heat_w` is the power in the open switches of all selectors, (points,) watts.
    """

    def __init__(self, pool: MaxPool, lag: Lag, technology: Technology) -> None:
        self.stage, self.source, self.law = pool.stage, pool.source, pool.law
        self.finish = pool.finish
        self.lag, self.technology = lag, technology
        self.heat_w = np.zeros(len(lag.time_s))

    def _selected(self, values: Values) -> tuple[Values, Extremes]:
        best = chained(values, self.stage.terms[0].window, self.source, self.stage.shape, self._select)
        return finished(best, self.finish, out=best)

    def _select(self, best: Values, other: Values) -> None:
        apart = best - other
        self.heat_w += np.square(apart).reshape(-1, apart.shape[-1]).sum(axis=0) / self.technology.switch.roff_ohm
        np.copyto(best, other, where=self.lag(apart, self.technology.comparator.delay_s) <= 0)


class Responder:
    """Computes the waveforms of all driven nets of a chip on one time axis, stage by stage.

    After `run`, `switch_heat_w` is the power in the open switches of max pools, (points,) watts.
    """

    def __init__(self, circuit: NumericCircuit, time_s: Floats) -> None:
        self.circuit, self.lag = circuit, Lag(time_s=time_s)
        opamp = circuit.deployment.technology.opamp
        above, below = AmplifierLaw.of(circuit.deployment.technology).rectifying_follower()
        self.shut = below / above
        self.switch_heat_w = np.zeros(len(time_s))
        self.unity_s = unity_s(opamp)
        self.farad = circuit.deployment.technology.macromodel.transconductance_siemens * self.unity_s

    def run(self, inputs: Values, see: Observer = lambda _name, _volts: None) -> Values:
        """Return the class outputs (classes, points) for inputs (channels, pixels, points), volts.

        `see` is called with the name and the volts (channels, pixels, points) of the input and of every net group that
        op-amps drive, the outputs of first TIAs (`middle_of`) among them.
        """
        circuit = self.circuit
        signals = {INPUT: inputs}
        see(INPUT, inputs)
        for number, stage in enumerate(circuit.plan.stages):
            driven = self._stage(stage, signals) if stage.name in circuit.stages else {}
            for name, volts in driven.items():
                see(name, volts)
            for name in outputs_of(stage):
                signals[name] = driven[name] if name in driven else self._unpowered(stage, inputs)
            out = signals[signal(stage.name, not stage.raw)]
            for name in circuit.last_use.get(number, ()):
                signals.pop(name, None)
        return out.reshape(-1, inputs.shape[-1])

    @staticmethod
    def _unpowered(stage: Stage, like: Values) -> Values:
        """Return the outputs of a stage without power: 0 V, with the points and the dtype of `like`."""
        return np.zeros((stage.shape[0], stage.shape[1] * stage.shape[2], like.shape[-1]), dtype=like.dtype)

    def _stage(self, stage: Stage, signals: dict[str, Values]) -> dict[str, Values]:
        """Return the volts (channels, pixels, points) of each net group that a stage's op-amps drive."""
        driven: dict[str, Values] = {}
        run = self.circuit.stages[stage.name]
        terms = run.sources if isinstance(run, CrossbarStage) else stage.terms
        sources = [self._source(term.source, term.rectified, signals) for term in terms]
        if isinstance(run, CrossbarStage):
            positive = self._source(run.follow.source, False, signals) if run.follow else None
            driven[middle_of(stage.name)], out = self._pairs(run, sources, positive)
        elif isinstance(run, Average):
            out = self.lag(run(sources[0])[0], self.farad / run.loop)
        elif isinstance(run, MaxPool):
            pool = LaggedPool(run, self.lag, self.circuit.deployment.technology)
            out, _ = pool(sources[0])
            out = self.lag(out, self.unity_s) if stage.buffered else out
            self.switch_heat_w += pool.heat_w
        else:
            raise TypeError(f"{stage.name}: no response is known of {type(run).__name__}")
        driven[signal(stage.name, not stage.raw)] = out
        if stage.name in self.circuit.copies:
            driven[signal(stage.name, True)] = self.lag(out, self.unity_s, shut=self.shut)
        return driven

    def _pairs(self, run: CrossbarStage, sources: list[Values], positive: Values | None) -> tuple[Values, Values]:
        """Return the volts of the first and of the second TIAs of all pairs, each (channels, pixels, points).

        The current of a plus column passes the poles of both TIAs, that of a minus column only the second pole. The
        terms' maps contain the settled first TIAs; `target` has the delayed ones in their place. The capacitance of
        columns has no effect on a first TIA that buffers a pool but its two poles: that it also passes fast edges on is
        left out.
        """
        gains, points = run.gains, len(self.lag.time_s)
        middle, _ = run.first(sources, points, positive)
        coupled = (gains.second_ohm * gains.coupling_siemens).astype(middle.dtype)[:, :, None]
        target = coupled * middle + run.constant[:, :, None]
        for term, volts in zip(run.terms, sources, strict=True):
            target += term.signal(volts)
        if positive is not None:
            target -= coupled * gains.lift.astype(middle.dtype)[:, :, None] * positive
        first, second = self._time_constants(run)
        middle = self.lag(middle, first)
        target -= coupled * middle
        return middle, self.lag(target, second, shut=gains.shut if run.rectified else None)

    def _time_constants(self, run: CrossbarStage) -> tuple[Values, Values] | tuple[Loops, Loops]:
        """Return what `Lag` takes for the first and for the second TIAs of a stage."""
        wiring = self.circuit.devices.wiring
        if wiring is not None and wiring.column_farad and run.stage.memristive:
            return stage_loops(run.stage, run.gains, self.circuit.devices)
        return self.farad / run.gains.first_loop, self.farad / run.gains.second_loop

    def _source(self, source: str, rectified: bool, signals: dict[str, Values]) -> Values:
        name = signal(source, rectified)
        if name not in signals:
            drivers = self.circuit.plan.drivers(source)
            signals[name] = np.concatenate([signals[signal(driver, rectified)] for driver in drivers])
        return signals[name]


def unity_s(opamp: OpAmp) -> float:
    """Return the time constant of an op-amp as a follower, in seconds."""
    return 1.0 / (2 * pi * opamp.gbw_hz)


def critical_path_s(circuit: NumericCircuit) -> float:
    """Return the largest sum of time constants on any path from the input to the outputs, seconds.

    It is that of `memnet.circuit.critical_path_s`, which needs the circuit, with two differences. Op-amps count here
    with their finite gain, up to 0.01 % shorter. Every max pool counts with a follower and four comparators, and
    every pair with both its TIAs: longer where a small map needs fewer comparators, or where first TIAs are the
    followers of a max pool (14 % on `shared` for images of 4x4 pixels).
    """
    technology, ready = circuit.deployment.technology, {INPUT: 0.0}
    unity, gm = unity_s(technology.opamp), technology.macromodel.transconductance_siemens
    for stage in circuit.plan.stages:
        before = [
            ready[driver] for term in stage.terms for driver in circuit.plan.drivers(term.source) if driver in ready
        ]
        run, stage_s = circuit.stages.get(stage.name), 0.0
        if isinstance(run, CrossbarStage):
            stage_s = unity * gm * float((1.0 / run.gains.first_loop + 1.0 / run.gains.second_loop).max())
        elif isinstance(run, Average):
            stage_s = unity * gm * float((1.0 / run.loop).max())
        elif run is not None:
            stage_s = unity + 4 * technology.comparator.delay_s  # two comparators along each axis
        stage_s += unity * (stage.name in circuit.copies)
        ready[stage.name] = ready[middle_of(stage.name)] = max(before, default=0.0) + stage_s
    return ready[circuit.output]
