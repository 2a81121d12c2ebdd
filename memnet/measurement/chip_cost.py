# SPDX-License-Identifier: GPL-3.0-or-later
"""Cost (delay, energy, power) of chips too large for SPICE, from the numeric engine.

The definitions are those of `measurement.transient`: delay until the last class output stays within full scale / 512 of
its dc solution, energy over that time, power as energy over delay. Here the voltages come from `numeric.response`, and
currents are G v with the conductances of `numeric.loads`, so that no crossbar is unrolled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import Tally, tally_stage
from memnet.deployment import BIAS_RAIL, INPUT, ChipDevices, Deployment, Plan
from memnet.errors import SetupError, SimulationError
from memnet.measurement.area import Counts
from memnet.measurement.delay import settling_time_s
from memnet.measurement.power import PARTS
from memnet.measurement.transient import LONGEST_STOPS, STILL, STOP_FACTOR
from memnet.numeric import BLOCK, Loads, NumericCircuit, Responder, critical_path_s
from memnet.simulation import RISE_S, Waveform
from memnet.units import Floats

Values = npt.NDArray[Any]
Progress = Callable[[float], None]
POINTS = 512  # time steps of a transition; half as many move the delay of the digits networks by under 1 %


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipCost:
    """Delay, energy and power over some image transitions, defined as in `TransientMeasure`."""

    delay_s: float | None  # the largest over transitions; None where outputs do not depend on inputs
    delay_mean_s: float | None  # mean over transitions
    delay_reason: str  # why there is no delay, else ''
    energy_j: float | None  # mean over transitions of the energy in [step, step + delay]
    power_w: float | None  # energy_j / delay_mean_s
    power_parts_w: dict[str, float]  # by measurement.power.PARTS; they add up to power_w
    transitions: int
    wall_s: float


def measure_cost(deployment: Deployment, images_v: Values, *, progress: Progress | None = None) -> ChipCost:
    """Return delay, energy and power of the steps from each image to the next on a chip of nominal devices.

    Parameters
    ----------
    images_v : (images, input nets) volts; n images make n - 1 transitions, each of which starts from the dc solution of
        its first image
    progress : is called with the share of transitions that are done

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
    circuit, loads = NumericCircuit(ChipDevices(deployment), dtype=np.float32), Loads.of(deployment)
    settled = circuit.run(images_v).outputs_v
    delays, energies = [], []
    for image in range(1, len(images_v)):
        delay, energy = _transition(
            circuit, loads, images_v[image - 1 : image + 1], np.asarray(settled[image], np.float64)
        )
        delays.append(delay)
        energies.append(energy)
        if progress:
            progress(image / (len(images_v) - 1))
    moving, span = max(delays) > 0, float(np.mean(delays))
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
    """Return the delay of one step, seconds, and the energy of each of PARTS over [step, step + delay], joules.

    `pair_v` is (2, input nets), `final_v` (classes,) the dc solution for the second image.
    """
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
    inside = np.append(axis[axis < delay_s], delay_s)
    return {name: float(np.trapezoid(np.interp(inside, axis, part), inside)) for name, part in watts.items()}


class Meter:
    """Adds up power over time from the volts of every driven net group; `Responder.run` calls `see` with these."""

    def __init__(self, deployment: Deployment, loads: Loads, points: int) -> None:
        self.deployment, self.loads = deployment, loads
        self.heat = {name: np.zeros(points) for name in ("crossbars", "scale_and_feedback")}
        self.lost = np.zeros(points)  # power from the supplies that stays in the output stages of op-amps

    def see(self, name: str, volts: Values) -> None:
        """Add the power of the loads of one net group, and that lost in the op-amps which drive it.

        Output stages are class B: a current out of an op-amp comes from Vdd, a current into it goes to Vss.

        Parameters
        ----------
        name : the net group
        volts : (channels, pixels, points)
        """
        flat, opamp = volts.reshape(-1, volts.shape[-1]), self.deployment.technology.opamp
        loads = {"crossbars": self.loads.crossbars.get(name), "scale_and_feedback": self.loads.resistors.get(name)}
        by_part = {part: siemens.reshape(-1) for part, siemens in loads.items() if siemens is not None}
        if not by_part:
            return
        siemens = np.stack(list(by_part.values())).astype(flat.dtype)
        for first in range(0, len(flat), BLOCK):
            block_v, block_siemens = flat[first : first + BLOCK], siemens[:, first : first + BLOCK]
            heat = block_siemens @ (block_v * block_v)
            for part, watts in zip(by_part, heat, strict=True):
                self.heat[part] += watts
            if name != INPUT:  # the input is driven from outside the chip, not by op-amps
                total = block_siemens.sum(axis=0)
                out_a, net_a = total @ np.maximum(block_v, 0.0), total @ block_v
                self.lost += opamp.vdd_v * out_a + opamp.vss_v * (net_a - out_a) - heat.sum(axis=0)

    def watts(self, switches_w: Floats) -> dict[str, Floats]:
        """Return the power of each of PARTS at every point in time, (points,) watts.

        Parameters
        ----------
        switches_w : power in the open switches of max pools, (points,) watts
        """
        deployment, technology = self.deployment, self.deployment.technology
        rails = technology.opamp.vdd_v - technology.opamp.vss_v
        powered, zeros = powered_components(deployment.plan), np.zeros(len(self.lost))
        bias_w = deployment.scales[BIAS_RAIL] ** 2 * self.loads.bias_siemens
        return {
            "crossbars": self.heat["crossbars"] + bias_w,
            "scale_and_feedback": zeros + self.heat["scale_and_feedback"],
            "opamps": self.lost + powered.opamps * technology.opamp.quiescent_a * rails,
            "comparators": zeros + powered.comparators * technology.comparator.quiescent_a * rails,
            "switches": zeros + switches_w,
        }


def powered_components(plan: Plan) -> Counts:
    """Count the components of all stages that have power, without rectified copies that have none."""
    on = (stage for stage in plan.stages if plan.on(stage.gate))
    without_off_copies = (stage if plan.on(stage.copy_gate) else replace(stage, rectified=False) for stage in on)
    return Counts.of(sum((tally_stage(stage, plan) for stage in without_off_copies), Tally()))
