# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulates the step from one image to the next as a transient, one deck per partition and step."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from memnet.circuit import Circuit, Nets, arrivals_s
from memnet.deployment import INPUT
from memnet.netlist import Deck, Transient, flat_deck, voltage_vectors
from memnet.simulation.effort import STEP_FACTOR, TYPICAL_STEPS, limits, partition_s, refuse_too_large
from memnet.simulation.engines.base import Engine, Result, deck_dialect
from memnet.simulation.executors import Pool, open_executor
from memnet.simulation.jobs import Task, all_tasks, run_tasks
from memnet.simulation.lean import run_lean
from memnet.simulation.partitions import Excerpt, Partition, excerpt, inner_groups, needed_for, partition_circuit
from memnet.simulation.waveforms import Pieces, Waveform, smoothed, thinned
from memnet.simulation.workers import report
from memnet.units import Floats

Progress = Callable[[float], None]
# Computes a summary of a deck in the worker, such as its power. Called twice: with None for the result it returns the
# vectors that it needs, with the result it returns the summary.
Account = Callable[[Circuit, Partition, Transient, Result | None], Any]
STEP_AT_S = 5e-9  # when the image begins to change
RISE_S = 1e-9  # how long the input voltages take to change
THINNING_V = 1e-6  # waveforms passed on between decks are within this of the simulated ones
SMOOTHING = 2  # straight lines per time step in waveforms passed on
LEFT_V = 1e-6  # a deck runs on after its inputs have settled until its outputs are at most this far behind them
LEAST_TAIL = 1.0  # time constants that it runs on at least
STEPS_PER_TAU = 4  # least number of time steps per time constant of a deck
CUT_TRTOL = 1.0  # of partitioned decks, whose steps are few and long: ngspice's error estimate is not relaxed
CUT_LEAST_V = 0.03  # the error allowed to a step is relative to an output's voltage, but to this where that is lower


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientRun:
    """The transition from one image to the next."""

    waveforms: dict[str, Waveform]  # by kept net group
    accounts: dict[str, Any]  # what `account` returned, by partition
    places: dict[str, dict[str, Nets]]  # by partition and net group: positions of the nets that the partition touches
    points: int  # time points, summed over decks


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientOutcome:
    """What a worker returns for one deck."""

    waveforms: dict[str, Waveform]
    account: Any
    points: int
    lean: bool


def simulate_transitions(
    circuit: Circuit,
    images_v: Floats,
    engine: Engine,
    *,
    stop_s: float,
    step_s: float,
    account: Account,
    flat: bool = False,
    workers: int = 1,
    keep: Collection[str] = (),
    only_kept: bool = False,
    executor: Executor | None = None,
    reltol: float = 1e-3,
    progress: Progress | None = None,
) -> list[TransientRun]:
    """Simulate the step from each image to the next; each run starts at the dc solution of its first image.

    Parameters
    ----------
    images_v : (images, input nets) volts; n images make n - 1 transitions, each in a run with the step at STEP_AT_S
    stop_s : end of each run
    step_s : largest time step of a flat deck; those of partitioned decks follow from their time constants
    account : see `Account`
    keep : net groups to return besides the class outputs, those inside blocks too
    only_kept : simulate only the decks that the groups in `keep` depend on; others have no account
    executor : that decks run on; by default a pool of `workers` processes
    progress : called with the fraction done, by the predicted seconds of the decks

    Returns
    -------
    one run per transition

    Raises
    ------
    SimulationError
        a deck failed (the error names its partition and the directory that keeps the deck), or a flat deck would not
        fit into memory
    """
    if flat:
        refuse_too_large(circuit, len(images_v), transient=True)
    partitions = partition_circuit(circuit, flat=flat, limits=limits(STEP_FACTOR * TYPICAL_STEPS))
    if only_kept:
        partitions = needed_for(partitions, keep)
    analysis = Transient(axes_s={}, stepping=True, step_s=step_s, stop_s=stop_s, reltol=reltol)
    kept = {*keep} if only_kept else {circuit.output, *keep}
    run = _TransientRun(circuit, partitions, engine, images_v, analysis, account, kept, progress, flat)
    with open_executor(executor, workers) as pool:
        tasks: list[Task[TransientOutcome]] = all_tasks(partitions, len(images_v) - 1, run.effort_s, pool.at_once)
        run_tasks(tasks, run.submit, run.done, pool, progress if flat else None)
    return run.results()


def input_step(before_v: Floats, after_v: Floats, stop_s: float) -> Waveform:
    """Return the waveform of inputs that change from one image to the next at STEP_AT_S, (4 points, nets)."""
    axis = np.array([0.0, STEP_AT_S, STEP_AT_S + RISE_S, stop_s])
    return Waveform(time_s=axis, volts=np.stack([before_v, before_v, after_v, after_v]))


class _TransientRun:
    """State of one call: waveforms, which later partitions read, and the accounts of all partitions."""

    def __init__(
        self,
        circuit: Circuit,
        partitions: Sequence[Partition],
        engine: Engine,
        images_v: Floats,
        analysis: Transient,
        account: Account,
        keep: set[str],
        progress: Progress | None,
        flat: bool,
    ) -> None:
        self.circuit, self.engine, self.analysis, self.account = circuit, engine, analysis, account
        self.keep, self.progress, self.flat = keep, progress, flat
        self.read = {name for partition in partitions for name in partition.reads}
        self.count = len(images_v) - 1
        self.waves: dict[tuple[str, int], Pieces] = {}  # by net group and transition
        for index in range(self.count):
            step = input_step(images_v[index], images_v[index + 1], analysis.stop_s)
            self.waves[INPUT, index] = Pieces(pieces=[(np.arange(step.volts.shape[1]), step)])
        self.accounts: list[dict[str, Any]] = [{} for _ in range(self.count)]
        self.places: dict[str, dict[str, Nets]] = {}
        self.points = [0] * self.count
        self.effort_s = {
            partition.name: partition_s(partition, STEP_FACTOR * TYPICAL_STEPS) for partition in partitions
        }
        self.total_s, self.complete_s = sum(self.effort_s.values()) * self.count, 0.0

    def submit(self, pool: Pool, task: Task[TransientOutcome]) -> Future[TransientOutcome]:
        """Submit one deck: the partition as a circuit by itself, and the waveforms of its inputs."""
        cut = excerpt(self.circuit, task.partition)
        self.places[task.partition.name] = cut.places
        inputs = {name: self.waves[name, task.batch].of(cut.places[name]) for name in task.partition.reads}
        saved = [name for name in task.partition.drives if name in self.read or name in self.keep]
        saved += [name for name in inner_groups(task.partition) if name in self.keep and len(cut.places[name])]
        return pool.submit(
            transient_partition, cut, inputs, self.analysis, saved, self.account, self.engine, flat=self.flat
        )

    def done(self, task: Task[TransientOutcome], outcome: TransientOutcome) -> None:
        """Store a deck's waveforms and account."""
        for name, wave in outcome.waveforms.items():
            pieces = self.waves.setdefault((name, task.batch), Pieces(pieces=[]))
            pieces.pieces.append((self.places[task.partition.name][name], wave))
        self.accounts[task.batch][task.partition.name] = outcome.account
        self.points[task.batch] += outcome.points
        self.complete_s += self.effort_s[task.partition.name]
        if self.progress:
            self.progress(self.complete_s / self.total_s)

    def results(self) -> list[TransientRun]:
        """Return the runs of all transitions, in order."""
        return [
            TransientRun(
                waveforms={
                    name: self.waves[name, index].of(np.arange(len(self.circuit.groups[name].nets)))
                    for name in self.keep
                },
                # In the order of the partitions, not in that in which decks end, so that sums round alike in every run.
                accounts={name: self.accounts[index][name] for name in self.effort_s},
                places=self.places,
                points=self.points[index],
            )
            for index in range(self.count)
        ]


def transient_partition(
    cut: Excerpt,
    inputs: Mapping[str, Waveform],
    analysis: Transient,
    saved: Sequence[str],
    account: Account,
    engine: Engine,
    *,
    flat: bool,
) -> TransientOutcome:
    """Simulate one deck and return the thinned waveforms of the net groups `saved`, and its account; runs in a worker.

    Unless `flat`, the deck is simulated only from when its inputs begin to move until its outputs have settled.
    """
    circuit, partition, dialect = cut.circuit, cut.partition, deck_dialect(engine)
    start_s, window = _window(cut, inputs, analysis, flat)
    volts = {name: wave.at(window.axes_s[name] + start_s) for name, wave in inputs.items()}

    def write(lean: bool, vectors: tuple[str, ...]) -> Deck:
        return flat_deck(
            circuit,
            partition.blocks,
            name=partition.name,
            inputs=volts,
            analysis=window,
            saved=vectors,
            lean=lean,
            dialect=dialect,
        )

    vectors = tuple(dict.fromkeys((*account(circuit, partition, window, None), *voltage_vectors(circuit, saved))))
    if flat:
        result, lean = engine.run(write(False, vectors), report), False
    else:
        result, lean = run_lean(circuit, write, vectors, engine, slew=True)
    values, axis = result.values[:, : len(vectors)], result.axis + start_s
    if start_s > 0:  # before its window, the deck is at rest
        axis, values = np.concatenate([[0.0], axis]), np.concatenate([values[:1], values])
    if axis[-1] < analysis.stop_s:  # and so it is afterwards
        axis, values = np.concatenate([axis, [analysis.stop_s]]), np.concatenate([values, values[-1:]])
    extended = replace(result, axis=axis, values=values)
    column = {vector: index for index, vector in enumerate(vectors)}
    waves = {}
    for name in saved:
        chosen = [column[f"v(n{net})"] for net in circuit.groups[name].nets.tolist()]
        waves[name] = thinned(smoothed(Waveform(time_s=axis, volts=values[:, chosen]), SMOOTHING), THINNING_V)
    accounted = account(circuit, partition, replace(window, stop_s=analysis.stop_s), extended)
    return TransientOutcome(waveforms=waves, account=accounted, points=len(result.axis), lean=lean)


def _window(cut: Excerpt, inputs: Mapping[str, Waveform], analysis: Transient, flat: bool) -> tuple[float, Transient]:
    """Return when the simulation of a deck begins (s), and its transient, whose times count from there."""
    axes_s = {name: wave.time_s for name, wave in inputs.items()}
    transient = replace(analysis, axes_s=axes_s, stepping=INPUT in inputs)
    if flat:
        return 0.0, transient
    moving = [wave.moving_s(THINNING_V) for wave in inputs.values()] or [(0.0, 0.0)]
    start, settled = min(first for first, _ in moving), max(last for _, last in moving)
    if settled <= start:  # no input moves: a short run at rest
        start = settled = 0.0
    # The time constant of a deck whose amplifiers are all off is 0; it is still simulated, for some rise times.
    tau = max(*arrivals_s(cut.circuit, cut.partition.blocks).values(), RISE_S)
    behind_v = max((wave.behind_v(settled, tau) for wave in inputs.values()), default=0.0)
    tail = max(LEAST_TAIL, math.log(max(behind_v, LEFT_V) / LEFT_V))
    stop = min(analysis.stop_s, settled + tail * tau)
    inside = {name: axis[(axis > start) & (axis < stop)] for name, axis in axes_s.items()}
    return start, replace(
        transient,
        axes_s={name: np.concatenate([[start], axis, [stop]]) - start for name, axis in inside.items()},
        stop_s=stop - start,
        step_s=tau / STEPS_PER_TAU,
        trtol=CUT_TRTOL,
        least_v=CUT_LEAST_V,
    )
