"""Engine `embedded`: neospice, a SPICE engine that pip installs, for machines without ngspice; knows no models.

What it lacks beside ngspice: KLU and any other fast solver for large coupled matrices (wire resistance), XSPICE,
`.control` sections, progress. It skips lines it does not understand with a remark on standard error and simulates the
rest, so here every such remark is an error.
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
)

_LACKS = "lacks KLU, progress and time-outs: right for small decks, slow for crossbars with wire resistance"
_lock = threading.Lock()  # standard error is redirected for the whole process


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedEngine:
    """neospice in this process."""

    name: ClassVar[str] = "embedded"

    @classmethod
    def describe(cls) -> EngineInfo:
        """Say whether neospice is installed, and what it lacks."""
        found = importlib.util.find_spec("neospice")
        return EngineInfo(
            name=cls.name,
            available=found is not None,
            version=version("neospice") if found else "",
            klu=False,
            path=str(found.origin) if found else "",
            note=_LACKS if found else "neospice is not here: pip install 'memnet-spice[embedded]'",
        )

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck; see `memnet.simulation.engines.Engine`. It knows no progress."""
        try:
            import neospice
        except ImportError as missing:
            raise EngineNotFound(f"engine embedded: {self.describe().note} ({missing})") from missing
        started = time.perf_counter()
        engine = f"neospice {version('neospice')}"
        simulator = vars(neospice)["Simulator"]()  # its types do not export it
        with _lock:
            circuit, log, error = _listen(lambda: simulator.parse(deck.text))
            skipped = next((line for line in log if "skipping" in line), None)
            if error is not None or skipped is not None:
                raise failure(deck, engine, f"refused the deck ({error or skipped})", log)
            done, said, error = _listen(lambda: simulator.run(circuit))
        log += said
        if error is not None:
            raise failure(deck, engine, f"found no result ({error})", [*log, str(error)])
        axis, values = _pick(done, deck, engine, log)
        checked(deck, axis, values, engine, log)
        return Result(
            axis=axis,
            values=values,
            engine=engine,
            solver="NeoSolver",
            wall_s=time.perf_counter() - started,
            notes=(*notes_from(log, deck, "NeoSolver", klu=True), f"{_LACKS}; for those {INSTALL_HINT}"),
        )


def _listen(action: Callable[[], Any]) -> tuple[Any, list[str], Exception | None]:
    """Do it and catch what it writes to standard error, which it does below Python, and what it raises."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as heard:
        kept = os.dup(2)
        os.dup2(heard.fileno(), 2)
        result, error = None, None
        try:
            result = action()
        except (RuntimeError, ValueError, KeyError) as raised:
            error = raised
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        heard.seek(0)
        return result, heard.read().decode(errors="replace").splitlines(), error


def _pick(
    done: Any,  # noqa: ANN401  (neospice has no types)
    deck: Deck,
    engine: str,
    log: list[str],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    analysis = done.dc_sweep or done.transient or done.dc
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
