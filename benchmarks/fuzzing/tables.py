# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of conductances: as spreadsheets and programs write them, with slips, and damaged."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing.damage import damaged, other_file
from fuzzing.trial import Must, Random, Trial
from memnet.flow import Chip
from memnet.netlist import read_conductances, table_pieces

# Pools and skips: a chip whose table is short.
_CELL = [("skip_connect", 0), ("none", 1)] * 4
_SIEMENS = "conductance_siemens"
Row = dict[str, str]
Read = dict[str, list[Any]]


@cache
def _chip() -> Chip:
    text = f"Genotype(normal={_CELL}, normal_concat=[2], reduce={_CELL}, reduce_concat=[2])"
    return Chip.of(text, channels=1, layers=3)


@cache
def _table() -> tuple[Row, ...]:
    text = b"".join(table_pieces(_chip().circuit, _chip().placement)).decode()
    return tuple(csv.DictReader(io.StringIO(text)))


def trial(random: Random, folder: Path) -> Trial:
    """Return a table."""
    parquet = 3 * bool(find_spec("pyarrow"))
    make = random.choices((_right, _slip, _damaged, _other, _parquet), (4, 4, 4, 1, parquet))[0]
    return make(random, folder / "t.csv")


def _trial(about: str, path: Path, must: Must, said: dict[tuple[str, str], float] | None = None) -> Trial:
    def right(read: Read) -> bool:
        values = {block: np.concatenate([*banks, []]).tolist() for block, banks in read.items()}
        wanted: dict[str, list[float | None]] = {block: [] for block in values}
        for row in _table():
            wanted[row["block"]].append((said or {}).get((row["block"], row["instance"])))
        return values == wanted

    return Trial(about=about, read=lambda: read_conductances(_chip().circuit, path), right=right, must=must)


def _written(rows: list[Row], columns: list[str], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n", quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return stream.getvalue()


def _right(random: Random, path: Path) -> Trial:
    rows = [dict(row) for row in _table()]
    for row in random.sample(rows, len(rows) // 2):
        row[_SIEMENS] = random.choice(("{!r}", "{:.6e}", " {:.3E}", "{:.15f}")).format(
            float(row[_SIEMENS]) * random.uniform(0.5, 1)
        )
    said = {(row["block"], row["instance"]): float(row[_SIEMENS]) for row in rows}
    columns = list(rows[0])
    if random.random() < 0.5:
        random.shuffle(rows)
        random.shuffle(columns)
    if random.random() < 0.3:
        columns = [column for column in columns if column in ("block", "instance", _SIEMENS)]
    text = _written(rows, columns, random.choice(",,;\t"), random.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    text += random.choice(("", "\n", "\n\n  \n"))
    encoding = random.choice(("utf-8", "utf-8-sig", "utf-16"))
    path.write_bytes(text.replace("\n", random.choice(("\n", "\r\n"))).encode(encoding))
    return _trial(f"as written, {encoding}", path, "be read", said)


def _slip(random: Random, path: Path) -> Trial:
    rows = [dict(row) for row in _table()]
    columns = list(rows[0])
    name = random.choice(tuple(_SLIPS))
    _SLIPS[name](rows, columns, random)
    path.write_text(_written(rows, columns), encoding="utf-8")
    return _trial(name, path, "be refused")


def _set(rows: list[Row], random: Random, column: str, *values: str) -> None:
    random.choice(rows)[column] = random.choice(values)


_SLIPS: dict[str, Callable[[list[Row], list[str], Random], Any]] = {
    "row missing": lambda rows, columns, r: rows.remove(r.choice(rows)),
    "row twice": lambda rows, columns, r: rows.append(r.choice(rows)),
    "no rows": lambda rows, columns, r: rows.clear(),
    "unknown device": lambda rows, columns, r: _set(rows, r, "instance", "r999999", "", "x" * 5000, "\x1b[31m", "a\nb"),
    "unknown block": lambda rows, columns, r: _set(rows, r, "block", "nowhere", "", "../x", "\x1b[31m"),
    "no number": lambda rows, columns, r: _set(rows, r, _SIEMENS, "", "1,5e-5", "10 uS", "None", "x" * 5000),
    "out of range": lambda rows, columns, r: _set(rows, r, _SIEMENS, "nan", "inf", "-1e-5", "0", "1e300", "1e999"),
    "column missing": lambda rows, columns, r: columns.remove(r.choice(("block", "instance", _SIEMENS))),
    "column twice": lambda rows, columns, r: columns.append(r.choice(("block", "instance", _SIEMENS))),
}


def _damaged(random: Random, path: Path) -> Trial:
    text = _written([dict(row) for row in _table()], list(_table()[0]))
    data = damaged(text.encode(), random)
    path.write_bytes(data)
    return _trial("damaged", path, "either", _said(data.decode(errors="replace")))


def _said(text: str) -> dict[tuple[str, str], float]:
    """Return what a table says, read line by line and comma by comma."""
    said: dict[tuple[str, str], float] = {}
    lines = [line.split(",") for line in text.replace("\r", "\n").split("\n") if line.strip()]
    for line in lines[1:]:
        row = dict(zip(lines[0], line, strict=False))
        try:
            said[row["block"].strip(), row["instance"].strip()] = float(row[_SIEMENS])
        except (KeyError, ValueError):
            continue
    return said


def _parquet(random: Random, path: Path) -> Trial:
    """Return a Parquet file in the types of other programs, with an empty cell or a foreign type, or damaged."""
    import pyarrow
    from pyarrow import parquet

    path = path.with_suffix(".parquet")
    columns: dict[str, list[Any]] = {name: [row[name] for row in _table()] for name in ("block", "instance", _SIEMENS)}
    columns[_SIEMENS] = [float(value) for value in columns[_SIEMENS]]
    said = dict(zip(zip(columns["block"], columns["instance"], strict=True), columns[_SIEMENS], strict=True))
    types = {"block": random.choice(("string", "binary", "large_string")), "instance": "string", _SIEMENS: "float64"}
    name, about, must = random.choice(tuple(columns)), "Parquet", "be read"
    if random.random() < 0.3:
        columns[name][random.randrange(len(said))] = None
        about, must = "Parquet, empty cell", "be refused"
    table = pyarrow.table({name: pyarrow.array(values).cast(types[name]) for name, values in columns.items()})
    if must == "be read" and random.random() < 0.3:
        table = table.set_column(2, _SIEMENS, pyarrow.array([random.choice(([1e-5], {"a": 1}, b"x"))] * len(said)))
        about, must = "Parquet, foreign type", "be refused"
    compression = random.choice(("none", "snappy", "gzip", "zstd"))
    parquet.write_table(table, path, compression=compression, write_page_checksum=True)
    if must == "be read" and random.random() < 0.6:
        path.write_bytes(damaged(path.read_bytes(), random))
        return _trial("Parquet, damaged", path, "either", said)
    return _trial(about, path, must, said)  # type: ignore[arg-type]


def _other(random: Random, path: Path) -> Trial:
    path = path.with_suffix(random.choice((".csv", ".CSV", ".txt", "")))
    path.write_bytes(other_file(random))
    return _trial("another file", path, "be refused")
