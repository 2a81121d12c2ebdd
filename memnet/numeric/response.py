"""How every op-amp output of a chip follows a step, from the numeric engine's laws; runs no simulator, judges nothing.

Op-amps are single poles: behind each stands dy/dt = (target - y) / tau, tau = noise gain / (2 pi GBW), where the target
is what the engine computes at dc for the inputs of that moment. A rectifying output is held at 0 V, and its pole with
it; a comparator's pole decides which input a selector passes on. Between points of time inputs are straight lines, for
which this is integrated exactly. What is left out: slew limits, and clamps (a deployment keeps clear of both).
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
from memnet.numeric.pools_and_averages import Average, MaxPool
from memnet.technology import OpAmp, Technology

Values = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
See = Callable[[str, Values], None]
BLOCK = 2048  # nets integrated at once: their waveforms then stay in the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Integrates single poles on one time axis, (points,) s."""

    time_s: Floats

    def __call__(self, target: Values, tau_s: Values | float, *, shut: Values | float | None = None) -> Values:
        """Return what follows `target` (channels, pixels, points) with time constants (channels, pixels) or one.

        It starts settled. A rectifying output falls no further below 0 V than `shut` times the target.
        """
        flat = target.reshape(-1, len(self.time_s))
        tau = np.broadcast_to(np.asarray(tau_s, dtype=np.float64), target.shape[:-1]).reshape(-1)
        floor = None if shut is None else np.broadcast_to(np.asarray(shut, flat.dtype), target.shape[:-1]).reshape(-1)
        out = np.empty_like(flat)
        for first in range(0, len(flat), BLOCK):
            some = slice(first, first + BLOCK)
            slopes = None if floor is None else floor[some]
            out[some] = self._block(np.ascontiguousarray(flat[some].T), tau[some], slopes).T
        return out.reshape(target.shape)

    def _block(self, target: Values, tau: Floats, shut: Values | None) -> Values:
        """Integrate (points, nets); y' = decay y + before x + after x', for straight lines from x to x'."""
        out = np.empty_like(target)
        now = target[0] if shut is None else np.maximum(target[0], shut * target[0])
        out[0] = now
        known: dict[float, list[Values]] = {}
        for at, step in enumerate(np.diff(self.time_s).round(15).tolist()):
            if step not in known:
                decay = np.exp(-step / tau)
                mean = (1.0 - decay) * tau / step
                parts = (decay, mean - decay, 1.0 - mean)
                known[step] = [part.astype(target.dtype) for part in parts]
            decay, before, after = known[step]
            now = decay * now + before * target[at] + after * target[at + 1]
            if shut is not None:
                np.maximum(now, np.minimum(shut * target[at + 1], 0.0), out=now)
            out[at + 1] = now
        return out


class LaggedPool(MaxPool):
    """A max pool whose comparators take their time."""

    def __init__(self, pool: MaxPool, lag: Lag, technology: Technology) -> None:
        self.stage, self.source, self.law = pool.stage, pool.source, pool.law
        self.gain, self.offset_v, self.leak = pool.gain, pool.offset_v, pool.leak
        self.lag, self.technology = lag, technology
        self.heat_w = np.zeros(len(lag.time_s))  # in open switches

    def _select(self, best: Values, other: Values) -> None:
        apart = best - other
        self.heat_w += np.square(apart).reshape(-1, apart.shape[-1]).sum(axis=0) / self.technology.switch.roff_ohm
        np.copyto(best, other, where=self.lag(apart, self.technology.comparator.delay_s) <= 0)


class Responder:
    """Walks a chip stage by stage with the waveforms of all nets on one time axis."""

    def __init__(self, circuit: NumericCircuit, time_s: Floats) -> None:
        self.circuit, self.lag = circuit, Lag(time_s=time_s)
        opamp = circuit.deployment.technology.opamp
        above, below = AmplifierLaw.of(circuit.deployment.technology).rectifying_follower()
        self.shut = below / above
        self.switch_heat_w = np.zeros(len(time_s))  # of max pools
        self.unity_s = unity_s(opamp)
        self.farad = circuit.deployment.technology.macromodel.transconductance_siemens * self.unity_s

    def run(self, inputs: Values, see: See = lambda _name, _volts: None) -> Values:
        """Return the class outputs (classes, points) for inputs (channels, pixels, points), volts.

        `see` is called with every net group that an input or an op-amp drives, `middle_of` first TIAs among them, and
        its volts (channels, pixels, points).
        """
        circuit = self.circuit
        signals = {INPUT: inputs}
        see(INPUT, inputs)
        for number, stage in enumerate(circuit.plan.stages):
            made = self._stage(stage, signals) if stage.name in circuit.stages else {}
            for name, volts in made.items():
                see(name, volts)
            for name in outputs_of(stage):
                signals[name] = made[name] if name in made else self._nothing(stage, inputs)
            out = signals[signal(stage.name, not stage.raw)]
            for name in circuit.last_use.get(number, ()):
                signals.pop(name, None)
        return out.reshape(-1, inputs.shape[-1])

    @staticmethod
    def _nothing(stage: Stage, like: Values) -> Values:
        """Return the 0 V of a stage without power."""
        return np.zeros((stage.shape[0], stage.shape[1] * stage.shape[2], like.shape[-1]), dtype=like.dtype)

    def _stage(self, stage: Stage, signals: dict[str, Values]) -> dict[str, Values]:
        """Return the net groups that a stage's op-amps drive."""
        made: dict[str, Values] = {}
        run = self.circuit.stages[stage.name]
        terms = run.sources if isinstance(run, CrossbarStage) else stage.terms
        sources = [self._source(term.source, term.rectified, signals) for term in terms]
        if isinstance(run, CrossbarStage):
            positive = self._source(run.follow.source, False, signals) if run.follow else None
            made[middle_of(stage.name)], out = self._pairs(run, sources, positive)
        elif isinstance(run, Average):
            out = self.lag(run(sources[0])[0], self.farad / run.loop)
        elif isinstance(run, MaxPool):
            pool = LaggedPool(run, self.lag, self.circuit.deployment.technology)
            out = pool(sources[0])
            out = self.lag(out, self.unity_s) if stage.buffered else out
            self.switch_heat_w += pool.heat_w
        else:
            raise TypeError(f"{stage.name}: no response is known of {type(run).__name__}")
        made[signal(stage.name, not stage.raw)] = out
        if stage.name in self.circuit.copies:
            made[signal(stage.name, True)] = self.lag(out, self.unity_s, shut=self.shut)
        return made

    def _pairs(self, run: CrossbarStage, sources: list[Values], positive: Values | None) -> tuple[Values, Values]:
        """Return the outputs of both TIAs: the first pole acts on the plus columns alone, the second on all."""
        gains, points = run.gains, len(self.lag.time_s)
        middle = run.first(sources, points, positive)
        coupled = (gains.second_ohm * gains.coupling_siemens).astype(middle.dtype)[:, :, None]
        target = coupled * middle + run.constant
        for term, volts in zip(run.terms, sources, strict=True):
            target += term.signal(volts)
        if positive is not None:
            target -= coupled * gains.lift.astype(middle.dtype)[:, :, None] * positive
        middle = self.lag(middle, self.farad / gains.first_loop)
        target -= coupled * middle
        return middle, self.lag(target, self.farad / gains.second_loop, shut=gains.shut if run.rectified else None)

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
    """Return the largest sum of time constants on any path from the input to the outputs, as `circuit.timing` does."""
    technology, ready = circuit.deployment.technology, {INPUT: 0.0}
    unity, gm = unity_s(technology.opamp), technology.macromodel.transconductance_siemens
    for stage in circuit.plan.stages:
        before = [
            ready[driver] for term in stage.terms for driver in circuit.plan.drivers(term.source) if driver in ready
        ]
        run, own = circuit.stages.get(stage.name), 0.0
        if isinstance(run, CrossbarStage):
            own = unity * gm * float((1.0 / run.gains.first_loop + 1.0 / run.gains.second_loop).max())
        elif isinstance(run, Average):
            own = unity * gm * float((1.0 / run.loop).max())
        elif run is not None:
            own = unity + 4 * technology.comparator.delay_s  # two comparators along each axis
        own += unity * (stage.name in circuit.copies)
        ready[stage.name] = ready[middle_of(stage.name)] = max(before, default=0.0) + own
    return ready[circuit.output]
