"""Simulates many images in dc sweeps, deck by deck; knows circuits and engines, not what outputs mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.circuit.banks import Circuit
from memnet.netlist.flat import Sweep, flat_deck, voltage_vectors
from memnet.simulation.base import Engine
from memnet.simulation.jobs import Part, Task, excerpt, local_executor, needs_of, partition, run_tasks
from memnet.stages import INPUT

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
DEFAULT_BATCH = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """Voltages of net groups for every image.

    `volts` holds (images, nets) for each kept group; `engine_s` is the time spent inside the engine, summed over
    workers, and `wall_s` what the caller waited.
    """

    volts: dict[str, Floats]
    engine: str
    solver: str
    wall_s: float
    engine_s: float
    memnet_s: float  # writing decks and reading results, summed over workers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    volts: dict[str, Floats]
    engine: str
    solver: str
    engine_s: float
    memnet_s: float


def sweep_images(
    circuit: Circuit, images_v: Floats, engine: Engine, *, flat: bool = False, workers: int = 1, batch: int = DEFAULT_BATCH,
    keep: Collection[str] = (), executor: Executor | None = None, progress: Progress | None = None,
) -> SweepResult:  # fmt: skip
    """Simulate images by dc sweeps of their index, partitioned at op-amp outputs unless `flat`.

    Parameters
    ----------
    images_v : (images, input nets) volts
    batch : images in one deck; every deck is written and parsed once a batch
    keep : net groups wanted besides the class outputs
    executor : where decks run; by default a pool of `workers` processes
    progress : called with the fraction done

    Raises
    ------
    SimulationError
        a deck failed; the error names its block and where the deck is kept
    """
    start = time.perf_counter()
    parts = partition(circuit, flat=flat)
    batches = [slice(first, min(first + batch, len(images_v))) for first in range(0, len(images_v), batch)]
    run = _Run(circuit, parts, engine, {INPUT: images_v}, batches, {circuit.output, *keep}, progress)
    tasks: list[Task[_Outcome]] = [
        Task(part=part, batch=index, needs=needs_of(part, parts)) for index in range(len(batches)) for part in parts
    ]
    with local_executor(workers) if executor is None else nullcontext(executor) as pool:
        run_tasks(tasks, run.submit, run.done, pool)
    volts = {name: np.concatenate([run.volts[name, index] for index in range(len(batches))])
             for name in {circuit.output, *keep}}  # fmt: skip
    return SweepResult(
        volts=volts, engine=run.engine_name, solver=run.solver, wall_s=time.perf_counter() - start,
        engine_s=run.engine_s, memnet_s=run.memnet_s,
    )  # fmt: skip


class _Run:
    """Holds the voltages that later parts read, and drops them once nobody needs them."""

    def __init__(
        self, circuit: Circuit, parts: tuple[Part, ...], engine: Engine, inputs: Mapping[str, Floats],
        batches: list[slice], keep: set[str], progress: Progress | None,
    ) -> None:  # fmt: skip
        self.circuit, self.parts, self.engine, self.batches, self.progress = circuit, parts, engine, batches, progress
        self.keep = keep
        self.volts: dict[tuple[str, int], Floats] = {
            (name, index): volts[where] for name, volts in inputs.items() for index, where in enumerate(batches)
        }
        self.readers = {name: sum(name in part.reads for part in parts) for name in circuit.groups}
        self.unread = {(name, index): self.readers[name] for name in self.readers for index in range(len(batches))}
        self.total = sum(part.memristors() + 1 for part in parts) * len(batches)
        self.complete = 0
        self.engine_name = self.solver = ""
        self.engine_s = self.memnet_s = 0.0

    def submit(self, executor: Executor, task: Task[_Outcome]) -> Future[_Outcome]:
        part = task.part
        inputs = {name: self.volts[name, task.batch] for name in part.reads}
        images = self.batches[task.batch].stop - self.batches[task.batch].start
        saved = [name for name in part.drives if self.readers[name] or name in self.keep]
        return executor.submit(sweep_part, excerpt(self.circuit, part), part, inputs, images, saved, self.engine)

    def done(self, task: Task[_Outcome], outcome: _Outcome) -> None:
        for name, volts in outcome.volts.items():
            self.volts[name, task.batch] = volts
        for name in task.part.reads:
            self.unread[name, task.batch] -= 1
            if self.unread[name, task.batch] == 0 and name not in self.keep:
                del self.volts[name, task.batch]
        self.engine_name, self.solver = outcome.engine, outcome.solver
        self.engine_s += outcome.engine_s
        self.memnet_s += outcome.memnet_s
        self.complete += task.part.memristors() + 1
        if self.progress:
            self.progress(self.complete / self.total)


def sweep_part(
    circuit: Circuit, part: Part, inputs: Mapping[str, Floats], images: int, saved: list[str], engine: Engine
) -> _Outcome:
    """Write one deck, run it and return the voltages of the net groups `saved`, (images, nets) each; runs in a worker."""
    start = time.perf_counter()
    deck = flat_deck(
        circuit, part.blocks, name=part.name, inputs=inputs, analysis=Sweep(images=images),
        saved=voltage_vectors(circuit, saved),
    )  # fmt: skip
    result = engine.run(deck)
    ends = np.cumsum([len(circuit.groups[name].nets) for name in saved], dtype=np.int64)
    pieces = np.split(result.values, ends, axis=1)[: len(saved)]  # the last end leaves an empty rest
    total = time.perf_counter() - start
    return _Outcome(
        volts=dict(zip(saved, pieces, strict=True)), engine=result.engine, solver=result.solver,
        engine_s=result.wall_s, memnet_s=total - result.wall_s,
    )  # fmt: skip
