"""Simulates the step from one image to another in time, deck by deck; knows circuits, not what outputs mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit, Nets, arrivals_s
from memnet.deployment import INPUT
from memnet.netlist import Deck, Transient, flat_deck
from memnet.simulation.effort import STEP_FACTOR, TYPICAL_STEPS, limits, partition_s, refuse_too_large
from memnet.simulation.engines.base import Engine, Result
from memnet.simulation.executors import open_executor, report
from memnet.simulation.jobs import Task, all_tasks, run_tasks
from memnet.simulation.lean import run_lean
from memnet.simulation.partitions import Excerpt, Partition, excerpt, partition_circuit
from memnet.simulation.waveforms import Pieces, Waveform, common_axis, smoothed, thinned

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
# What a caller wants of each deck besides voltages: the vectors it needs, and a summary made of them in the worker.
Account = Callable[[Circuit, Partition, Transient, Result | None], Any]
STEP_AT_S = 5e-9  # when the image changes
RISE_S = 1e-9
THINNING_V = 1e-6  # waveforms passed on between decks are within this of the simulated ones
SMOOTHING = 2  # straight lines for each time step in a waveform passed on
TAIL = 10.0  # a deck runs on for so many of its time constants once its inputs are settled: exp(-10) is 9 uV of 0.2 V
STEPS_PER_TAU = 4  # time steps a deck has at least for each of its time constants
CUT_TRTOL = 1.0  # of partitioned decks: few long steps, each as exact as ngspice's error estimate can make it


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientRun:
    """One image transition: kept waveforms by net group, and what `account` made of every partition."""

    waveforms: dict[str, Waveform]
    accounts: dict[str, Any]  # by partition
    places: dict[str, dict[str, Nets]]  # by partition and net group: which nets of the group the partition touches
    points: int  # time points, summed over decks


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientOutcome:
    """What a worker returns of one deck."""

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
    executor: Executor | None = None,
    reltol: float = 1e-3,
    progress: Progress | None = None,
) -> list[TransientRun]:
    """Simulate the step from each image to the next, each from its own dc solution.

    Parameters
    ----------
    images_v : (images, input nets) volts; n images make n - 1 transitions, each at STEP_AT_S of its own run
    stop_s : end of each run
    step_s : largest time step of a flat deck; others choose theirs by their time constants
    account : called in the worker; with None it returns the vectors it needs, with a result what it makes of them

    Raises
    ------
    SimulationError
        a deck failed; the error names its block and where the deck is kept; or a flat one would not fit into memory
    """
    if flat:
        refuse_too_large(circuit, len(images_v), transient=True)
    partitions = partition_circuit(circuit, flat=flat, limits=limits(STEP_FACTOR * TYPICAL_STEPS))
    analysis = Transient(time_s=np.zeros(0), stepping=True, step_s=step_s, stop_s=stop_s, reltol=reltol)
    run = _TransientRun(
        circuit, partitions, engine, images_v, analysis, account, {circuit.output, *keep}, progress, flat
    )
    with open_executor(executor, workers) as pool:
        tasks: list[Task[TransientOutcome]] = all_tasks(partitions, len(images_v) - 1, run.effort_s, pool.at_once)
        run_tasks(tasks, run.submit, run.done, pool, progress if flat else None)
    return run.results()


def input_step(before_v: Floats, after_v: Floats, stop_s: float) -> Waveform:
    """Return the waveform of inputs that change from one image to another, (4 points, nets)."""
    axis = np.array([0.0, STEP_AT_S, STEP_AT_S + RISE_S, stop_s])
    return Waveform(time_s=axis, volts=np.stack([before_v, before_v, after_v, after_v]))


class _TransientRun:
    """Holds the waveforms that later partitions read."""

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
        self.waves: dict[tuple[str, int], Pieces] = {}
        for at in range(self.count):
            step = input_step(images_v[at], images_v[at + 1], analysis.stop_s)
            self.waves[INPUT, at] = Pieces(pieces=[(np.arange(step.volts.shape[1]), step)])
        self.accounts: list[dict[str, Any]] = [{} for _ in range(self.count)]
        self.places: dict[str, dict[str, Nets]] = {}
        self.points = [0] * self.count
        self.effort_s = {
            partition.name: partition_s(partition, STEP_FACTOR * TYPICAL_STEPS) for partition in partitions
        }
        self.total_s, self.complete_s = sum(self.effort_s.values()) * self.count, 0.0

    def submit(self, executor: Executor, task: Task[TransientOutcome]) -> Future[TransientOutcome]:
        """Hand one deck to a worker, with the partition of the circuit and the waveforms that it needs."""
        cut = excerpt(self.circuit, task.partition)
        self.places[task.partition.name] = cut.places
        inputs = {name: self.waves[name, task.batch].of(cut.places[name]) for name in task.partition.reads}
        saved = [name for name in task.partition.drives if name in self.read or name in self.keep]
        return executor.submit(
            transient_partition, cut, inputs, self.analysis, saved, self.account, self.engine, flat=self.flat
        )

    def done(self, task: Task[TransientOutcome], outcome: TransientOutcome) -> None:
        """Take a deck's waveforms and account in."""
        for name, wave in outcome.waveforms.items():
            pieces = self.waves.setdefault((name, task.batch), Pieces(pieces=[]))
            pieces.pieces.append((self.places[task.partition.name][name], wave))
        self.accounts[task.batch][task.partition.name] = outcome.account
        self.points[task.batch] += outcome.points
        self.complete_s += self.effort_s[task.partition.name]
        if self.progress:
            self.progress(self.complete_s / self.total_s)

    def results(self) -> list[TransientRun]:
        """Return what was wanted, by transition."""
        return [
            TransientRun(
                waveforms={name: self.waves[name, at].whole() for name in self.keep},
                # In the order of the partitions, not in that in which they came in: sums round the same in every run.
                accounts={name: self.accounts[at][name] for name in self.effort_s},
                places=self.places,
                points=self.points[at],
            )
            for at in range(self.count)
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
    """Simulate one deck and return its waveforms, thinned, and its account; runs in a worker.

    Unless `flat`, the deck is simulated only from when its inputs begin to move until its outputs have settled.
    """
    circuit, partition = cut.circuit, cut.partition
    start_s, own = _window(cut, inputs, analysis, flat)
    volts = {name: wave.at(own.time_s + start_s) for name, wave in inputs.items()}

    def write(lean: bool, vectors: tuple[str, ...]) -> Deck:
        return flat_deck(
            circuit, partition.blocks, name=partition.name, inputs=volts, analysis=own, saved=vectors, lean=lean
        )

    vectors = account(circuit, partition, own, None)
    if flat:
        result, lean = engine.run(write(False, vectors), report), False
    else:
        result, lean = run_lean(circuit, write, vectors, engine, slew=True)
    values, axis = result.values[:, : len(vectors)], result.axis + start_s
    if start_s > 0:  # the deck was at rest before
        axis, values = np.concatenate([[0.0], axis]), np.concatenate([values[:1], values])
    if axis[-1] < analysis.stop_s:  # and after
        axis, values = np.concatenate([axis, [analysis.stop_s]]), np.concatenate([values, values[-1:]])
    whole = replace(result, axis=axis, values=values)
    column = {vector: index for index, vector in enumerate(vectors)}
    waves = {}
    for name in saved:
        chosen = [column[f"v(n{net})"] for net in circuit.groups[name].nets.tolist()]
        waves[name] = thinned(smoothed(Waveform(time_s=axis, volts=values[:, chosen]), SMOOTHING), THINNING_V)
    accounted = account(circuit, partition, replace(own, stop_s=analysis.stop_s), whole)
    return TransientOutcome(waveforms=waves, account=accounted, points=len(result.axis), lean=lean)


def _window(cut: Excerpt, inputs: Mapping[str, Waveform], analysis: Transient, flat: bool) -> tuple[float, Transient]:
    """Return when a deck's run begins, and the transient from there on, with the time axis of its inputs."""
    axis = common_axis(list(inputs.values())) if inputs else np.array([0.0, analysis.stop_s])
    stepping = INPUT in inputs
    own = replace(analysis, time_s=axis, stepping=stepping)
    if flat:
        return 0.0, own
    moving = [wave.moving_s(THINNING_V) for wave in inputs.values()] or [(0.0, 0.0)]
    start, settled = min(first for first, _ in moving), max(last for _, last in moving)
    if settled <= start:  # nothing moves: a few points at rest
        start = settled = 0.0
    # A deck whose amplifiers are all off has no time constant; it is still run for a moment.
    tau = max(*arrivals_s(cut.circuit, cut.partition.blocks).values(), RISE_S)
    stop = min(analysis.stop_s, settled + TAIL * tau)
    inside = axis[(axis > start) & (axis < stop)]
    return start, replace(
        own,
        time_s=np.concatenate([[start], inside, [stop]]) - start,
        stop_s=stop - start,
        step_s=tau / STEPS_PER_TAU,
        trtol=CUT_TRTOL,
    )
