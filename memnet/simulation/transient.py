"""Simulates the step from one image to another in time, deck by deck; knows circuits and engines, not what they mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit.banks import Circuit
from memnet.netlist.flat import Transient, flat_deck
from memnet.simulation.base import Engine, Result
from memnet.simulation.jobs import Part, Task, excerpt, local_executor, needs_of, partition, run_tasks
from memnet.simulation.waveforms import Waveform, common_axis, thinned
from memnet.stages import INPUT

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
# What a caller wants of each deck besides voltages: the vectors it needs, and a summary made of them in the worker.
Account = Callable[[Circuit, Part, Transient, Result | None], Any]

STEP_AT_S = 5e-9  # when the image changes
RISE_S = 1e-9
THINNING_V = 1e-5  # waveforms passed on between decks are within this of the simulated ones


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientRun:
    """One image transition: kept waveforms by net group, and what `account` made of every part."""

    waveforms: dict[str, Waveform]
    accounts: dict[str, Any]  # by part
    points: int  # time points, summed over decks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    waveforms: dict[str, Waveform]
    account: Any
    points: int


def simulate_transitions(
    circuit: Circuit, images_v: Floats, engine: Engine, *, stop_s: float, step_s: float, account: Account,
    flat: bool = False, workers: int = 1, keep: Collection[str] = (), executor: Executor | None = None,
    reltol: float = 1e-3, progress: Progress | None = None,
) -> list[TransientRun]:  # fmt: skip
    """Simulate the step from each image to the next, each from its own dc solution.

    Parameters
    ----------
    images_v : (images, input nets) volts; n images make n - 1 transitions, each at STEP_AT_S of its own run
    stop_s, step_s : end of each run and largest time step
    account : called in the worker; with None it returns the vectors it needs, with a result what it makes of them

    Raises
    ------
    SimulationError
        a deck failed; the error names its block and where the deck is kept
    """
    parts = partition(circuit, flat=flat)
    analysis = Transient(time_s=np.zeros(0), stepping=True, step_s=step_s, stop_s=stop_s, reltol=reltol)
    run = _Run(circuit, parts, engine, images_v, analysis, account, {circuit.output, *keep}, progress)
    tasks: list[Task[_Outcome]] = [
        Task(part=part, batch=index, needs=needs_of(part, parts)) for index in range(len(images_v) - 1) for part in parts
    ]
    with local_executor(workers) if executor is None else nullcontext(executor) as pool:
        run_tasks(tasks, run.submit, run.done, pool)
    return run.results()


def input_step(before_v: Floats, after_v: Floats, stop_s: float) -> Waveform:
    """Return the waveform of inputs that change from one image to another, (4 points, nets)."""
    axis = np.array([0.0, STEP_AT_S, STEP_AT_S + RISE_S, stop_s])
    return Waveform(time_s=axis, volts=np.stack([before_v, before_v, after_v, after_v]))


class _Run:
    """Holds the waveforms that later parts read."""

    def __init__(
        self, circuit: Circuit, parts: Sequence[Part], engine: Engine, images_v: Floats, analysis: Transient,
        account: Account, keep: set[str], progress: Progress | None,
    ) -> None:  # fmt: skip
        self.circuit, self.engine, self.analysis, self.account = circuit, engine, analysis, account
        self.keep, self.progress = keep, progress
        self.read = {name for part in parts for name in part.reads}
        self.waves: dict[tuple[str, int], Waveform] = {
            (INPUT, index): input_step(images_v[index], images_v[index + 1], analysis.stop_s)
            for index in range(len(images_v) - 1)
        }
        self.accounts: list[dict[str, Any]] = [{} for _ in range(len(images_v) - 1)]
        self.points = [0] * (len(images_v) - 1)
        self.total, self.complete = len(parts) * (len(images_v) - 1), 0

    def submit(self, executor: Executor, task: Task[_Outcome]) -> Future[_Outcome]:
        part = task.part
        inputs = {name: self.waves[name, task.batch] for name in part.reads}
        saved = [name for name in part.drives if name in self.read or name in self.keep]
        return executor.submit(
            transient_part, excerpt(self.circuit, part), part, inputs, self.analysis, saved, self.account, self.engine
        )

    def done(self, task: Task[_Outcome], outcome: _Outcome) -> None:
        for name, wave in outcome.waveforms.items():
            self.waves[name, task.batch] = wave
        self.accounts[task.batch][task.part.name] = outcome.account
        self.points[task.batch] += outcome.points
        self.complete += 1
        if self.progress:
            self.progress(self.complete / self.total)

    def results(self) -> list[TransientRun]:
        return [
            TransientRun(
                waveforms={name: self.waves[name, index] for name in self.keep}, accounts=accounts,
                points=self.points[index],
            )
            for index, accounts in enumerate(self.accounts)
        ]  # fmt: skip


def transient_part(
    circuit: Circuit, part: Part, inputs: Mapping[str, Waveform], analysis: Transient, saved: Sequence[str],
    account: Account, engine: Engine,
) -> _Outcome:  # fmt: skip
    """Simulate one deck and return its waveforms, thinned, and its account; runs in a worker."""
    axis = common_axis(list(inputs.values())) if inputs else np.array([0.0, analysis.stop_s])
    own = Transient(
        time_s=axis, stepping=INPUT in inputs, step_s=analysis.step_s, stop_s=analysis.stop_s, reltol=analysis.reltol
    )
    vectors = account(circuit, part, own, None)
    deck = flat_deck(
        circuit, part.blocks, name=part.name, inputs={name: wave.at(axis) for name, wave in inputs.items()},
        analysis=own, saved=vectors,
    )  # fmt: skip
    result = engine.run(deck)
    column = {vector: index for index, vector in enumerate(vectors)}
    waves = {}
    for name in saved:
        chosen = [column[f"v(n{net})"] for net in circuit.groups[name].nets.tolist()]
        waves[name] = thinned(Waveform(time_s=result.axis, volts=result.values[:, chosen]), THINNING_V)
    return _Outcome(waveforms=waves, account=account(circuit, part, own, result), points=len(result.axis))

