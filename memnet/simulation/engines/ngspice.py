# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine `ngspice`: the shared library, driven through PySpice and loaded once per process.

ngspice keeps its state in global variables and reports most failures only as a line of text. So a run counts as
successful if the log of loading has no error, the run was not aborted, and a new plot holds every vector of the deck,
complete and finite. Between runs the circuit and the plots are removed: otherwise a deck that fails to load would
silently re-run the previous one, and memory would grow.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from memnet.errors import EngineNotFound
from memnet.netlist import Deck
from memnet.simulation.engines.base import (
    EngineInfo,
    Progress,
    Result,
    checked,
    failure,
    missing_vectors,
    notes_from,
    refuse_foreign,
    solver_options,
    solver_used,
    vector_key,
)
from memnet.simulation.engines.discover import Installation, describe_ngspice, environment, find_ngspice, missing_note
from memnet.simulation.engines.driver import driver, own_copy, pyspice
from memnet.simulation.engines.tap import OLDEST, SCALES, Tap, keep_none

_LOAD_FAILED = re.compile(r"^\s*(fatal )?error\b|could not find a valid modelname|ignored!", re.IGNORECASE)
_RUN_FAILED = re.compile(r"simulation\(s\) aborted|simulation not started|^\s*doAnalyses:|circuit not parsed")
_lock = threading.Lock()  # the library is not re-entrant, and cffi lets other threads run during a call


@dataclass(frozen=True, slots=True, kw_only=True)
class NgspiceEngine:
    """ngspice as a shared library in this process, through PySpice."""

    name: ClassVar[str] = "ngspice"
    dialects: ClassVar[tuple[str, ...]] = ("ngspice",)

    def __post_init__(self) -> None:
        """Import PySpice, so that worker processes that are forked have it, and need not import it each."""
        pyspice()

    @classmethod
    def describe(cls) -> EngineInfo:
        """Return which library was found and whether it runs, without loading it into this process."""
        return describe_ngspice(cls.name, "library")

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck; see `memnet.simulation.engines.Engine`. Calls from several threads take turns."""
        refuse_foreign(self, deck)
        with _lock:
            return _run(_library(), deck, progress)


class _Library:
    """The loaded library: takes decks and commands, collects the log, returns vectors."""

    def __init__(self, installation: Installation, path: str) -> None:
        os.environ.update(environment(installation))
        self.installation = installation
        self.log: list[str] = []
        self.progress: Progress | None = None
        self.tap: Tap | None = None  # copies the values of a run out of ngspice, which keeps none
        self.gone = False  # whether ngspice asked the process to exit; it cannot be used afterwards
        self._shared = driver(path, self)
        self._ffi = pyspice().ffi
        self._api = self._shared._ngspice_shared

    def command(self, text: str) -> None:
        """Run one ngspice command; its output is added to the log."""
        self._api.ngSpice_Command(text.encode())

    def load(self, text: str) -> None:
        """Load a deck of any size: one buffer is cut into lines in place, without a Python object per line."""
        data = np.frombuffer(bytearray(text.rstrip("\n").encode() + b"\n\n"), dtype=np.uint8)
        ends = np.flatnonzero(data == ord("\n"))
        data[ends] = 0
        buffer = self._ffi.from_buffer(data)
        address = int(self._ffi.cast("uintptr_t", buffer))
        lines = np.zeros(len(ends) + 1, dtype=np.uintp)  # the last stays a null pointer
        lines[1 : len(ends)] = ends[:-1] + 1
        lines[: len(ends)] += np.uintp(address)
        self._api.ngSpice_Circ(self._ffi.cast("char **", self._ffi.from_buffer(lines)))

    def plot(self) -> dict[str, str]:
        """Return ngspice's names of the vectors in the newest plot, by `vector_key`."""
        by_key: dict[str, str] = {}
        names = self._api.ngSpice_AllVecs(self._api.ngSpice_CurPlot())
        index = 0
        while names != self._ffi.NULL and names[index] != self._ffi.NULL:
            name = self._ffi.string(names[index]).decode(errors="replace")
            by_key[vector_key(name)] = name
            index += 1
        return by_key

    def plot_name(self) -> str:
        """Return the name of the newest plot."""
        name: bytes = self._ffi.string(self._api.ngSpice_CurPlot())
        return name.decode()

    def vector(self, name: str) -> npt.NDArray[np.float64]:
        """Return a copy of one vector of the newest plot, (points,); empty if it has no data."""
        info = self._api.ngGet_Vec_Info(name.encode())
        if info == self._ffi.NULL or info.v_realdata == self._ffi.NULL:
            return np.empty(0)
        return np.frombuffer(self._ffi.buffer(info.v_realdata, 8 * info.v_length), dtype=np.float64).copy()

    def clean(self) -> None:
        """Remove plots and circuit, so that memory does not grow and an earlier deck cannot run again."""
        if not self.gone:
            self.command("destroy all")
            self.command("remcirc")


@cache
def _load_once() -> _Library | str:
    """Return the loaded library, or why it cannot be loaded; PySpice cannot load it a second time."""
    installation = find_ngspice("library")
    if installation is None or installation.complaint:
        return missing_note("library", installation)
    try:
        with own_copy(installation.path) as path:
            return _Library(installation, path)
    except (OSError, NameError) as error:
        return f"{installation.path} could not be loaded: {error}"


def _library() -> _Library:
    loaded = _load_once()
    if isinstance(loaded, str):
        raise EngineNotFound(f"engine ngspice: {loaded}")
    return loaded


def _run(library: _Library, deck: Deck, progress: Progress | None) -> Result:
    started = time.perf_counter()
    engine = f"ngspice {library.installation.version}"
    text = solver_options(deck.text, library.installation.klu)
    if library.installation.version >= OLDEST:
        # In every run, since a `.save none` stays in force for all later runs of the process.
        library.tap = Tap(library._ffi, deck.vectors)
        text = text if any("@" in name for name in deck.vectors) else keep_none(text)
    if library.gone:
        raise failure(deck, engine, "ended itself in an earlier run and needs a new process", (), text=text)
    library.log = []
    library.clean()
    library.log = []
    try:
        _load_and_run(library, deck, engine, text, progress)
        axis, values = _fetch(library, deck, engine)
        log = library.log
    finally:
        library.progress = library.tap = None
        library.log = []
        library.clean()
    checked(deck, axis, values, engine, log)
    solver = solver_used(log)
    return Result(
        axis=axis,
        values=values,
        engine=engine,
        solver=solver,
        wall_s=time.perf_counter() - started,
        notes=notes_from(log, deck, solver, library.installation.klu),
    )


def refusal(log: Iterable[str]) -> str | None:
    """Return the first log line before the analysis that reports an error or an ignored line of the deck, or None."""
    for line in log:
        if line.startswith("Doing analysis"):
            break  # the lines after this one are remarks on the run
        if _LOAD_FAILED.search(line):
            return line.strip()
    return None


def _load_and_run(library: _Library, deck: Deck, engine: str, text: str, progress: Progress | None) -> None:
    """Load a deck's text and run its analysis; raise a SimulationError if either fails or there is no new plot."""
    library.load(text)
    wrong = refusal(library.log)
    if wrong is not None or library.gone:
        raise failure(deck, engine, f"refused the deck ({wrong or 'it ended itself'})", library.log, text=text)
    before = library.plot_name()
    library.progress = progress
    library.command("run")
    if library.gone:
        raise failure(deck, engine, "ended itself during the run", library.log, text=text)
    wrong = next((line.strip() for line in library.log if _RUN_FAILED.search(line)), None)
    if wrong is not None:
        raise failure(deck, engine, f"found no result ({wrong})", library.log, text=text)
    if library.plot_name() == before:
        raise failure(deck, engine, "ran without returning anything", library.log, text=text)


def _fetch(library: _Library, deck: Deck, engine: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the axis (points,) and the values of the deck's vectors (points, vectors), from the tap or the plot."""
    if library.tap is not None:
        if library.tap.missing:
            raise missing_vectors(deck, [deck.vectors[index] for index in library.tap.missing], engine, library.log)
        return library.tap.result()
    known = library.plot()
    wanted = [vector_key(name) for name in deck.vectors]
    missing = [name for name, key in zip(deck.vectors, wanted, strict=True) if key not in known]
    if missing:
        raise missing_vectors(deck, missing, engine, library.log)
    columns = [library.vector(known[key]) for key in wanted]
    scale = next((known[name] for name in SCALES if name in known), None)
    axis = library.vector(scale) if scale is not None else np.zeros(len(columns[0]) if columns else 0)
    short = [name for name, column in zip(deck.vectors, columns, strict=True) if len(column) != len(axis)]
    if short:
        raise failure(deck, engine, f"returned {short[0]} with fewer points than the others", library.log)
    values = np.array(columns, dtype=np.float64).reshape(len(columns), len(axis)).T
    return axis, np.ascontiguousarray(values)
