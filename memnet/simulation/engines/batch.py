# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine `ngspice-batch`: starts the ngspice executable for each deck, in a temporary directory."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from memnet.errors import EngineNotFound, SimulationError
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
from memnet.simulation.engines.ngspice import refusal
from memnet.simulation.engines.rawfile import RawPlot, read_raw

# The executable prints the position of a sweep again and again on one line; that is dropped from the log.
_POSITION = re.compile(r" *Reference value :[^\r\n]*\r?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEngine:
    """The ngspice executable, started once per deck: slower than the library, but no run can affect the next."""

    name: ClassVar[str] = "ngspice-batch"
    dialects: ClassVar[tuple[str, ...]] = ("ngspice",)
    timeout_s: float | None = None

    @classmethod
    def describe(cls) -> EngineInfo:
        """Return which executable was found and whether it runs."""
        return describe_ngspice(cls.name, "executable")

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck; see `memnet.simulation.engines.Engine`. Never calls `progress`."""
        refuse_foreign(self, deck)
        found = find_ngspice("executable")
        if found is None or found.complaint:
            raise EngineNotFound(f"engine ngspice-batch: {missing_note('executable', found)}")
        folder = Path(tempfile.mkdtemp(prefix="memnet-batch-"))
        try:
            result = self._run_in(folder, deck, found)
        except SimulationError:
            raise  # the directory is kept, and the error names it
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)
        return result

    def _run_in(self, folder: Path, deck: Deck, installation: Installation) -> Result:
        started = time.perf_counter()
        engine = f"ngspice-batch {installation.version}"
        text = solver_options(deck.text, installation.klu)
        (folder / "deck.cir").write_text(text)
        status, log = self._execute(folder, installation)
        raw = folder / "out.raw"
        if status != 0:
            raise failure(deck, engine, _reason(status, self.timeout_s), log, folder, text)
        wrong = refusal(log)
        if wrong is not None:
            raise failure(deck, engine, f"refused the deck ({wrong})", log, folder, text)
        if not raw.is_file():
            raise failure(deck, engine, "ran without returning anything", log, folder, text)
        try:
            plots = read_raw(raw)
        except SimulationError as error:
            raise failure(deck, engine, f"wrote no usable raw file ({error})", log, folder, text) from error
        axis, values = _pick(plots[-1], deck, engine, log)
        checked(deck, axis, values, engine, log)
        solver = solver_used(log)
        return Result(
            axis=axis,
            values=values,
            engine=engine,
            solver=solver,
            wall_s=time.perf_counter() - started,
            notes=notes_from(log, deck, solver, installation.klu),
        )

    def _execute(self, folder: Path, installation: Installation) -> tuple[int | None, list[str]]:
        """Run `deck.cir` in the folder; return the exit status (None after a time-out) and the lines of the log."""
        path = folder / "log.txt"
        # -n: read no .spiceinit. No `quit` in a .control section: it crashes version 46 under -b.
        command = [installation.path, "-b", "-n", "-r", "out.raw", "deck.cir"]
        with path.open("wb") as log:
            try:
                status: int | None = subprocess.run(
                    command,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=os.environ | environment(installation),
                    timeout=self.timeout_s,
                ).returncode
            except subprocess.TimeoutExpired:
                status = None
        return status, _POSITION.sub("", path.read_text(errors="replace")).splitlines()


def _reason(status: int | None, timeout_s: float | None) -> str:
    """Return how a process with this exit status failed."""
    if status is None:
        return f"did not finish within {timeout_s:g} s"
    if status < 0:
        killed = " (out of memory?)" if -status == signal.SIGKILL else ""
        return f"was ended by signal {signal.Signals(-status).name}{killed}"
    return f"failed with exit status {status}"


def _pick(
    plot: RawPlot, deck: Deck, engine: str, log: list[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the axis (points,) and the values of the deck's vectors (points, vectors) from a plot."""
    columns = {vector_key(name): index for index, name in enumerate(plot.vectors)}
    missing = [name for name in deck.vectors if vector_key(name) not in columns]
    if missing:
        raise missing_vectors(deck, missing, engine, log)
    values = plot.values[:, [columns[vector_key(name)] for name in deck.vectors]]
    has_scale = not plot.name.startswith("Operating Point")
    axis = plot.values[:, 0].copy() if has_scale else np.zeros(len(plot.values))
    return axis, np.ascontiguousarray(values)
