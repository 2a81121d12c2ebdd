# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine `xyce`: starts Xyce for each deck, in a temporary directory.

Xyce reads a dialect of its own, in which decks are written for it. A point of a dc sweep that it does not solve is
left out of its results, and it goes on with the next; this engine raises an error that names the images left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from memnet.errors import EngineNotFound, SimulationError
from memnet.netlist import Deck
from memnet.simulation.engines.base import (
    EngineInfo,
    Progress,
    Result,
    checked,
    failure,
    missing_vectors,
    notes_from,
    refuse_foreign,
)
from memnet.simulation.engines.executable import RAW_FILE, ending, execute, read_plot, run_folder, wanted_values

NAMES = ("Xyce", "xyce")
_VARIABLE = "MEMNET_XYCE"
_MISSING = (
    f"Xyce is not on the path: install it (its makers' site xyce.sandia.gov has packages and sources) and, where it "
    f"lies elsewhere, name the executable or its folder in {_VARIABLE}"
)
_SOLVER = "KLU"  # of Xyce for circuits that one process solves
_PRINTED_PER_LINE = 40
_LISTED = 10  # images that an error names
_PROBE_TIMEOUT_S = 20
_VERSION = re.compile(r"Xyce\s+(?:Release\s+)?(\d[\w.]*|DEVELOPMENT\S*)")
_TRANSIENT = re.compile(r"^\.tran\b", re.IGNORECASE | re.MULTILINE)
# A line of the deck that Xyce refuses, or reads in another way than it is written, such as a resistor without a value.
_REFUSED = re.compile(r"^Netlist (?:error|warning) in file .*\n *(.*)|^Netlist error: *(.*)", re.MULTILINE)
_UNDEFINED = re.compile(r"undefined symbols? in \.PRINT command:((?:\s*(?:node|device) [^,\s]+,?)+)")
_FAILED_STEP = re.compile(r"DC Step # (\d+)")
# Of its printing, what says nothing about this run: progress, nets with one device, tables of counts and times.
_CHATTER = re.compile(
    r"^\s*$|^\*{5}|connected to only 1 device|^\s+\S.* level \d|^\s+-+$|^\s*Total \w|^\tNumber |(?:pass|fail) .* P:"
)
_END = "Timing summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class XyceEngine:
    """The executable of Xyce, started once per deck."""

    name: ClassVar[str] = "xyce"
    dialects: ClassVar[tuple[str, ...]] = ("xyce",)
    timeout_s: float | None = None

    @classmethod
    def describe(cls) -> EngineInfo:
        """Return which executable was found and whether it runs."""
        found = find_xyce()
        usable = found is not None and not found.complaint
        return EngineInfo(
            name=cls.name,
            available=usable,
            version=found.version if found else "",
            klu=usable,
            path=found.path if found else "",
            note=_note(found),
        )

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck; see `memnet.simulation.engines.Engine`. Never calls `progress`."""
        refuse_foreign(self, deck)
        found = find_xyce()
        if found is None or found.complaint:
            raise EngineNotFound(f"engine xyce: {_note(found)}")
        with run_folder(self.name) as folder:
            return self._run_in(folder, deck, found)

    def _run_in(self, folder: Path, deck: Deck, found: Installation) -> Result:
        started = time.perf_counter()
        engine = f"Xyce {found.version}"
        text = with_print(deck)
        (folder / "deck.cir").write_text(text)
        status, printed = execute([found.path, "-quiet", "deck.cir"], folder, timeout_s=self.timeout_s)
        log = told(printed)
        if status != 0 or _REFUSED.search(printed):
            raise _failed(deck, engine, status, printed, self.timeout_s, folder, text)
        plot = read_plot(folder, deck, engine, log, text)
        axis, values = plot.values[:, 0].copy(), wanted_values(plot, deck, engine, log, folder)
        checked(deck, axis, values, engine, log, folder)
        return Result(
            axis=axis,
            values=values,
            engine=engine,
            solver=_SOLVER,
            wall_s=time.perf_counter() - started,
            notes=notes_from(log, deck, _SOLVER, klu=True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One installed Xyce."""

    path: str
    version: str  # '7.8.0'; '' if it does not run
    complaint: str  # why it does not run; '' if it does


@cache
def find_xyce() -> Installation | None:
    """Return the Xyce that MEMNET_XYCE (a folder or an executable) names, or else that on the path, or None.

    Raises
    ------
    EngineNotFound
        MEMNET_XYCE names something that is not there, a folder without Xyce, or a file that is no Xyce
    """
    chosen = os.environ.get(_VARIABLE)
    if not chosen:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        return _probed(found) if found else None
    path = Path(chosen)
    if not path.exists():
        raise EngineNotFound(f"{_VARIABLE} names {path}, which is not there: correct or unset it")
    if path.is_dir():
        inside = [file for folder in (path, path / "bin") for name in NAMES if (file := folder / name).is_file()]
        if not inside:
            raise EngineNotFound(
                f"{_VARIABLE} names the folder {path}, which has no executable Xyce: correct or unset it"
            )
        path = inside[0]
    installation = _probed(str(path.resolve()))
    if installation.complaint:
        raise EngineNotFound(
            f"{_VARIABLE} names {path}, which is no Xyce that runs ({installation.complaint}): correct or unset it"
        )
    return installation


def _probed(path: str) -> Installation:
    """Run the executable at `path` for its version."""
    try:
        done = subprocess.run(
            [path, "-v"], capture_output=True, text=True, errors="replace", timeout=_PROBE_TIMEOUT_S, check=False
        )
        output, errors = done.stdout, done.stderr.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        output, errors = "", str(error)
    version = _VERSION.search(output)
    complaint = "" if version else (errors.splitlines() or ["it says no version"])[-1]
    return Installation(path=path, version=version[1] if version else "", complaint=complaint)


def _note(found: Installation | None) -> str:
    """Return one sentence on why there is no usable Xyce; '' if there is one."""
    if found is None:
        return _MISSING
    return f"{found.path} does not run: {found.complaint}" if found.complaint else ""


def with_print(deck: Deck) -> str:
    """Return the deck's text with a `.print` line after the title that writes the deck's vectors to a raw file."""
    title, _, rest = deck.text.partition("\n")
    kind = "tran" if _TRANSIENT.search(deck.text) else "dc"
    rows = [deck.vectors[at : at + _PRINTED_PER_LINE] for at in range(0, len(deck.vectors), _PRINTED_PER_LINE)]
    lines = "".join(f"+ {' '.join(row)}\n" for row in rows)
    return f"{title}\n.print {kind} format=raw file={RAW_FILE}\n{lines}{rest}"


def told(printed: str) -> list[str]:
    """Return the lines that Xyce printed about a run, without its progress and its tables of counts and times."""
    return [line for line in printed.partition(_END)[0].splitlines() if not _CHATTER.search(line)]


def _failed(
    deck: Deck, engine: str, status: int | None, printed: str, timeout_s: float | None, folder: Path, text: str
) -> SimulationError:
    """Return the error for a run that Xyce refused, did not solve in full, or did not end by itself."""
    log = told(printed)
    undefined = _UNDEFINED.search(printed)
    if undefined:
        return missing_vectors(deck, list(_named(deck.vectors, undefined[1])), engine, log, folder)
    refused = _REFUSED.search(printed)
    if refused:
        return failure(deck, engine, f"refused the deck ({refused[1] or refused[2]})", log, folder, text)
    left_out = [int(step) - 1 for step in _FAILED_STEP.findall(printed)]
    if left_out:
        return failure(deck, engine, f"found no solution for {_images(left_out, deck)}", log, folder, text)
    return failure(deck, engine, ending(status, timeout_s), log, folder, text)


def _named(vectors: Sequence[str], undefined: str) -> Iterator[str]:
    """Yield those of the vectors whose nodes or devices Xyce lists as undefined, 'node ZZ, device E9'."""
    names = {name.strip(",").lower() for name in undefined.split()}
    return (vector for vector in vectors if vector.strip().lower()[2:-1] in names)


def _images(points: Sequence[int], deck: Deck) -> str:
    """Return the images of some points of a deck's sweep in words, the first ten at most."""
    numbers = [str(deck.first_image + point) for point in points]
    more = f" and {len(points) - _LISTED} more" if len(points) > _LISTED else ""
    return f"image{'s' * (len(points) > 1)} {', '.join(numbers[:_LISTED])}{more}"
