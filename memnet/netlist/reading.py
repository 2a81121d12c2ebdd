# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an exported directory back as one deck, which memnet's engines can run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from memnet.errors import DataError
from memnet.netlist.deck import Deck
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.folder import MANIFEST

_INCLUDE = re.compile(r'\s*\.inc(?:lude)?\s+["\']?([^"\']+?)["\']?\s*$', re.IGNORECASE)


def read_export(folder: Path) -> Deck:
    """Return the testbench of an export in a dialect of decks as a deck, with all included files inlined.

    Raises
    ------
    DataError
        the folder is not an export, is written in another dialect, or lacks a file
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: no export of memnet, its {MANIFEST} cannot be read ({error})") from error
    read = {name: dialect for name, dialect in DIALECTS.items() if dialect.decks}
    dialect = read.get(str(manifest.get("dialect")))
    if dialect is None:
        raise DataError(
            f"{folder}: written for {manifest.get('dialect')}; the engines here read the dialects {' and '.join(read)}"
        )
    text = "".join(_without_control(_inlined(folder, f"testbench.{dialect.suffix}", ())))
    vectors = tuple(f"v({output})" for output in manifest["outputs"])
    points = int(manifest["images"]) if manifest["analysis"] == "dc" else None
    return Deck(name=str(manifest["title"]), text=text, vectors=vectors, points=points, dialect=dialect.name)


def _inlined(folder: Path, name: str, within: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a file, each include replaced by the lines of its file; `within` lists the including files."""
    if name in within:
        raise DataError(f"{folder / name}: includes itself through {' and '.join(within)}")
    try:
        with (folder / name).open(encoding="utf-8") as file:
            lines = list(file)  # which no other mark than a newline ends, as in ngspice
    except OSError as error:
        raise DataError(f"{folder / name}: cannot be read ({error.strerror}), but {within[-1:]} includes it") from error
    for line in lines:
        included = _INCLUDE.match(line)
        if included:
            yield from _inlined(folder, included[1], (*within, name))
        else:
            yield line


def _without_control(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines without `.control` sections: an engine starts the analysis itself."""
    inside = False
    for line in lines:
        word = line.strip().lower()
        inside = inside or word == ".control"
        if not inside:
            yield line
        inside = inside and word != ".endc"
