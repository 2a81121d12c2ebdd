# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine `embedded`: neospice, a SPICE engine that pip installs, for machines without ngspice.

Compared with ngspice it lacks KLU or another fast solver for large coupled matrices (wire resistance), XSPICE,
`.control` sections and progress. It skips lines that it does not understand, with a remark on standard error, and
simulates the rest; this engine raises an error at any such remark.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from memnet.errors import EngineNotFound
from memnet.netlist import Deck
from memnet.simulation.engines.base import (
    INSTALL_HINT,
    EngineInfo,
    Progress,
    Result,
    checked,
    failure,
    missing_vectors,
    notes_from,
    refuse_foreign,
)

_LACKS = "lacks KLU, progress and time-outs: right for small decks, slow for crossbars with wire resistance"
_lock = threading.Lock()  # standard error is redirected for the whole process


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedEngine:
    """neospice, running in this process."""

    name: ClassVar[str] = "embedded"
    dialects: ClassVar[tuple[str, ...]] = ("ngspice",)
    no_transients: ClassVar[str] = "transients of neospice 0.2.0 do not settle at its own dc solutions"

    @classmethod
    def describe(cls) -> EngineInfo:
        """Return whether neospice is installed, and what it lacks."""
        package = importlib.util.find_spec("neospice")
        return EngineInfo(
            name=cls.name,
            available=package is not None,
            version=version("neospice") if package else "",
            klu=False,
            path=str(package.origin) if package else "",
            note=_LACKS if package else "neospice is not here: pip install 'memnet-spice[embedded]'",
        )

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck; see `memnet.simulation.engines.Engine`. Never calls `progress`."""
        refuse_foreign(self, deck)
        try:
            import neospice
        except ImportError as missing:
            raise EngineNotFound(f"engine embedded: {self.describe().note} ({missing})") from missing
        started = time.perf_counter()
        engine = f"neospice {version('neospice')}"
        simulator = vars(neospice)["Simulator"]()  # the package's type stubs do not export the class
        with _lock:
            circuit, log, error = _captured(lambda: simulator.parse(deck.text))
            skipped = next((line for line in log if "skipping" in line), None)
            if error is not None or skipped is not None:
                raise failure(deck, engine, f"refused the deck ({error or skipped})", log)
            solution, lines, error = _captured(lambda: simulator.run(circuit))
        log += lines
        if error is not None:
            raise failure(deck, engine, f"found no result ({error})", [*log, str(error)])
        axis, values = _pick(solution, deck, engine, log)
        checked(deck, axis, values, engine, log)
        return Result(
            axis=axis,
            values=values,
            engine=engine,
            solver="NeoSolver",
            wall_s=time.perf_counter() - started,
            notes=(*notes_from(log, deck, "NeoSolver", klu=True), f"{_LACKS}; for those {INSTALL_HINT}"),
        )


def _captured(action: Callable[[], Any]) -> tuple[Any, list[str], Exception | None]:
    """Return the result of `action`, the lines that it writes to standard error, and the exception that it raises.

    neospice writes to the file descriptor of standard error, past `sys.stderr`, so the descriptor is redirected.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as captured:
        original = os.dup(2)
        os.dup2(captured.fileno(), 2)
        result, error = None, None
        try:
            result = action()
        except (RuntimeError, ValueError, KeyError) as raised:
            error = raised
        finally:
            os.dup2(original, 2)
            os.close(original)
        captured.seek(0)
        return result, captured.read().decode(errors="replace").splitlines(), error


def _pick(
    solution: Any,  # noqa: ANN401  (neospice has no types)
    deck: Deck,
    engine: str,
    log: list[str],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the axis (points,) and the values of the deck's vectors (points, vectors)."""
    analysis = solution.dc_sweep or solution.transient or solution.dc
    if analysis is None:
        raise failure(deck, engine, "found no .op, .dc or .tran to run", log)
    if not analysis.status.converged:
        raise failure(deck, engine, "found no result (no convergence)", [*log, "no convergence"])
    columns, missing = [], []
    for name in deck.vectors:
        kind, _, inner = name.strip().lower().rstrip(")").partition("(")
        try:
            column = analysis.current(inner) if kind == "i" else analysis.voltage(inner)
            columns.append(np.atleast_1d(np.asarray(column, dtype=np.float64)))
        except KeyError:
            missing.append(name)
    if missing:
        raise missing_vectors(deck, missing, engine, log)
    axis = np.array(getattr(analysis, "sweep_values", getattr(analysis, "time", [0.0])), dtype=np.float64)
    short = next((name for name, column in zip(deck.vectors, columns, strict=True) if len(column) != len(axis)), None)
    if short is not None:
        raise failure(deck, engine, f"returned {short} with other points than the axis", log)
    return axis, np.ascontiguousarray(np.array(columns).reshape(len(columns), len(axis)).T)
