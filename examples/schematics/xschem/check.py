#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what a simulator gave for this circuit with expected.csv; needs Python 3.8 or newer and nothing else.

    python check.py [TABLE]

TABLE is a text table with a line of names (any CSV; columns with spaces between, such as those of ngspice's wrdata and
print and of Xyce's .prn), or a SPICE raw file (ngspice, VACASK, LTspice). Without it, the file is taken that README.md
names. Exit status: 0 where every output is as near as manifest.json permits, 1 where one is not or is missing, 2 where
there is no such table.
"""

from __future__ import annotations

import csv
import json
import struct
import sys
from pathlib import Path
from typing import Any, Dict, List

Columns = Dict[str, List[float]]  # by name
Images = Dict[int, List[float]]  # volts of each output, by number of the image
HERE = Path(__file__).resolve().parent
IMAGES = ("image", "v-sweep", "vimage", "sweep")  # what tools call the number of the image in a dc sweep
SHIFT = 1e-6  # of an image's time: how much earlier than its end a transient may stop


class Problem(Exception):
    """A table that cannot be compared; the message says why."""


def plain(name: str) -> str:
    """Return the name of a vector as the net's alone, in lower case: classifier_0 for V(CLASSIFIER_0).

    ngspice's print leaves the bracket out at the end of a long name.
    """
    name = name.strip().strip("\"'").lower()
    return name[2:].rstrip(")") if name.startswith("v(") else name


def read(path: Path) -> Columns:
    """Return the columns of a table or raw file, lists of numbers by name."""
    data = path.read_bytes()
    if data.startswith((b"Title:", "Title:".encode("utf-16-le"))):
        return read_raw(data)
    return read_text(data.decode("utf-8", errors="replace"))


def read_text(text: str) -> Columns:
    """Return the columns of a text table; ngspice's print repeats lines of names, and splits a table into several."""
    tables: dict[tuple[str, ...], list[list[float]]] = {}
    names: tuple[str, ...] = ()
    for line in text.splitlines():
        words = next(csv.reader([line]), []) if "," in line else line.split()
        numbers = [number(word) for word in words]
        if words and None not in numbers and len(words) == len(names):
            tables.setdefault(names, []).append([value for value in numbers if value is not None])
        elif any(c.isalpha() for c in line) and all(value is None for value in numbers):
            names = tuple(plain(word) for word in words)
    columns: Columns = {}
    for names, rows in tables.items():
        for at, name in enumerate(names):
            columns.setdefault(name, [row[at] for row in rows])
    return columns


def number(word: str) -> float | None:
    """Return the number that a word is, None for any other word."""
    try:
        return float(word)
    except ValueError:
        return None


def read_raw(data: bytes) -> Columns:
    """Return the columns of the last plot in a SPICE raw file, binary or text, LTspice's included."""
    wide = data.startswith("Title:".encode("utf-16-le"))
    columns: Columns = {}
    position = 0
    while position < len(data):
        head, kind, position = raw_head(data, position, wide)
        if not head:
            break
        names = [plain(line.split()[1]) for line in head["variables"]]
        points = int(head["no. points"])
        if "complex" in head["flags"]:
            raise Problem("it has complex numbers, of an ac analysis")
        if kind == "binary":
            # LTspice keeps all but the axis in four bytes, unless the plot says "double".
            short = wide and "double" not in head["flags"]
            row = struct.Struct("<d" + ("f" if short else "d") * (len(names) - 1))
            if position + points * row.size > len(data):
                raise Problem("it ends before its last point")
            rows: list[Any] = [row.unpack_from(data, position + at * row.size) for at in range(points)]
            position += points * row.size
        else:
            words = data[position:].decode("utf-16-le" if wide else "utf-8", errors="replace").split()
            step = len(names) + 1  # each point begins with its number
            rows = [[float(word) for word in words[at * step + 1 : (at + 1) * step]] for at in range(points)]
            position = len(data)
        columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    if "time" in columns:
        columns["time"] = [abs(time) for time in columns["time"]]  # LTspice marks points by a sign
    return columns


def raw_head(data: bytes, position: int, wide: bool) -> tuple[dict[str, Any], str, int]:
    """Return the lines at the head of a plot by their names, how its values are written, and where they begin."""
    code, newline = ("utf-16-le", b"\n\0") if wide else ("utf-8", b"\n")
    head: dict[str, Any] = {"variables": []}
    listing = False
    while position < len(data):
        end = data.find(newline, position)
        end = len(data) if end < 0 else end
        line = data[position:end].decode(code, errors="replace").strip()
        position = end + len(newline)
        name, _, value = line.partition(":")
        if name.lower() in ("binary", "values") and not value.strip():
            return head, name.lower(), position
        if name.lower() == "variables":
            listing = True
        elif listing and line:
            head["variables"].append(line)
        elif line:
            head[name.lower()] = value.strip().lower()
    return {}, "", position


def by_image(columns: Columns, outputs: list[str], manifest: dict[str, Any]) -> Images:
    """Return the voltages of each image that the table has, by its number: one for each output."""
    missing = [name for name in outputs if name not in columns]
    if missing:
        raise Problem(f"it has no column {missing[0]}; its columns are {', '.join(list(columns)[:12]) or 'none'}")
    rows = list(zip(*(columns[name] for name in outputs)))
    if manifest["analysis"] == "transient":
        if "time" not in columns:
            raise Problem("it has no column time, which a transient needs")
        return at_ends(columns["time"], rows, manifest["image_s"], manifest["images"])
    axis: Any = next((columns[name] for name in IMAGES if name in columns), None)
    if axis is None:
        if len(rows) != manifest["images"]:
            raise Problem(
                f"it has {len(rows)} rows for {manifest['images']} images and no column {' or '.join(IMAGES[:2])} that "
                "says which is which"
            )
        axis = range(len(rows))
    return {round(image): list(row) for image, row in zip(axis, rows)}


def at_ends(times: list[float], rows: list[Any], image_s: float, images: int) -> Images:
    """Return the voltages at the end of each image's time in a transient, on straight lines between points."""
    found: Images = {}
    at = 0
    for image in range(images):
        end = (image + 1) * image_s
        while at < len(times) and times[at] < end:
            at += 1
        if at < len(times) and at > 0:
            share = (end - times[at - 1]) / ((times[at] - times[at - 1]) or 1.0)
            found[image] = [a + (b - a) * share for a, b in zip(rows[at - 1], rows[at])]
        elif at > 0 and times[-1] >= end - SHIFT * image_s:
            found[image] = list(rows[-1])
    return found


def expected(path: Path) -> tuple[list[str], list[list[float]]]:
    """Return the outputs to expect for each image: their names, and rows of volts."""
    with path.open(newline="") as stream:
        head, *rows = csv.reader(stream)
    first = head.index("class") + 1
    return head[first:], [[float(value) for value in row[first:]] for row in rows]


def compare(found: Images, wanted: list[list[float]], outputs: list[str], permitted: dict[str, float]) -> bool:
    """Print the largest deviation of each output, and return whether all are permitted and every image is there."""
    missing = [image for image in range(len(wanted)) if image not in found]
    width = max(len(name) for name in outputs)
    right = not missing
    for at, name in enumerate(outputs):
        worst, where = 0.0, None
        for image, row in enumerate(wanted):
            if image in found:
                deviation = abs(found[image][at] - row[at])
                if worst == worst and (where is None or not deviation <= worst):  # the first that is no number stays
                    worst, where = deviation, image
        fine = worst <= permitted[name]
        right = right and fine
        verdict = "" if fine else "  TOO FAR"
        print(f"{name:{width}}  {worst:.3g} V at image {where}, permitted {permitted[name]:.3g} V{verdict}")
    if missing:
        shown = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
        print(f"images without outputs: {shown}")
    return right


def main(arguments: list[str]) -> int:
    """Compare the table that the command names and return the exit status."""
    try:
        manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
        outputs, wanted = expected(HERE / "expected.csv")
        if len(arguments) > 1 or not (arguments or manifest["table"]) or arguments[:1] in (["-h"], ["--help"]):
            print((__doc__ or "").strip(), file=sys.stderr)
            return 2
        path = Path(arguments[0]) if arguments else HERE / manifest["table"]
        try:
            found = by_image(read(path), outputs, manifest)
        except (Problem, ValueError, KeyError, IndexError) as error:
            print(f"{path}: cannot be compared: {error}", file=sys.stderr)
            return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}: run the simulator first, or name its table", file=sys.stderr)
        return 2
    right = compare(found, wanted, outputs, manifest["tolerance_v"])
    print(f"{len(wanted)} images: {'all outputs are as expected' if right else 'NOT as expected'}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
