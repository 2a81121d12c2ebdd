# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulates many images in dc sweeps, one deck per partition and batch of images."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit
from memnet.deployment import INPUT
from memnet.netlist import Deck, Sweep, flat_deck, prepare_decks, voltage_vectors
from memnet.simulation.effort import batch_size, limits, partition_s, refuse_too_large
from memnet.simulation.engines.base import Engine, deck_dialect
from memnet.simulation.executors import Pool, open_executor
from memnet.simulation.jobs import Task, all_tasks, run_tasks
from memnet.simulation.lean import run_lean
from memnet.simulation.partitions import Excerpt, Partition, excerpt, needed_for, partition_circuit
from memnet.simulation.verilog_a import law_module
from memnet.simulation.workers import report
from memnet.units import Floats

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """Voltages of net groups for all images."""

    volts: dict[str, Floats]  # by kept net group, (images, nets)
    engine: str
    solver: str
    wall_s: float  # that the caller waited
    engine_s: float  # in the engine, summed over workers
    own_s: float  # in memnet: cutting the circuit, writing decks and reading results, summed over processes
    decks: int
    full_decks: int  # simulated with clamps: flat decks, and lean ones in which an amplifier came near its limits


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOutcome:
    """What a worker returns for one deck."""

    volts: dict[str, Floats]  # by net group, (images, nets that the partition drives)
    engine: str
    solver: str
    engine_s: float
    own_s: float
    lean: bool


def sweep_images(
    circuit: Circuit,
    images_v: Floats,
    engine: Engine,
    *,
    flat: bool = False,
    workers: int = 1,
    batch: int | None = None,
    keep: Collection[str] = (),
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Simulate images in dc sweeps over their number, with the circuit cut at op-amp outputs unless `flat`.

    Decks that no wanted voltage depends on are left out.

    Parameters
    ----------
    images_v : (images, input nets) volts
    batch : images in one deck, which is written and parsed once per batch; by default as `effort.batch_size` returns
    keep : net groups to return besides the class outputs
    executor : that decks run on; by default a pool of `workers` processes
    progress : called with the fraction done, by the predicted seconds of the decks

    Raises
    ------
    SimulationError
        a deck failed (the error names its partition and the directory that keeps the deck), or a flat deck would not
        fit into memory
    """
    start = time.perf_counter()
    if flat:
        refuse_too_large(circuit, len(images_v))
    size = batch or batch_size(circuit, len(images_v), workers)
    batches = [slice(first, min(first + size, len(images_v))) for first in range(0, len(images_v), size)]
    wanted = {circuit.output, *keep}
    partitions = needed_for(partition_circuit(circuit, flat=flat, limits=limits(size)), wanted)
    compiled = None if executor is not None else law_module(circuit, engine)  # the file is on this machine
    run = _SweepRun(circuit, partitions, engine, images_v, batches, wanted, progress, flat, compiled)
    if executor is None:
        prepare_decks(deck_dialect(engine))
    with open_executor(executor, workers) as pool:
        tasks: list[Task[SweepOutcome]] = all_tasks(partitions, len(batches), run.effort_s, pool.at_once)
        run_tasks(tasks, run.submit, run.done, pool, progress if flat else None)
    volts = {name: np.concatenate([run.volts[name, index] for index in range(len(batches))]) for name in wanted}
    return SweepResult(
        volts=volts,
        engine=run.engine_name,
        solver=run.solver,
        wall_s=time.perf_counter() - start,
        engine_s=run.engine_s,
        own_s=run.own_s,
        decks=len(partitions) * len(batches),
        full_decks=run.full_decks,
    )


class _SweepRun:
    """State of one run: sums over decks, and voltages, which are dropped after the last partition that reads them."""

    def __init__(
        self,
        circuit: Circuit,
        partitions: Sequence[Partition],
        engine: Engine,
        images_v: Floats,
        batches: list[slice],
        wanted: set[str],
        progress: Progress | None,
        flat: bool,
        compiled: Path | None,
    ) -> None:
        self.circuit, self.engine, self.batches, self.progress, self.flat = circuit, engine, batches, progress, flat
        self.compiled = compiled
        self.wanted = wanted
        # by net group and batch, (images, nets)
        self.volts: dict[tuple[str, int], Floats] = {(INPUT, i): images_v[rows] for i, rows in enumerate(batches)}
        self.readers = {name: sum(name in partition.reads for partition in partitions) for name in circuit.groups}
        self.unread = {(name, i): count for name, count in self.readers.items() for i in range(len(batches))}
        self.places: dict[tuple[str, int], dict[str, npt.NDArray[np.int64]]] = {}
        self.effort_s = {partition.name: partition_s(partition, batches[0].stop) for partition in partitions}
        self.total_s, self.complete_s = sum(self.effort_s.values()) * len(batches), 0.0
        self.engine_name = self.solver = ""
        self.engine_s = self.own_s = 0.0
        self.full_decks = 0

    def submit(self, pool: Pool, task: Task[SweepOutcome]) -> Future[SweepOutcome]:
        """Submit one deck: the partition as a circuit by itself, and the voltages of its inputs."""
        start = time.perf_counter()
        cut = excerpt(self.circuit, task.partition)
        self.places[task.key] = cut.places
        first, stop = self.batches[task.batch].start, self.batches[task.batch].stop
        inputs = cut.of({name: self.volts[name, task.batch] for name in task.partition.reads}, task.partition.reads)
        saved = [name for name in task.partition.drives if self.readers[name] or name in self.wanted]
        # Partitioned lean decks are checked against flat ones, so these always have clamps.
        future = pool.submit(
            sweep_partition,
            cut,
            inputs,
            stop - first,
            saved,
            self.engine,
            lean=not self.flat,
            first=first,
            compiled=self.compiled,
        )
        self.own_s += time.perf_counter() - start
        return future

    def done(self, task: Task[SweepOutcome], outcome: SweepOutcome) -> None:
        """Store a deck's voltages, and drop those that were read for the last time."""
        images = self.batches[task.batch].stop - self.batches[task.batch].start
        places = self.places.pop(task.key)
        for name, volts in outcome.volts.items():
            shape = images, int(np.prod(self.circuit.groups[name].shape))
            if volts.shape == shape:
                self.volts[name, task.batch] = volts
            else:
                # a split block: each of its decks drives some columns of the group
                self.volts.setdefault((name, task.batch), np.full(shape, np.nan))[:, places[name]] = volts
        for name in task.partition.reads:
            self.unread[name, task.batch] -= 1
            if self.unread[name, task.batch] == 0 and name not in self.wanted:
                del self.volts[name, task.batch]
        self.engine_name, self.solver = outcome.engine, outcome.solver
        self.engine_s += outcome.engine_s
        self.own_s += outcome.own_s
        self.full_decks += not outcome.lean
        self.complete_s += self.effort_s[task.partition.name]
        if self.progress:
            self.progress(self.complete_s / self.total_s)


def sweep_partition(
    cut: Excerpt,
    inputs: Mapping[str, Floats],
    images: int,
    saved: Sequence[str],
    engine: Engine,
    *,
    lean: bool = True,
    first: int = 0,
    compiled: Path | None = None,
) -> SweepOutcome:
    """Write one deck, run it and return the voltages of the net groups `saved`; runs in a worker.

    `first` is the number of the first image, for error messages; `compiled` the module of the law of memristors.
    """
    start = time.perf_counter()
    circuit, partition, dialect = cut.circuit, cut.partition, deck_dialect(engine)

    def write(is_lean: bool, vectors: tuple[str, ...]) -> Deck:
        return flat_deck(
            circuit,
            partition.blocks,
            name=partition.name,
            inputs=inputs,
            analysis=Sweep(images=images, first=first),
            saved=vectors,
            lean=is_lean,
            dialect=dialect,
            compiled=compiled,
        )

    vectors = voltage_vectors(circuit, saved)
    if lean:
        result, lean = run_lean(circuit, write, vectors, engine, slew=False)
    else:
        result = engine.run(write(False, vectors), report)
    ends = np.cumsum([len(circuit.groups[name].nets) for name in saved])
    pieces = np.split(result.values[:, : len(vectors)], ends[:-1], axis=1)
    total = time.perf_counter() - start
    return SweepOutcome(
        volts=dict(zip(saved, pieces, strict=True)),
        engine=result.engine,
        solver=result.solver,
        engine_s=result.wall_s,
        own_s=total - result.wall_s,
        lean=lean,
    )
