# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of kept results whose files were damaged, exchanged or replaced: what is asked of them stays right."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fuzzing.damage import damaged, other_file
from fuzzing.trial import Random, Trial
from memnet.netlist import Deck
from memnet.simulation.engines import EngineInfo, Result, cached

_OUTSIDE = b"a file outside the folder of results"


@dataclass(frozen=True)
class Digest:
    """An engine whose results follow from the text of a deck alone."""

    name: ClassVar[str] = "digest"
    dialects: ClassVar[tuple[str, ...]] = ("ngspice",)

    @classmethod
    def describe(cls) -> EngineInfo:
        """Return what `memnet engines` lists about it."""
        return EngineInfo(name="digest", available=True, version="1", klu=False, path="", note="")

    def run(self, deck: Deck, progress: Callable[[float], None] | None = None) -> Result:
        """Return numbers made of the deck's digest."""
        digest = hashlib.sha256(deck.text.encode()).digest()
        points = deck.points or 7
        values = np.resize(np.frombuffer(digest, np.uint8), (points, len(deck.vectors))).astype(float)
        return Result(
            axis=np.arange(points, dtype=float), values=values, engine="digest 1", solver="none", wall_s=1.0, notes=()
        )


def trial(random: Random, folder: Path) -> Trial:
    """Return a folder with the results of a few decks, in which something was changed."""
    decks = [
        Deck(
            name=f"deck {index}",
            text=f"* {random.random()}\nr1 a 0 1\n.end\n",
            vectors=("v(a)", "v(b)")[: random.choice((1, 2, 2))],
            points=random.choice((1, 5, 5, None)),
        )
        for index in range(3)
    ]
    outside = folder / "outside"
    outside.write_bytes(_OUTSIDE)
    engine = cached(Digest(), folder / "kept")
    for deck in decks:
        engine.run(deck)
    name = random.choice(tuple(_CHANGES))
    _CHANGES[name](sorted((folder / "kept").iterdir()), random)

    def read() -> list[Result]:
        return [engine.run(deck) for deck in decks for _ in range(2)]

    def right(results: list[Result]) -> bool:
        wanted = [Digest().run(deck) for deck in decks for _ in range(2)]
        return outside.read_bytes() == _OUTSIDE and all(
            np.array_equal(result.axis, true.axis) and np.array_equal(result.values, true.values)
            for result, true in zip(results, wanted, strict=True)
        )

    return Trial(about=name, read=read, right=right, must="be read")


def _exchange(files: list[Path], random: Random) -> None:
    one, other = random.sample(files, 2)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def _replace(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def _as_folder(files: list[Path], random: Random) -> None:
    file = random.choice(files)
    file.unlink()
    file.mkdir()


def _as_link(files: list[Path], random: Random) -> None:
    file = random.choice(files)
    file.unlink()
    file.symlink_to(random.choice((file.parent.parent / "outside", file.parent / "nowhere", file.name)))


def _gone(files: list[Path], random: Random) -> None:
    shutil.rmtree(files[0].parent)
    files[0].parent.mkdir()


_CHANGES: dict[str, Callable[[list[Path], Random], Any]] = {
    "damaged": lambda files, r: _replace(file := r.choice(files), damaged(file.read_bytes(), r)),
    "cut": lambda files, r: _replace(file := r.choice(files), file.read_bytes()[: r.randrange(200)]),
    "exchanged": _exchange,
    "copied": lambda files, r: _replace(r.choice(files), r.choice(files).read_bytes()),
    "another file": lambda files, r: _replace(r.choice(files), other_file(r)),
    "a folder": _as_folder,
    "a link": _as_link,
    "gone": _gone,
    "a file more": lambda files, r: _replace(files[0].with_name(r.choice((".x", "y.npz", "y.result"))), other_file(r)),
    "as it was": lambda files, r: None,
}
