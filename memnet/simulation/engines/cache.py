# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the results of finished decks in a folder, by content, so that no deck is simulated twice."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

import numpy as np

from memnet.errors import OutputError
from memnet.files import aside, remove_abandoned_parts
from memnet.netlist import Deck
from memnet.simulation.engines.base import Engine, EngineInfo, Progress, Result

DEFAULT_LIMIT_BYTES = 4 * 2**30
_FORMAT = "2"  # of the files; it is part of their names, so files in another format are never read
_SUFFIX = ".result"
_OURS = re.compile(rf"[0-9a-f]{{64}}(?:{re.escape(_SUFFIX)}|\.npz)")  # names of results, in format 1 with .npz
_DIGEST_SIZE = 65  # of SHA-256 in hexadecimal, and a line end
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedEngine:
    """An engine that keeps every result in a folder, and returns it for every equal deck.

    Decks are equal if their texts (which contain all inputs), dialects, vectors, engines and engine versions are. A
    file is written beside its target and renamed, so readers never see a part of a result, and several processes, on
    several machines, may share a folder. A file whose content is not what was written for its deck is not used: the
    deck is simulated again, and a line in the log names the file. If the folder grows beyond `limit_bytes`, the results
    used longest ago are removed.
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
        kept = _load(path, deck, self.limit_bytes)
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


def _load(path: Path, deck: Deck, limit_bytes: int) -> Result | None:
    """Return the result of a deck in its file; None if there is no file, or (said in the log) if it is not to be used.

    A file has three parts: a digest of the others and a line end, a line of JSON, and axis and values as doubles.
    """
    try:
        stat = path.stat()
        if not S_ISREG(stat.st_mode) or stat.st_size > limit_bytes:
            raise ValueError("it is no file, or a larger one than the folder may keep")
        result = _read(path.read_bytes(), path.stem, deck)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or error or type(error).__name__
        _log.warning("memnet: %s: not used (%s); %s is simulated again", path, reason, deck.name)
        return None
    with suppress(OSError):
        os.utime(path)  # the time of its last use, for `_shrink`
    return result


def _read(content: bytes, key: str, deck: Deck) -> Result:
    """Return the result in a file's bytes; raise an error where they are not what `_store` wrote for this deck."""
    if content[:_DIGEST_SIZE] != _digest(content[_DIGEST_SIZE:]):
        raise ValueError("its content is not what was written")
    line, _, data = content[_DIGEST_SIZE:].partition(b"\n")
    about = json.loads(line)
    if about["key"] != key:
        raise ValueError("it is the result of another deck")
    table = np.frombuffer(data, dtype="<f8").reshape(-1, 1 + len(deck.vectors)).astype(np.float64)
    if len(table) == 0 or len(table) != (deck.points or len(table)) or not np.isfinite(table).all():
        raise ValueError("it has not the points that the deck asks for, or not all of them are finite")
    engine, solver, notes = str(about["engine"]), str(about["solver"]), [str(note) for note in about["notes"]]
    return Result(
        axis=table[:, 0].copy(),
        values=np.ascontiguousarray(table[:, 1:]),
        engine=engine,
        solver=solver,
        wall_s=0.0,
        notes=(*notes, "found in the cache"),
    )


def _store(path: Path, result: Result) -> None:
    """Write a result beside its file and rename it; on a full disk, the result is not kept and no error is raised.

    A link in the place of the file is replaced: nothing outside the folder is written.
    """
    about = {"key": path.stem, "engine": result.engine, "solver": result.solver, "notes": result.notes}
    table = np.column_stack([result.axis, result.values]).astype("<f8")
    content = json.dumps(about).encode() + b"\n" + table.tobytes()
    with suppress(OSError):
        if path.is_symlink():
            path.unlink()
        with aside(path) as temporary:
            temporary.write_bytes(_digest(content) + content)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"


def _shrink(folder: Path, limit_bytes: int) -> None:
    """Remove the results used longest ago until the others fit into `limit_bytes`; other files stay."""
    sizes = {path: stat for path in folder.iterdir() if _OURS.fullmatch(path.name) and (stat := _stat(path))}
    excess = sum(stat.st_size for stat in sizes.values()) - limit_bytes
    for path in sorted(sizes, key=lambda path: sizes[path].st_mtime):
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= sizes[path].st_size


def _stat(path: Path) -> os.stat_result | None:
    """Return size and time of a file; None of what is none, or was removed by another process."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat if S_ISREG(stat.st_mode) else None
