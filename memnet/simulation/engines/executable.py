# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a simulator's executable on one deck, in a temporary directory of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memnet.errors import SimulationError
from memnet.files import is_alive
from memnet.netlist import Deck
from memnet.simulation.engines.base import failure, missing_vectors, vector_key
from memnet.simulation.engines.rawfile import RawPlot, read_raw
from memnet.simulation.workers import die_with_parent

_PREFIX = "memnet-"
_NEW = "new"  # that file before it is locked
_RUNNING = "running"  # file that the process of a run keeps locked
LOG_FILE = "log.txt"
RAW_FILE = "out.raw"


@contextmanager
def run_folder(engine: str) -> Iterator[Path]:
    """Yield a new directory for one run; it stays only after a SimulationError, whose text names it.

    A directory that a killed process left is removed by the next process that runs an executable.
    """
    remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{engine}-{os.getpid()}-"))
    new, running, kept = folder / _NEW, folder / _RUNNING, False
    try:
        with new.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            new.rename(running)  # locked before it has the name that others look for
            try:
                yield folder
            except SimulationError:
                running.unlink(missing_ok=True)
                kept = True
                raise
    finally:
        if not kept:
            _remove(folder)


@cache
def remove_abandoned(place: Path) -> None:
    """Remove the directories in `place` of runs that were killed; once in each process.

    The system gives a lock back when its process ends, however it ends. So one that can be had is nobody's. A directory
    without a lock that is empty, or all but empty, was being made or removed by the process whose number it has.
    """
    for folder in place.glob(f"{_PREFIX}*-*-*"):
        with suppress(OSError):  # it runs, or is another user's
            if (folder / _RUNNING).exists():
                with (folder / _RUNNING).open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(folder)
            elif {path.name for path in folder.iterdir()} <= {_NEW} and not is_alive(_number(folder)):
                _remove(folder)


def _number(folder: Path) -> int:
    """Return the number of the process that made a directory; 0, which every machine has, where its name has none."""
    number = folder.name.split("-")[-2]
    return int(number) if number.isdigit() else 0


def _remove(folder: Path) -> None:
    """Remove a directory, the lock last: what a kill leaves of it then can be told from one that was kept."""
    for path in folder.glob("*"):
        if path.name != _RUNNING:
            with suppress(OSError):
                path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def execute(
    command: Sequence[str], folder: Path, *, variables: Mapping[str, str] | None = None, timeout_s: float | None = None
) -> tuple[int | None, str]:
    """Run a command in a folder; return its exit status (None after a time-out) and what it printed.

    Parameters
    ----------
    variables : environment variables that it is given besides those of this process
    timeout_s : after which it is killed
    """
    path = folder / LOG_FILE
    with path.open("wb") as log:
        try:
            status: int | None = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(variables or {}),
                timeout=timeout_s,
                preexec_fn=partial(die_with_parent, os.getpid()),
            ).returncode
        except subprocess.TimeoutExpired:
            status = None
    return status, path.read_text(errors="replace")


def ending(status: int | None, timeout_s: float | None) -> str:
    """Return how a process with this exit status failed."""
    if status is None:
        return f"did not finish within {timeout_s:g} s"
    if status < 0:
        killed = " (out of memory?)" if -status == signal.SIGKILL else ""
        return f"was ended by signal {signal.Signals(-status).name}{killed}"
    return f"failed with exit status {status}"


def read_plot(folder: Path, deck: Deck, engine: str, log: Sequence[str], text: str) -> RawPlot:
    """Return a plot of the raw file that a run wrote, or raise a SimulationError if there is none.

    It is the last one that has all vectors of the deck (a noise analysis ends with a plot of integrals), else the last.

    Parameters
    ----------
    engine, log, text
        Name and version of the engine, the lines that it printed and the text that it simulated, for the error.
    """
    if not (folder / RAW_FILE).is_file():
        raise failure(deck, engine, "ran without returning anything", log, folder, text)
    wanted = {vector_key(name) for name in deck.vectors}
    try:
        plots = read_raw(folder / RAW_FILE)
        return next((plot for plot in reversed(plots) if wanted <= set(map(vector_key, plot.vectors))), plots[-1])
    except SimulationError as error:
        raise failure(deck, engine, f"wrote no usable raw file ({error})", log, folder, text) from error


def wanted_values(plot: RawPlot, deck: Deck, engine: str, log: Sequence[str], folder: Path) -> npt.NDArray[np.float64]:
    """Return the values of the deck's vectors, (points, vectors), from a plot that may hold more."""
    columns = {vector_key(name): index for index, name in enumerate(plot.vectors)}
    missing = [name for name in deck.vectors if vector_key(name) not in columns]
    if missing:
        raise missing_vectors(deck, missing, engine, log, folder)
    return np.ascontiguousarray(plot.values[:, [columns[vector_key(name)] for name in deck.vectors]])
