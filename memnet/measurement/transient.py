# SPDX-License-Identifier: GPL-3.0-or-later
"""Delay, energy and power of image transitions, the steps of the input from one image to the next, in SPICE."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from memnet.circuit import Circuit, critical_path_s
from memnet.errors import SetupError, SimulationError
from memnet.measurement.delay import settling_time_s
from memnet.measurement.power import PARTS, ChipPower, account_power, chip_power
from memnet.simulation import STEP_AT_S, TransientRun, simulate_transitions, sweep_images
from memnet.simulation.engines import Engine
from memnet.units import Floats

Progress = Callable[[float], None]
STEPS = 400  # time steps that a run has at least
STOP_FACTOR = 3.0  # critical paths that the first run lasts; each further run lasts twice as long as the one before
STILL = "the outputs do not depend on the inputs: no output left FS/512 of its dc solution"
LONGEST_STOPS = 3  # runs until the outputs must have settled


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientMeasure:
    """Delay, energy and power over some image transitions.

    The delay of a transition lasts from the input step until the last class output stays within full scale / 512 of its
    dc solution. A transition whose delay is 0 has no energy, and counts for the means like any other.

    Attributes
    ----------
    delay_s, delay_mean_s : seconds, the largest and the mean over transitions; None where outputs do not depend on
        inputs, which `delay_reason` then says
    energy_j : joules, the mean over transitions of the energy from the step to step + delay
    power_w : watts, energy_j / delay_mean_s
    power_parts_w : watts by measurement.power.PARTS; up to `imbalance` they add up to power_w
    imbalance : largest `ChipPower.imbalance` of the transitions, a share
    time_s : (points,) seconds, of the last transition
    outputs_v : (points, classes) volts, of the last transition
    dc_outputs_v : (classes,) volts, the dc solution that the last transition settles to
    wall_s : seconds that all of it took

    Examples
    --------
    >>> measure = simulate("DARTS_V1", channels=1, images=2, analysis="transient").transient
    >>> measure.delay_s > 0, measure.outputs_v.shape[1]
    (True, 10)
    """

    delay_s: float | None
    delay_mean_s: float | None
    delay_reason: str
    energy_j: float | None
    power_w: float | None
    power_parts_w: dict[str, float]
    imbalance: float
    time_s: Floats
    outputs_v: Floats
    dc_outputs_v: Floats
    transitions: int
    wall_s: float


def measure_transients(
    circuit: Circuit,
    images_v: Floats,
    engine: Engine,
    *,
    dc_outputs_v: Floats | None = None,
    flat: bool = False,
    workers: int = 1,
    reltol: float = 1e-3,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TransientMeasure:
    """Simulate the step from each image to the next, and measure delay, energy and power.

    Parameters
    ----------
    images_v : (images, input nets) volts; n images make n - 1 transitions, each of which starts from the dc solution of
        its first image
    dc_outputs_v : (images, classes) volts of the class outputs in the dc solutions of these images, if a dc sweep has
        found them already; else one is run
    flat : simulate the whole circuit as one deck instead of cutting it into partitions
    reltol : relative tolerance of the simulator
    executor : where decks run; by default a pool of `workers` processes
    progress : is called with the share of the work that is done

    Raises
    ------
    SetupError
        `dc_outputs_v` are those of another number of images
    SimulationError
        a deck failed, or the outputs have not settled after four times the expected time
    """
    start = time.perf_counter()
    dc = dc_outputs_v
    if dc is not None and len(dc) != len(images_v):
        raise SetupError(f"net/{circuit.output}: {len(dc)} dc solutions for {len(images_v)} images; give one for each")
    if dc is None:
        sweep = sweep_images(circuit, images_v, engine, flat=flat, workers=workers, executor=executor)
        dc = sweep.volts[circuit.output]
    stop = first_stop_s(circuit)
    for _ in range(LONGEST_STOPS):
        runs = simulate_transitions(
            circuit,
            images_v,
            engine,
            stop_s=stop,
            step_s=stop / STEPS,
            account=account_power,
            flat=flat,
            workers=workers,
            reltol=reltol,
            executor=executor,
            progress=progress,
        )
        delays = [_delay(circuit, run, final) for run, final in zip(runs, dc[1:], strict=True)]
        if None not in delays:
            measured = [delay for delay in delays if delay is not None]
            return _measure(circuit, runs, dc, measured, stop, time.perf_counter() - start)
        stop *= 2.0
    raise SimulationError(
        f"net/{circuit.output}: outputs have not settled {stop / 2:.3g} s after the image changed; "
        "is a loop oscillating, or does the dc sweep find another solution?"
    )


def first_stop_s(circuit: Circuit) -> float:
    """Return how long the first run of a transition lasts, seconds: the step, and STOP_FACTOR critical paths."""
    return STEP_AT_S + STOP_FACTOR * critical_path_s(circuit)


def _delay(circuit: Circuit, run: TransientRun, final_v: Floats) -> float | None:
    full_scale = circuit.technology.memristor.read_limit_v
    return settling_time_s(run.waveforms[circuit.output], final_v, full_scale, STEP_AT_S)


def _measure(
    circuit: Circuit, runs: list[TransientRun], dc: Floats, delays: list[float], stop_s: float, wall_s: float
) -> TransientMeasure:
    powers = [chip_power(run.accounts, run.places, circuit.technology, stop_s) for run in runs]
    last = runs[-1].waveforms[circuit.output]
    moving = max(delays) > 0
    energies = [_energy(power, delay) for power, delay in zip(powers, delays, strict=True)]
    energy = {name: float(np.mean([part[name] for part in energies])) for name in ("total", *PARTS)} if moving else {}
    span = float(np.mean(delays))
    return TransientMeasure(
        delay_s=max(delays) if moving else None,
        delay_mean_s=span if moving else None,
        delay_reason="" if moving else STILL,
        energy_j=energy["total"] if moving else None,
        power_w=energy["total"] / span if moving else None,
        power_parts_w={name: energy[name] / span for name in PARTS} if moving else {},
        imbalance=max(power.imbalance for power in powers),
        time_s=last.time_s,
        outputs_v=last.volts,
        dc_outputs_v=dc[-1],
        transitions=len(runs),
        wall_s=wall_s,
    )


def _energy(power: ChipPower, delay_s: float) -> dict[str, float]:
    """Return the energy in [step, step + delay], joules, by name in PARTS and as 'total'."""
    inside = (power.time_s > STEP_AT_S) & (power.time_s < STEP_AT_S + delay_s)
    axis = np.concatenate([[STEP_AT_S], power.time_s[inside], [STEP_AT_S + delay_s]])

    def integral(watts: Floats) -> float:
        return float(np.trapezoid(np.interp(axis, power.time_s, watts), axis))

    return {"total": integral(power.total_w)} | {name: integral(watts) for name, watts in power.parts_w.items()}
