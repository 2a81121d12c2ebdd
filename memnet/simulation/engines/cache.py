# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the results of finished decks in a folder, by content, so that no deck is simulated twice."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from memnet.errors import OutputError
from memnet.files import aside, remove_abandoned_parts
from memnet.netlist import Deck
from memnet.simulation.engines.base import Engine, EngineInfo, Progress, Result

DEFAULT_LIMIT_BYTES = 4 * 2**30
_FORMAT = "1"  # of the files; it is part of their names, so files in another format are never read
_SUFFIX = ".npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedEngine:
    """An engine that keeps every result in a folder, and returns it for every equal deck.

    Decks are equal if their texts (which contain all inputs), dialects, vectors, engines and engine versions are. A
    file is written beside its target and renamed, so readers never see a part of a result, and several processes, on
    several machines, may share a folder. If the folder grows beyond `limit_bytes`, the results used longest ago are
    removed.
    """

    engine: Engine
    folder: Path
    version: str
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    @property
    def name(self) -> str:
        """Return the name of the engine that simulates."""
        return self.engine.name

    @property
    def dialects(self) -> tuple[str, ...]:
        """Return the dialects that this engine reads."""
        return self.engine.dialects

    def describe(self) -> EngineInfo:
        """Return what `memnet engines` lists about the engine that simulates."""
        return self.engine.describe()

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Return the kept result of a deck, or simulate it; see `memnet.simulation.engines.Engine`."""
        path = self.folder / f"{self.key(deck)}{_SUFFIX}"
        kept = _load(path)
        if kept is not None:
            return kept
        result = self.engine.run(deck, progress)
        _store(path, result)
        _shrink(self.folder, self.limit_bytes)
        return result

    def key(self, deck: Deck) -> str:
        """Return a digest of the deck and the engine: the name of the result's file, without suffix."""
        digest = hashlib.sha256()
        kind = (_FORMAT, self.engine.name, self.version, deck.dialect)
        for text in (*kind, str(deck.points), "\n".join(deck.vectors), deck.text):
            digest.update(f"{len(text)}:".encode())
            digest.update(text.encode())
        return digest.hexdigest()


def cached(engine: Engine, folder: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> CachedEngine:
    """Return an engine that keeps the results of `engine` in a folder, which is created if needed.

    Raises
    ------
    OutputError
        the folder cannot be created or written to
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            remove_abandoned_parts(folder)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot keep results there ({error.strerror}); choose another folder with --cache"
        ) from error
    info = engine.describe()
    version = f"{info.version} {'KLU' if info.klu else ''}"
    return CachedEngine(engine=engine, folder=folder.resolve(), version=version, limit_bytes=limit_bytes)


def _load(path: Path) -> Result | None:
    """Return the result in a file; None if there is no file or it cannot be read."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            axis, values = stored["axis"], stored["values"]
        os.utime(path)  # the time of its last use, for `_shrink`
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return Result(
        axis=axis,
        values=values,
        engine=about["engine"],
        solver=about["solver"],
        wall_s=0.0,
        notes=(*about["notes"], "found in the cache"),
    )


def _store(path: Path, result: Result) -> None:
    """Write a result beside its file and rename it; on a full disk, the result is not kept and no error is raised."""
    about = json.dumps({"engine": result.engine, "solver": result.solver, "notes": list(result.notes)})
    with suppress(OSError), aside(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, about=np.array(about), axis=result.axis, values=result.values)


def _shrink(folder: Path, limit_bytes: int) -> None:
    """Remove the results used longest ago until the others fit into `limit_bytes`."""
    sizes = {path: stat for path in folder.glob(f"*{_SUFFIX}") if (stat := _stat(path))}
    excess = sum(stat.st_size for stat in sizes.values()) - limit_bytes
    for path in sorted(sizes, key=lambda path: sizes[path].st_mtime):
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= sizes[path].st_size


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # another process removed it
        return None
