"""Results and the engine protocol with its registry; knows no simulator and nothing of what a deck models."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from memnet.errors import ConvergenceError, SimulationError
from memnet.netlist import Deck

Progress = Callable[[float], None]
LOG_LINES = 20
INSTALL_HINT = (
    "run scripts/install_ngspice.sh (or make setup) in memnet's repository, or install the packages ngspice and "
    "libngspice0 in version 42 or newer and, where they lie elsewhere, name their folder in MEMNET_NGSPICE"
)
_NOT_CONVERGED = re.compile(
    r"timestep too small|no convergence|iteration limit|singular matrix|failed to converge|solution failed"
    r"|could not be simulated",
    re.IGNORECASE,
)
_NOTE = re.compile(r"^\s*(note|warning)\b|stepping|no \.measure possible", re.IGNORECASE)
_CHATTER = re.compile(r"no compatibility mode|there is no circuit loaded|can't find the initialization", re.IGNORECASE)
_SOLVER_CHOSEN = re.compile(r"^\.options?\b.*\b(klu|sparse)\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The wanted vectors of one run: complete and finite, or there is no result."""

    axis: npt.NDArray[np.float64]  # (points,) sweep value, or time in s
    values: npt.NDArray[np.float64]  # (points, vectors) V or A, in the order of Deck.vectors
    engine: str  # name and version
    solver: str  # what solved the linear systems: 'KLU', 'Sparse 1.3', ...
    wall_s: float
    notes: tuple[str, ...]  # what the simulator remarked


class Engine(Protocol):
    """Something that simulates decks; its instances can be sent to worker processes."""

    @property
    def name(self) -> str:
        """Return what `--engine` calls it."""
        ...

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck.

        Parameters
        ----------
        deck : Deck
        progress : callable, optional
            Called with the fraction done, now and then, by engines that know it.

        Raises
        ------
        ConvergenceError
            If the simulator found no solution.
        SimulationError
            If anything else kept it from returning every vector, complete and finite. Both name the deck, quote the
            end of the log and the directory that keeps the deck.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What `memnet engines` tells about one engine."""

    name: str
    available: bool
    version: str  # '46', '' where it is not here
    klu: bool  # it solves with KLU
    path: str  # the library, executable or package that runs
    note: str  # one sentence: what is missing or lacking and how to get it; '' if nothing


def solver_options(text: str, klu: bool) -> str:
    """Return the deck's text with `.options klu` after the title, where KLU is here and the deck chooses no solver."""
    if not klu or _SOLVER_CHOSEN.search(text):
        return text
    title, newline, rest = text.partition("\n")
    return f"{title}{newline}.options klu\n{rest}"


def solver_used(log: Iterable[str]) -> str:
    """Read from the log which direct solver ran; versions before 42 have only Sparse 1.3 and say nothing."""
    return "KLU" if any("Using KLU" in line for line in log) else "Sparse 1.3"


def vector_key(name: str) -> str:
    """Reduce a vector's name to one form: 'V(N1)', 'v(n1)' and 'n1' to 'n1'; 'i(e3)' and 'e3#branch' to 'e3#branch'."""
    lower = name.strip().lower()
    if lower.startswith("v(") and lower.endswith(")"):
        return lower[2:-1]
    if lower.startswith("i(") and lower.endswith(")"):
        return f"{lower[2:-1]}#branch"
    return lower


def notes_from(log: Iterable[str], deck: Deck, solver: str, klu: bool) -> tuple[str, ...]:
    """Pick the simulator's remarks out of its log, each once, and add what the lack of KLU costs."""
    remarks = dict.fromkeys(line.strip() for line in log if _NOTE.search(line) and not _CHATTER.search(line))
    notes = list(remarks)[:LOG_LINES]
    if solver != "KLU" and not klu:
        notes.append(
            f"{deck.name}: solved without KLU, about {deck.text.count(chr(10))} elements; crossbars with wire "
            f"resistance take 40 times longer or more so (64x128: 19 s against 0.44 s): {INSTALL_HINT}"
        )
    return tuple(notes)


def checked(
    deck: Deck, axis: npt.NDArray[np.float64], values: npt.NDArray[np.float64], engine: str, log: Sequence[str]
) -> None:
    """Raise SimulationError unless there are as many points as the deck asks for and every value is finite."""
    if len(axis) == 0 or (deck.points is not None and len(axis) != deck.points):
        wanted = "at least one" if deck.points is None else str(deck.points)
        raise failure(deck, engine, f"returned {len(axis)} points where {wanted} are expected", log)
    if not np.isfinite(values).all():
        point, column = (int(index[0]) for index in np.nonzero(~np.isfinite(values)))
        raise failure(deck, engine, f"{deck.vectors[column]} is not finite at point {point}", log)


def missing_vectors(deck: Deck, missing: Sequence[str], engine: str, log: Sequence[str]) -> SimulationError:
    """Return the error for vectors that a run did not produce."""
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return failure(deck, engine, f"returned no {', '.join(missing[:5])}{more}: no such node or branch in the deck", log)


def failure(
    deck: Deck, engine: str, reason: str, log: Sequence[str], folder: Path | None = None, text: str | None = None
) -> SimulationError:
    """Keep the deck and the log in a directory and return the error that says so.

    Parameters
    ----------
    deck, engine, reason
        What was simulated, by whom, and what went wrong.
    log : sequence of str
        The simulator's lines; the last 20 are quoted, and decide between SimulationError and ConvergenceError.
    folder : Path, optional
        A directory that keeps the run already; a new temporary one by default.
    text : str, optional
        The text that really ran, if not the deck's own.
    """
    if folder is None:
        safe = re.sub(r"[^A-Za-z0-9.-]+", "-", deck.name)[-60:].strip("-") or "deck"
        folder = Path(tempfile.mkdtemp(prefix=f"memnet-{safe}-"))
    where = f"its deck is kept in {folder}"
    try:
        (folder / "deck.cir").write_text(text or deck.text)
        (folder / "log.txt").write_text("\n".join(log) + "\n")
    except OSError as error:
        where = f"its deck could not be kept in {folder} ({error.strerror})"
    tail = "".join(f"\n  | {line.rstrip()}" for line in list(log)[-LOG_LINES:])
    kind = ConvergenceError if any(_NOT_CONVERGED.search(line) for line in log) else SimulationError
    return kind(f"{deck.name}: {engine} {reason}; {where}; the end of the log:{tail or ' (empty)'}")
