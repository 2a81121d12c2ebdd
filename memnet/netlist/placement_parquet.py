# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the placement table as a Parquet file, straight from its columns.

| column | type |
|---|---|
| instance | string |
| block, row, column | string, as a dictionary: each distinct text once in a row group |
| weight, conductance_siemens, target_siemens | double, rounded to ten digits as in CSV |
| level | int16 |
| tile, tile_row, tile_column | int32 |
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, BinaryIO

import numpy as np

from memnet.errors import SetupError
from memnet.netlist.texts import Column, Text, lengths, objects, rows

GROUP_ROWS = 2**20  # of a row group at least, but for the last one


def write_parquet(cells: Iterable[tuple[str, dict[str, Text], int]], stream: BinaryIO) -> None:
    """Write a table, given by a block, the cells of the other columns as CSV has them, and the number of rows.

    Raises
    ------
    SetupError
        pyarrow is not installed
    """
    arrow, parquet = pyarrow()
    writer, batches, waiting = None, [], 0
    for block, given, count in cells:
        batch = _batch(arrow, block, given, count)
        writer = writer or parquet.ParquetWriter(
            stream,
            batch.schema,
            use_dictionary=[name for name in given if name != "instance"] + ["block"],
            column_encoding={"instance": "DELTA_BYTE_ARRAY"},  # most of a name is that of the row before
        )
        batches.append(batch)
        waiting += count
        if waiting >= GROUP_ROWS:
            _write(arrow, writer, batches)
            batches, waiting = [], 0
    if writer is not None:
        _write(arrow, writer, batches)
        writer.close()


def pyarrow() -> tuple[Any, Any]:
    """Return `pyarrow` and `pyarrow.parquet`; SetupError where these are not installed."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as missing:
        raise SetupError(
            "Parquet needs pyarrow: pip install 'memnet-spice[parquet]', or name a .csv file instead"
        ) from missing


def _write(arrow: Any, writer: Any, batches: list[Any]) -> None:  # noqa: ANN401 - an extra without types
    if batches:
        # where dictionaries differ, Parquet has their texts row by row: 8 bytes a row instead of 2.5
        table = arrow.Table.from_batches(batches).unify_dictionaries()
        writer.write_table(table, row_group_size=len(table))


def _batch(arrow: Any, block: str, cells: dict[str, Text], count: int) -> Any:  # noqa: ANN401
    """Return some rows as a record batch."""
    instance, row, column, *values = cells
    arrays = {
        instance: _strings(arrow, cells[instance], count),
        "block": _dictionary(arrow, Column(objects([block.encode()]), np.zeros(count, dtype=np.intp))),
        row: _dictionary(arrow, _column(cells[row])),
        column: _dictionary(arrow, _column(cells[column])),
    }
    for name in values:
        given = _column(cells[name])
        kind = np.int32 if name.startswith("tile") else np.int16 if name == "level" else np.float64
        arrays[name] = arrow.array(np.array(list(map(float, given.texts))).astype(kind)[given.index])
    return arrow.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))


def _column(text: Text) -> Column:
    """Return a text that has one column, and nothing after it, as a column."""
    *before, last = text
    assert isinstance(last, Column)
    return Column(objects([b"".join(part for part in before if isinstance(part, bytes))]) + last.texts, last.index)


def _strings(arrow: Any, text: Text, count: int) -> Any:  # noqa: ANN401
    """Return the texts of some devices as an Arrow array of strings."""
    ends = np.cumsum(lengths(text, count), dtype=np.int64)
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), ends]).astype(np.int32)
    data = b"".join(rows(text, count))
    return arrow.StringArray.from_buffers(count, arrow.py_buffer(offsets), arrow.py_buffer(data))


def _dictionary(arrow: Any, column: Column) -> Any:  # noqa: ANN401
    """Return a column as an Arrow array of positions in its distinct texts."""
    texts = arrow.array(column.texts.tolist(), type=arrow.binary()).cast(arrow.string())
    return arrow.DictionaryArray.from_arrays(arrow.array(column.index.astype(np.int32)), texts)
