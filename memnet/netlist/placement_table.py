"""Writes the placement as a table for people and labs, and reads changed conductances back; runs no simulation.

One row a memristor: the instance's name and block as in an export, the nets of its row and column, the weight it holds
(in the network's units, signed by its side of the pair), its target conductance and its level. What is read back is the
conductance alone, found by block and instance; feedback resistors stay as they were designed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from memnet.circuit import Bank, Block, Circuit, Memristors
from memnet.deployment import BlockPlacement, Placement
from memnet.errors import DataError, SetupError, choices
from memnet.files import write_aside
from memnet.netlist.hierarchy import BATCH_ROWS, shared_nets
from memnet.netlist.places import BlockNames, NetNames
from memnet.netlist.templates import Pattern, digits, words
from memnet.units import Floats, number_table

COLUMNS = ("instance", "block", "row", "column", "weight", "conductance_siemens", "level")
# What a changed conductance may be, as multiples of the device's range: beyond lies a slip of the unit.
_LOWEST, _HIGHEST = 1e-3, 1e2


def table_pieces(circuit: Circuit, placement: Placement) -> Iterator[bytes]:
    """Yield the table as CSV, head first, in batches of bounded size."""
    yield (",".join(COLUMNS) + "\n").encode()
    fields = ("instance", "block", "row", "column", "sign", "weight", "siemens", "level")
    pattern = Pattern("tables/placement.csv.j2", fields)
    nets = shared_nets(circuit)
    placed = {block.block: block for block in placement.blocks}
    for block in circuit.blocks:
        if block.name in placed:
            for columns in _batches(circuit, block, placed[block.name], placement, nets):
                yield from pattern.rows(columns)


def write_table(circuit: Circuit, placement: Placement, path: Path) -> None:
    """Write the table as CSV, or as Parquet where the name ends so; aside first, then renamed.

    Raises
    ------
    OutputError
        the file cannot be written
    SetupError
        Parquet is wanted and pyarrow is not installed
    """
    if path.suffix == ".parquet":
        write_aside(path, lambda stream: _write_parquet(circuit, placement, stream))
    else:
        write_aside(path, lambda stream: stream.writelines(table_pieces(circuit, placement)))


def with_conductances(circuit: Circuit, path: Path) -> Circuit:
    """Return the circuit with the conductances that a table gives, for simulation.

    Raises
    ------
    DataError
        the table cannot be read, lacks a column, misses or doubles a device, names one that is not on this chip, or
        gives a conductance out of range; the text names the device
    """
    given = _read(path)
    blocks = []
    for block in circuit.blocks:
        rows = given.pop(block.name, {})
        blocks.append(_changed(circuit, block, rows, path) if block.memristors() or rows else block)
    for name in given:
        known = [block.name for block in circuit.blocks if block.memristors()]
        raise DataError(f"{path}: block {name!r} is not on this chip: {choices(name, known)}")
    return replace(circuit, blocks=tuple(blocks))


def _batches(
    circuit: Circuit, block: Block, placed: BlockPlacement, placement: Placement, nets: NetNames
) -> Iterator[dict[str, Any]]:
    """Yield the columns of a block's devices; placement and banks list them in the same order."""
    names, inside = BlockNames(circuit, block), 0
    siemens = placement.conductance(placed)
    for at, bank in enumerate(block.banks):
        if not isinstance(bank, Memristors):
            continue
        for start in range(0, len(bank.row), BATCH_ROWS):
            rows = slice(start, min(start + BATCH_ROWS, len(bank.row)))
            held = slice(inside + rows.start, inside + rows.stop)
            weight = placed.level[held] * placed.unit[held]
            sign = np.where(placed.side[held] * weight < 0, ord("-"), 0).astype(np.uint8).reshape(-1, 1)
            weights, weight_at = number_table(np.abs(weight))
            values, value_at = number_table(siemens[held])
            yield {
                "instance": names.devices(at, rows),
                "block": np.repeat(words([block.name]), len(weight), axis=0),
                "row": nets(bank.row[rows]),
                "column": names.nets(bank.column[rows]),
                "sign": sign,
                "weight": weights[weight_at],
                "siemens": values[value_at],
                "level": digits(placed.level[held].astype(np.int64)),
            }
        inside += len(bank.row)


def _write_parquet(circuit: Circuit, placement: Placement, stream: BinaryIO) -> None:
    arrow, parquet, csv_reader = _pyarrow()
    schema = arrow.schema(
        [
            *((name, arrow.string()) for name in COLUMNS[:4]),
            ("weight", arrow.float64()),
            ("conductance_siemens", arrow.float64()),
            ("level", arrow.int16()),
        ]
    )
    options = csv_reader.ConvertOptions(column_types=schema)
    reading = csv_reader.ReadOptions(column_names=list(COLUMNS))
    pieces = table_pieces(circuit, placement)
    next(pieces)  # the head
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


def _read(path: Path) -> dict[str, dict[str, float]]:
    """Return the conductances by block and instance."""
    given: dict[str, dict[str, float]] = {}
    for line, instance, block, text in _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path):
        devices = given.setdefault(block, {})
        if instance in devices:
            raise DataError(f"{path}: line {line}: device {instance} of block {block} stands there twice; keep one")
        try:
            devices[instance] = float(text)
        except ValueError:
            raise DataError(
                f"{path}: line {line}: device {instance} of block {block} has the conductance {text!r}, which is no "
                "number of siemens"
            ) from None
    return given


def _csv_rows(path: Path) -> Iterator[tuple[int, str, str, Any]]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.reader(stream)
            at = _positions(next(reader, []), path)
            for number, row in enumerate(reader, start=2):
                if len(row) <= max(at):
                    raise DataError(f"{path}: line {number}: has {len(row)} columns, expected {len(COLUMNS)}")
                yield number, row[at[0]], row[at[1]], row[at[2]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a placement table ({error})") from error


def _parquet_rows(path: Path) -> Iterable[tuple[int, str, str, Any]]:
    arrow, parquet, _ = _pyarrow()
    try:
        table = parquet.read_table(path)
    except (OSError, arrow.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as a placement table ({error})") from error
    _positions(table.column_names, path)
    columns = [table[name].to_pylist() for name in ("instance", "block", "conductance_siemens")]
    return ((number, *row) for number, row in enumerate(zip(*columns, strict=True), start=1))


def _positions(head: list[str], path: Path) -> list[int]:
    for name in ("instance", "block", "conductance_siemens"):
        if name not in head:
            raise DataError(f"{path}: has no column {name!r}; a placement table has {', '.join(COLUMNS)}")
    return [head.index(name) for name in ("instance", "block", "conductance_siemens")]


def _changed(circuit: Circuit, block: Block, rows: dict[str, float], path: Path) -> Block:
    names = BlockNames(circuit, block)
    device = circuit.technology.memristor
    low, high = device.g_min_siemens * _LOWEST, device.g_max_siemens * _HIGHEST
    banks: list[Bank] = []
    for at, bank in enumerate(block.banks):
        if isinstance(bank, Memristors):
            instances = names.instances(at, "r")
            values = _looked_up(instances, rows, block.name, path)
            outside = np.flatnonzero(~((values >= low) & (values <= high)))
            if len(outside):
                raise DataError(
                    f"{path}: device {instances[outside[0]]} of block {block.name} has {values[outside[0]]:g} S, "
                    f"outside {low:g} to {high:g} S ({len(outside)} in all); the device ranges from "
                    f"{device.g_min_siemens:g} to {device.g_max_siemens:g} S"
                )
            bank = replace(bank, siemens=values)
        banks.append(bank)
    for instance in rows:
        raise DataError(f"{path}: device {instance} of block {block.name} is not on this chip")
    return replace(block, banks=tuple(banks))


def _looked_up(instances: list[str], rows: dict[str, float], block: str, path: Path) -> Floats:
    """Take the conductances of some devices out of `rows`."""
    missing = [instance for instance in instances if instance not in rows]
    if missing:
        raise DataError(f"{path}: device {missing[0]} of block {block} is missing ({len(missing)} in all)")
    values: npt.NDArray[np.float64] = np.array([rows.pop(instance) for instance in instances], dtype=np.float64)
    return values
