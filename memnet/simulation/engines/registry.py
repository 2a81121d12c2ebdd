# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines by name, in order of preference."""

from __future__ import annotations

from typing import Protocol

from memnet.errors import EngineNotFound, UnknownEngine, as_known, choices
from memnet.simulation.engines.base import INSTALL_HINT, Engine, EngineInfo
from memnet.simulation.engines.batch import BatchEngine
from memnet.simulation.engines.embedded import EmbeddedEngine
from memnet.simulation.engines.ngspice import NgspiceEngine
from memnet.simulation.engines.xyce import XyceEngine


class EngineClass(Protocol):
    """A class of engines: calling it creates an engine, and `describe` returns whether engines of it run here."""

    def __call__(self) -> Engine:
        """Return an engine."""
        ...

    def describe(self) -> EngineInfo:
        """Return what `memnet engines` lists about it."""
        ...


# The order is the order of preference. An engine from outside is another entry.
ENGINES: dict[str, EngineClass] = {
    "ngspice": NgspiceEngine,
    "ngspice-batch": BatchEngine,
    "embedded": EmbeddedEngine,
    "xyce": XyceEngine,
}


def find_engine(name: str | Engine | None = None) -> Engine:
    """Return the engine of that name, with None the first of `ENGINES` that can run here, and an engine as it is.

    Raises
    ------
    UnknownEngine
        If the name is unknown; the text lists the names. It is an EngineNotFound too.
    EngineNotFound
        If something the engine needs is missing; the text says how to get it.
    """
    if name is not None and not isinstance(name, str):
        return name
    name = None if name is None else as_known(name, ENGINES)
    if name is not None and name not in ENGINES:
        raise UnknownEngine(f"unknown engine {name!r}: {choices(name, ENGINES)} (memnet engines says which are here)")
    lacking = []
    for candidate in [name] if name is not None else ENGINES:
        info = ENGINES[candidate].describe()
        if info.available:
            return ENGINES[candidate]()
        lacking.append(f"{candidate}: {info.note}")
    if name is not None:
        raise EngineNotFound(f"engine {lacking[0]}")
    once = "; ".join(lacking).replace(f": {INSTALL_HINT}", "")  # which several of them would say
    raise EngineNotFound(f"no engine can simulate here: {INSTALL_HINT} ({once})")


def engine_report() -> tuple[EngineInfo, ...]:
    """Return a description of every engine, available or not, in the order of preference."""
    return tuple(kind.describe() for kind in ENGINES.values())
