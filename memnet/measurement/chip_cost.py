"""Parts, power and delay of chips too large to simulate, from counts and the numeric engine; starts no process.

The definitions are those of `measurement.transient`: delay until the last class output stays within full scale / 512 of
its dc solution, energy over that time, power as energy over delay. What differs is where voltages come from (see
`numeric.response`) and that currents are taken as G v of whole rows, without unrolling a crossbar.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import BIAS_RAIL, INPUT, Deployment, Plan, Stage, Term, bias_window
from memnet.errors import SetupError, SimulationError
from memnet.measurement.area import Counts, count_plan, count_stage
from memnet.measurement.delay import settling_time_s
from memnet.measurement.power import PARTS
from memnet.measurement.transient import LONGEST_STOPS, STILL, STOP_FACTOR
from memnet.numeric import BLOCK, Loads, NumericCircuit, Responder, critical_path_s
from memnet.simulation import RISE_S, Waveform

Values = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
POINTS = 512  # time steps of a transition; half as many move the delay of the digits networks by under 1 %


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipCost:
    """Delay, energy and power over some image transitions, as `TransientMeasure` has them."""

    delay_s: float | None  # the largest; None where outputs do not depend on inputs
    delay_mean_s: float | None
    delay_reason: str  # why there is no delay, else ''
    energy_j: float | None  # mean over transitions
    power_w: float | None
    power_parts_w: dict[str, float]  # by measurement.power.PARTS, which add up to power_w
    transitions: int
    wall_s: float


def measure_cost(deployment: Deployment, images_v: Values, *, progress: Progress | None = None) -> ChipCost:
    """Return what the step from each image to the next costs on a chip of nominal devices.

    Parameters
    ----------
    images_v : (images, input nets) volts; n images make n - 1 transitions, the first image being settled from dc

    Raises
    ------
    SetupError
        fewer than two images
    SimulationError
        the outputs have not settled after four times the expected time
    """
    start = time.perf_counter()
    if len(images_v) < 2:
        raise SetupError(f"{len(images_v)} images make no transition: give at least 2")
    circuit, loads = NumericCircuit(deployment, dtype=np.float32), Loads.of(deployment)
    settled = circuit.run(images_v).outputs_v
    delays, energies = [], []
    for at in range(1, len(images_v)):
        delay, energy = _transition(circuit, loads, images_v[at - 1 : at + 1], np.asarray(settled[at], np.float64))
        delays.append(delay)
        if delay > 0:
            energies.append(energy)
        if progress:
            progress(at / (len(images_v) - 1))
    moving = [delay for delay in delays if delay > 0]
    span = float(np.mean(moving)) if moving else 0.0
    mean = {name: float(np.mean([energy[name] for energy in energies])) for name in PARTS} if moving else {}
    total = sum(mean.values())
    return ChipCost(
        delay_s=max(delays) if moving else None,
        delay_mean_s=span if moving else None,
        delay_reason="" if moving else STILL,
        energy_j=total if moving else None,
        power_w=total / span if moving else None,
        power_parts_w={name: part / span for name, part in mean.items()},
        transitions=len(delays),
        wall_s=time.perf_counter() - start,
    )


def _transition(
    circuit: NumericCircuit, loads: Loads, pair_v: Values, final_v: Floats
) -> tuple[float, dict[str, float]]:
    """Return delay and energies by part of one step, joules over [step, step + delay]."""
    stop, shape = STOP_FACTOR * critical_path_s(circuit), circuit.shapes[INPUT]
    full_scale = circuit.deployment.technology.memristor.read_limit_v
    for _ in range(LONGEST_STOPS):
        axis = np.concatenate([[0.0], np.linspace(RISE_S, stop, POINTS)])
        inputs = np.repeat(pair_v[1].astype(np.float32).reshape(shape[0], -1, 1), len(axis), axis=2)
        inputs[:, :, 0] = pair_v[0].reshape(shape[0], -1)
        meter, responder = Meter(circuit.deployment, loads, len(axis)), Responder(circuit, axis)
        outputs = responder.run(inputs, meter.see)
        wave = Waveform(time_s=axis, volts=outputs.T.astype(np.float64))
        delay = settling_time_s(wave, final_v, full_scale, 0.0)
        if delay is not None:
            return delay, _energy(axis, meter.watts(responder.switch_heat_w), delay)
        stop *= 2.0
    raise SimulationError(
        f"net/{circuit.output}: outputs have not settled {stop / 2:.3g} s after the image changed; "
        "does an op-amp saturate on this image?"
    )


def _energy(axis: Floats, watts: dict[str, Floats], delay_s: float) -> dict[str, float]:
    own = np.append(axis[axis < delay_s], delay_s)
    return {name: float(np.trapezoid(np.interp(own, axis, part), own)) for name, part in watts.items()}


class Meter:
    """Adds up power over time from the volts of every driven net, group by group."""

    def __init__(self, deployment: Deployment, loads: Loads, points: int) -> None:
        self.deployment, self.loads = deployment, loads
        self.heat = {name: np.zeros(points) for name in ("crossbars", "scale_and_feedback")}
        self.lost = np.zeros(points)  # in the output stages of op-amps

    def see(self, name: str, volts: Values) -> None:
        """Take in the volts (channels, pixels, points) of one net group."""
        flat, opamp = volts.reshape(-1, volts.shape[-1]), self.deployment.technology.opamp
        loads = {"crossbars": self.loads.crossbars.get(name), "scale_and_feedback": self.loads.resistors.get(name)}
        there = {part: siemens.reshape(-1) for part, siemens in loads.items() if siemens is not None}
        if not there:
            return
        siemens = np.stack(list(there.values())).astype(flat.dtype)
        for first in range(0, len(flat), BLOCK):
            some, own = flat[first : first + BLOCK], siemens[:, first : first + BLOCK]
            heat = own @ (some * some)
            for part, watts in zip(there, heat, strict=True):
                self.heat[part] += watts
            if name != INPUT:  # which the chip's inputs drive, not an op-amp
                whole = own.sum(axis=0)
                up, net = whole @ np.maximum(some, 0.0), whole @ some
                self.lost += opamp.vdd_v * up + opamp.vss_v * (net - up) - heat.sum(axis=0)

    def watts(self, switches_w: Floats) -> dict[str, Floats]:
        """Return the power of each of PARTS at every point, (points,)."""
        deployment, technology = self.deployment, self.deployment.technology
        rails = technology.opamp.vdd_v - technology.opamp.vss_v
        powered, still = powered_parts(deployment.plan), np.zeros(len(self.lost))
        bias_w = deployment.scales[BIAS_RAIL] ** 2 * self.loads.bias_siemens
        return {
            "crossbars": self.heat["crossbars"] + bias_w,
            "scale_and_feedback": still + self.heat["scale_and_feedback"],
            "opamps": self.lost + powered.opamps * technology.opamp.quiescent_a * rails,
            "comparators": still + powered.comparators * technology.comparator.quiescent_a * rails,
            "switches": still + switches_w,
        }


def powered_parts(plan: Plan) -> Counts:
    """Count the parts of stages that draw supply current."""
    shapes = plan.shapes()
    on = (stage for stage in plan.stages if plan.on(stage.gate))
    awake = (stage if plan.on(stage.copy_gate) else replace(stage, rectified=False) for stage in on)
    return sum((count_stage(stage, shapes) for stage in awake), Counts())


def count_deployment(deployment: Deployment) -> Counts:
    """Count all parts of a chip, bias rows as they were programmed, without drawing it."""

    def programmed(stage: Stage, term: Term) -> Term:
        if term.kind != "bias":
            return term
        return replace(term, window=bias_window(deployment.programs[stage.name].pairs[term.unit].plus.shape[2]))

    stages = tuple(
        replace(stage, terms=tuple(programmed(stage, term) for term in stage.terms)) for stage in deployment.plan.stages
    )
    return count_plan(replace(deployment.plan, stages=stages))
