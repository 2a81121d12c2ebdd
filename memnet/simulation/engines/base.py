# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of all engines, their results, and the checks and error messages that they share."""

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
from memnet.netlist import DIALECTS, Deck

Progress = Callable[[float], None]
LOG_LINES = 20
INSTALL_HINT = (
    "run memnet engines --install, or install the packages ngspice and libngspice0 in version 42 or newer and, where "
    "they lie elsewhere, name their folder in MEMNET_NGSPICE"
)
_NOT_CONVERGED = re.compile(
    r"time ?step too small|no convergence|iteration limit|singular matrix|failed to converge|solution failed"
    r"|could not be simulated|failed dc sweep steps|operating point failed",
    re.IGNORECASE,
)
_NOTE = re.compile(r"^\s*(note|warning)\b|stepping|no \.measure possible", re.IGNORECASE)
_CHATTER = re.compile(r"no compatibility mode|there is no circuit loaded|can't find the initialization", re.IGNORECASE)
_SOLVER_CHOSEN = re.compile(r"^\.options?\b.*\b(klu|sparse)\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The vectors of one run; all of them are complete and finite."""

    axis: npt.NDArray[np.float64]  # (points,) sweep value, or time in s
    values: npt.NDArray[np.float64]  # (points, vectors) V or A, in the order of Deck.vectors
    engine: str  # name and version
    solver: str  # what solved the linear systems: 'KLU', 'Sparse 1.3', ...
    wall_s: float
    notes: tuple[str, ...]  # remarks of the simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What `memnet engines` lists about one engine."""

    name: str
    available: bool
    version: str  # '46'; '' if the engine is not available
    klu: bool  # whether it solves with KLU, which is fast for large coupled matrices
    path: str  # of the library, executable or package
    note: str  # one sentence: what is missing and how to get it; '' if nothing is


class Engine(Protocol):
    """Something that simulates decks; its instances can be sent to worker processes."""

    @property
    def name(self) -> str:
        """Return the name that `--engine` takes."""
        ...

    @property
    def dialects(self) -> tuple[str, ...]:
        """Return the names of the dialects that it reads; `run` refuses decks in another one, see `refuse_foreign`."""
        ...

    def describe(self) -> EngineInfo:
        """Return what `memnet engines` lists about it; a class method, which `find_engine` asks of the class."""
        ...

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck.

        Parameters
        ----------
        deck : Deck
        progress : callable, optional
            Called now and then with the fraction done, by engines that can measure it.

        Returns
        -------
        Result
            The vectors that the deck lists.

        Raises
        ------
        ConvergenceError
            If the simulator found no solution.
        SimulationError
            If it did not return every vector, complete and finite, for any other reason. The texts of both errors have
            the name of the deck, the end of the log and the directory that keeps the deck; a refusal of a deck in
            another dialect has the names of both dialects.
        """
        ...


def refuse_foreign(engine: Engine, deck: Deck) -> None:
    """Raise SimulationError unless a deck is in a dialect that an engine reads."""
    if deck.dialect not in engine.dialects:
        raise SimulationError(
            f"{deck.name}: the deck is written in the dialect {deck.dialect}, and the engine {engine.name} reads "
            f"{' and '.join(engine.dialects)} only: give it such a deck, or choose an engine that reads {deck.dialect}"
        )


def why_no_transients(engine: Engine) -> str:
    """Return why an engine cannot run the transients of memnet's circuits, its attribute `no_transients`; '' if it can.

    Engines without the attribute can.
    """
    return str(getattr(engine, "no_transients", ""))


def deck_dialect(engine: Engine) -> str:
    """Return the dialect that decks for an engine are written in: the first of its own that decks are written in.

    Raises
    ------
    SimulationError
        it reads none of these
    """
    written = [name for name, dialect in DIALECTS.items() if dialect.decks]
    if not set(written) & set(engine.dialects):
        raise SimulationError(
            f"the engine {engine.name} reads {' and '.join(engine.dialects)} only, and decks are written in "
            f"{' and '.join(written)}: choose an engine that reads one of these"
        )
    return next(name for name in engine.dialects if name in written)


def solver_options(text: str, klu: bool) -> str:
    """Return the deck's text, with `.options klu` after the title if there is KLU and the deck chooses no solver."""
    if not klu or _SOLVER_CHOSEN.search(text):
        return text
    title, newline, rest = text.partition("\n")
    return f"{title}{newline}.options klu\n{rest}"


def solver_used(log: Iterable[str]) -> str:
    """Return the linear solver that ran, from the log; versions before 42 have only Sparse 1.3 and do not name it."""
    return "KLU" if any("Using KLU" in line for line in log) else "Sparse 1.3"


def vector_key(name: str) -> str:
    """Reduce a vector's name to one form: 'V(N1)', 'v(n1)' and 'n1' to 'n1'; 'i(e3)' and 'e3#branch' to 'e3#branch'."""
    lower = name.strip().lower()
    if lower.startswith("v(") and lower.endswith(")"):
        return lower[2:-1]
    if lower.startswith("i(") and lower.endswith(")"):
        return f"{lower[2:-1]}#branch"
    return lower


def imaginary_of(name: str) -> str | None:
    """Return the vector that one called `imag(...)` is the imaginary part of; None for any other."""
    return name[len("imag(") : -1] if name.startswith("imag(") and name.endswith(")") else None


def notes_from(log: Iterable[str], deck: Deck, solver: str, klu: bool) -> tuple[str, ...]:
    """Return the simulator's remarks from its log, each once, and a note on speed if there is no KLU."""
    remarks = dict.fromkeys(line.strip() for line in log if _NOTE.search(line) and not _CHATTER.search(line))
    notes = list(remarks)[:LOG_LINES]
    if solver != "KLU" and not klu:
        notes.append(
            f"{deck.name}: solved without KLU, about {deck.text.count(chr(10))} elements; crossbars with wire "
            f"resistance take 40 times longer or more so (64x128: 19 s against 0.44 s): {INSTALL_HINT}"
        )
    return tuple(notes)


def checked(
    deck: Deck,
    axis: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    engine: str,
    log: Sequence[str],
    folder: Path | None = None,
) -> None:
    """Raise SimulationError unless there are as many points as the deck asks for and every value is finite."""
    if len(axis) == 0 or (deck.points is not None and len(axis) != deck.points):
        wanted = "at least one" if deck.points is None else str(deck.points)
        raise failure(deck, engine, f"returned {len(axis)} points where {wanted} are expected", log, folder)
    if not np.isfinite(values).all():
        point, column = (int(index[0]) for index in np.nonzero(~np.isfinite(values)))
        raise failure(deck, engine, f"{deck.vectors[column]} is not finite at point {point}", log, folder)


def missing_vectors(
    deck: Deck, missing: Sequence[str], engine: str, log: Sequence[str], folder: Path | None = None
) -> SimulationError:
    """Return the error for vectors that a run did not produce."""
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    reason = f"returned no {', '.join(missing[:5])}{more}: no such node or branch in the deck"
    return failure(deck, engine, reason, log, folder)


def failure(
    deck: Deck, engine: str, reason: str, log: Sequence[str], folder: Path | None = None, text: str | None = None
) -> SimulationError:
    """Keep the deck and the log in a directory and return an error that names the directory.

    Parameters
    ----------
    deck, engine, reason
        What was simulated, by which engine, and what went wrong.
    log : sequence of str
        The simulator's lines. The last 20 are quoted; the error is a ConvergenceError if any line reports that no
        solution was found.
    folder : Path, optional
        A directory that holds the run already; by default a new temporary one.
    text : str, optional
        The text that was simulated, if it differs from the deck's.
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
