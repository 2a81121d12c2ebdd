# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the placement of weights on memristors as a table, and reads the conductances of such a table.

The table has one row per memristor: the name of the instance and its block as in an export, the nets of its row and
column, the weight that it holds (in the network's units, with the sign of its side of the pair), its conductance and
its level. Where devices are not at their targets, a last column has the target. Only the conductances are read back,
found by block and instance; feedback resistors keep the values that they were designed with.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from memnet.circuit import Block, Circuit, Memristors
from memnet.deployment import LEAST_SIEMENS, BlockPlacement, Placement
from memnet.errors import DataError, SetupError, choices
from memnet.files import one_line, opened_text, write_aside
from memnet.netlist.hierarchy import BATCH_ROWS, shared_nets
from memnet.netlist.places import BlockNames, NetNames
from memnet.netlist.templates import Pattern
from memnet.netlist.texts import Column, Index, Text, column, numbers
from memnet.units import Floats

TARGET = "target_siemens"
READ_BACK = ("instance", "block", "conductance_siemens")
COLUMNS = ("instance", "block", "row", "column", "weight", "conductance_siemens", "level")
# The largest conductance that is accepted, as a multiple of the device's largest; larger ones are in a wrong unit.
HIGHEST = 1e5


def table_pieces(circuit: Circuit, placement: Placement, *, targets: bool = False) -> Iterator[bytes]:
    """Yield the table as CSV in batches of bounded size; the first is the line of column names.

    Parameters
    ----------
    targets : with a last column `target_siemens`, for chips whose devices are not at their targets
    """
    yield (",".join((*COLUMNS, TARGET) if targets else COLUMNS) + "\n").encode()
    fields = ("instance", "block", "row", "column", "weight", "siemens", "level")
    pattern = Pattern("tables/placement.csv.j2", (*fields, "target") if targets else fields)
    nets = shared_nets(circuit)
    placed = {block.block: block for block in placement.blocks}
    for block in circuit.blocks:
        if block.name in placed:
            for cells, count in _batches(circuit, block, placed[block.name], placement, nets):
                yield from pattern.rows(cells, count)


def write_table(circuit: Circuit, placement: Placement, path: Path, *, targets: bool = False) -> None:
    """Write the table as CSV, or as Parquet if the name ends in `.parquet`; beside `path`, then renamed.

    Raises
    ------
    OutputError
        the file cannot be written
    SetupError
        the table is to be a Parquet file and pyarrow is not installed
    """
    if path.suffix == ".parquet":
        write_aside(path, lambda stream: _write_parquet(circuit, placement, stream, targets))
    else:
        write_aside(path, lambda stream: stream.writelines(table_pieces(circuit, placement, targets=targets)))


def refuse_table(path: Path) -> None:
    """Raise SetupError for a table that `write_table` cannot write here: a Parquet file without pyarrow."""
    if path.suffix == ".parquet":
        _pyarrow()


def read_conductances(circuit: Circuit, path: Path) -> dict[str, list[Floats]]:
    """Return the conductances in a table, by block and bank of memristors in the order of the circuit, (devices,) each.

    Parameters
    ----------
    circuit : of the chip that the table is for

    Raises
    ------
    DataError
        the table cannot be read, lacks a column, has no row or two rows for a device, names a device that is not on
        this chip, or has a conductance out of range; the text names the device
    """
    devices = sum(block.memristors() for block in circuit.blocks)
    by_block, conductances = _read(path, devices), {}
    for block in circuit.blocks:
        siemens = by_block.pop(block.name, {})
        if block.memristors() or siemens:
            conductances[block.name] = _of_block(circuit, block, siemens, path)
    for name in by_block:
        raise DataError(f"{path}: block {name!r} is not on this chip: {choices(name, conductances)}")
    return conductances


def _batches(
    circuit: Circuit, block: Block, placed: BlockPlacement, placement: Placement, nets: NetNames
) -> Iterator[tuple[dict[str, Text], int]]:
    """Yield the cells of a block's devices by field, and their number: its placement and its banks have one order."""
    names, bank_start = BlockNames(circuit, block), 0
    target = placement.conductance(placed)
    for index, bank in enumerate(names.banks):
        if not isinstance(bank, Memristors):
            continue
        for start in range(0, len(bank.row), BATCH_ROWS):
            rows = slice(start, min(start + BATCH_ROWS, len(bank.row)))
            devices = slice(bank_start + rows.start, bank_start + rows.stop)  # positions in the placement
            level = placed.level[devices].astype(np.intp)
            weight = placed.side[devices] * level * placed.unit[devices] + 0.0  # which makes 0 of -0
            cells: dict[str, Text] = {
                "instance": names.devices(index, rows),
                "block": (_cell(block.name).encode(),),
                "row": nets(bank.row[rows]),
                "column": names.nets(bank.column[rows]),
                "weight": (_numbers(weight, level),),
                "siemens": (_numbers(bank.siemens[rows], level),),
                "level": (column([b"%d" % number for number in range(level.max() + 1)], level),),
                "target": (_numbers(target[devices], level),),
            }
            yield cells, len(weight)
        bank_start += len(bank.row)


def _numbers(values: Floats, level: Index) -> Column:
    """Return values as texts by level where all devices of a level have one value, which is found without sorting."""
    of_level = np.zeros(level.max() + 1)
    of_level[level] = values
    if not np.array_equal(of_level[level], values):
        return numbers(values, plus=False)
    texts = numbers(of_level, plus=False)
    return Column(texts.texts[texts.index], level)


def _cell(text: str) -> str:
    """Return a text as a cell of a CSV file, in quotation marks where it has a comma or a quotation mark."""
    line = one_line(text)
    quoted = line.replace('"', '""')
    return f'"{quoted}"' if quoted != line or "," in line else line


def _write_parquet(circuit: Circuit, placement: Placement, stream: BinaryIO, targets: bool) -> None:
    arrow, parquet, csv_reader = _pyarrow()
    schema = arrow.schema(
        [
            *((name, arrow.string()) for name in COLUMNS[:4]),
            ("weight", arrow.float64()),
            ("conductance_siemens", arrow.float64()),
            ("level", arrow.int16()),
            *([(TARGET, arrow.float64())] if targets else []),
        ]
    )
    options = csv_reader.ConvertOptions(column_types=schema)
    reading = csv_reader.ReadOptions(column_names=schema.names)
    pieces = table_pieces(circuit, placement, targets=targets)
    next(pieces)  # the column names
    with parquet.ParquetWriter(stream, schema) as writer:
        for piece in pieces:
            if piece:
                buffer = arrow.BufferReader(piece)
                writer.write_table(csv_reader.read_csv(buffer, read_options=reading, convert_options=options))


def _pyarrow() -> tuple[Any, Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet"), import_module("pyarrow.csv")
    except ImportError as missing:
        raise SetupError(
            "Parquet needs pyarrow: pip install 'memnet-spice[parquet]', or name a .csv file instead"
        ) from missing


def _read(path: Path, devices: int) -> dict[str, dict[str, float]]:
    """Return the conductances in a table for a chip of so many devices, siemens by instance by block."""
    by_block: dict[str, dict[str, float]] = {}
    for row, instance, block, given in _parquet_rows(path, devices) if path.suffix == ".parquet" else _csv_rows(path):
        found = by_block.setdefault(block, {})
        if instance in found:
            raise DataError(f"{path}: {row}: device {instance} of block {block} stands there twice; keep one")
        try:
            found[instance] = float(given)
        except ValueError:
            raise DataError(
                f"{path}: {row}: device {instance} of block {block} has the conductance {given!r:.40}, which is no "
                "number of siemens such as 1.5e-05"
            ) from None
    return by_block


def _csv_rows(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield the number of each line in words, with the instance, block and conductance that it holds.

    Columns may be separated by semicolons or tabs too, as spreadsheets write them; empty lines are passed over.
    """
    try:
        with opened_text(path, DataError, newline="") as stream:
            first = stream.readline()
            reader = csv.reader(chain([first], stream), delimiter=max(",;\t", key=first.count))
            head = [name.strip() for name in next(reader, [])]
            _check_columns(head, path)
            at = [head.index(name) for name in READ_BACK]
            for row in reader:
                if any(map(str.strip, row)):
                    if len(row) != len(head):
                        raise DataError(f"{path}: line {reader.line_num}: has {len(row)} columns, expected {len(head)}")
                    yield f"line {reader.line_num}", row[at[0]].strip(), row[at[1]].strip(), row[at[2]]
    except csv.Error as error:
        raise DataError(f"{path}: cannot be read as a placement table ({error})") from error


def _parquet_rows(path: Path, devices: int) -> Iterator[tuple[str, str, str, float]]:
    """Yield the number of each row in words, with the instance, block and conductance that it holds."""
    arrow, parquet, _ = _pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            _check_columns(file.schema_arrow.names, path)
            if file.metadata.num_rows > 2 * devices:  # a small file may hold any number of equal rows
                raise DataError(f"{path}: has {file.metadata.num_rows} rows, but the chip has {devices} memristors")
            table = file.read(columns=list(READ_BACK))
        columns = [
            table.column(name).cast(kind).to_pylist()
            for name, kind in zip(READ_BACK, (arrow.string(), arrow.string(), arrow.float64()), strict=True)
        ]
    except (OSError, arrow.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read as a placement table ({reason})") from error
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        if None in row:
            raise DataError(f"{path}: row {number}: column {READ_BACK[row.index(None)]} is empty (null); fill it in")
        yield (f"row {number}", *row)


def _check_columns(head: list[str], path: Path) -> None:
    """Raise `DataError` unless each column that is read back stands in the head of a table, and once."""
    for name in READ_BACK:
        if name not in head:
            raise DataError(f"{path}: has no column {name!r}; a placement table has {', '.join(COLUMNS)}")
        if head.count(name) > 1:
            raise DataError(f"{path}: has {head.count(name)} columns {name!r}; keep one")


def _of_block(circuit: Circuit, block: Block, siemens: dict[str, float], path: Path) -> list[Floats]:
    """Return the conductances of a block's banks of memristors that `siemens` holds by instance; empties `siemens`."""
    names = BlockNames(circuit, block)
    device = circuit.technology.memristor
    low, high = LEAST_SIEMENS, device.g_max_siemens * HIGHEST
    conductances: list[Floats] = []
    for index, bank in enumerate(block.banks):
        if not isinstance(bank, Memristors):
            continue
        instances = names.instances(index, "r")
        values = _taken(instances, siemens, block.name, path)
        outside = np.flatnonzero(~((values >= low) & (values <= high)))
        if len(outside):
            raise DataError(
                f"{path}: device {instances[outside[0]]} of block {block.name} has {values[outside[0]]:g} S, "
                f"outside {low:g} to {high:g} S ({len(outside)} in all); the device ranges from "
                f"{device.g_min_siemens:g} to {device.g_max_siemens:g} S"
            )
        conductances.append(values)
    for instance in siemens:
        raise DataError(f"{path}: device {instance} of block {block.name} is not on this chip")
    return conductances


def _taken(instances: list[str], siemens: dict[str, float], block: str, path: Path) -> Floats:
    """Remove some devices from `siemens` and return their conductances, (devices,)."""
    missing = [instance for instance in instances if instance not in siemens]
    if missing:
        raise DataError(f"{path}: device {missing[0]} of block {block} is missing ({len(missing)} in all)")
    values: npt.NDArray[np.float64] = np.array([siemens.pop(instance) for instance in instances], dtype=np.float64)
    return values
