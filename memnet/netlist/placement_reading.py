# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the conductances of a placement table, CSV or Parquet, as `placement_table` or another program wrote it.

They are found by block and instance; feedback resistors keep the values that they were designed with. Where the chip
has arrays, columns of tiles must say what its layout says.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memnet.circuit import Block, Circuit, Memristors
from memnet.deployment import LEAST_SIEMENS
from memnet.errors import DataError, choices
from memnet.files import opened_text
from memnet.netlist.placement_parquet import pyarrow
from memnet.netlist.placement_table import COLUMNS, TILE, Tiles
from memnet.netlist.places import BlockNames
from memnet.units import Floats

READ_BACK = ("instance", "block", "conductance_siemens")
# The largest conductance that is accepted, as a multiple of the device's largest; larger ones are in a wrong unit.
HIGHEST = 1e5

Row = tuple[str, str, str, str | float, tuple[str, ...]]  # its number in words, READ_BACK, and TILE where it is read
Crosspoints = dict[str, tuple[str, tuple[str, ...]]]  # by instance: number of the row in words, and what TILE says


def read_conductances(circuit: Circuit, path: Path, tiles: Tiles | None = None) -> dict[str, list[Floats]]:
    """Return the conductances in a table, by block and bank of memristors in the order of the circuit, (devices,) each.

    Parameters
    ----------
    circuit : of the chip that the table is for
    tiles : of a chip on arrays, returns tile, row and column of a block's memristors, (3, devices); a table with these
        columns is held against it, and one without them is taken as it is

    Raises
    ------
    DataError
        the table cannot be read, lacks a column, has no row or two rows for a device, names a device that is not on
        this chip, has a conductance out of range, or another crosspoint than the chip; the text names the device
    """
    devices = sum(block.memristors() for block in circuit.blocks)
    (by_block, crosspoints), conductances = _read(path, devices, tiles is not None), {}
    for block in circuit.blocks:
        siemens = by_block.pop(block.name, {})
        if block.memristors() or siemens:
            conductances[block.name] = _of_block(circuit, block, siemens, path)
        if tiles is not None and block.name in crosspoints:
            _check_crosspoints(circuit, block, crosspoints.pop(block.name), tiles(block.name), path)
    for name in by_block:
        raise DataError(f"{path}: block {name!r} is not on this chip: {choices(name, conductances)}")
    return conductances


def _read(path: Path, devices: int, tiles: bool) -> tuple[dict[str, dict[str, float]], dict[str, Crosspoints]]:
    """Return what a table for a chip of so many devices says by instance by block: siemens, and crosspoints if asked.

    Without columns of TILE, or if not asked, there are no crosspoints.
    """
    by_block: dict[str, dict[str, float]] = {}
    crosspoints: dict[str, Crosspoints] = {}
    rows = _parquet_rows(path, devices, tiles) if path.suffix == ".parquet" else _csv_rows(path, tiles)
    for row, instance, block, given, place in rows:
        found = by_block.setdefault(block, {})
        if instance.startswith("x"):  # of an export with a law of memristors, whose devices are subcircuits
            instance = f"r{instance[1:]}"
        if instance in found:
            raise DataError(f"{path}: {row}: device {instance} of block {block} stands there twice; keep one")
        try:
            found[instance] = float(given)
        except ValueError:
            raise DataError(
                f"{path}: {row}: device {instance} of block {block} has the conductance {given!r:.40}, which is no "
                "number of siemens such as 1.5e-05"
            ) from None
        if place:
            crosspoints.setdefault(block, {})[instance] = row, place
    return by_block, crosspoints


def _csv_rows(path: Path, tiles: bool) -> Iterator[Row]:
    """Yield the number of each line in words, with the instance, block, conductance and crosspoint that it holds.

    Columns may be separated by semicolons or tabs too, as spreadsheets write them; empty lines are passed over.
    """
    try:
        with opened_text(path, DataError, newline="") as stream:
            first = stream.readline()
            reader = csv.reader(chain([first], stream), delimiter=max(",;\t", key=first.count))
            head = [name.strip() for name in next(reader, [])]
            at = [head.index(name) for name in _columns(head, path, tiles)]
            for row in reader:
                if any(map(str.strip, row)):
                    if len(row) != len(head):
                        raise DataError(f"{path}: line {reader.line_num}: has {len(row)} columns, expected {len(head)}")
                    instance, block, given, *place = (row[index] for index in at)
                    where = tuple(each.strip() for each in place)
                    yield f"line {reader.line_num}", instance.strip(), block.strip(), given, where
    except csv.Error as error:
        raise DataError(f"{path}: cannot be read as a placement table ({error})") from error


def _parquet_rows(path: Path, devices: int, tiles: bool) -> Iterator[Row]:
    """Yield the number of each row in words, with the instance, block, conductance and crosspoint that it holds."""
    arrow, parquet = pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            names = _columns(file.schema_arrow.names, path, tiles)
            if file.metadata.num_rows > 2 * devices:  # a small file may hold any number of equal rows
                raise DataError(f"{path}: has {file.metadata.num_rows} rows, but the chip has {devices} memristors")
            table = file.read(columns=list(names))
        columns = [
            table.column(name).cast(arrow.float64() if name == READ_BACK[2] else arrow.string()).to_pylist()
            for name in names
        ]
    except (OSError, arrow.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read as a placement table ({reason})") from error
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        if None in row:
            raise DataError(f"{path}: row {number}: column {names[row.index(None)]} is empty (null); fill it in")
        yield f"row {number}", row[0], row[1], row[2], row[3:]


def _columns(head: list[str], path: Path, tiles: bool) -> tuple[str, ...]:
    """Return the columns to read from a table with this head: READ_BACK, and TILE if `tiles` and it has any of these.

    Raises `DataError` where one of them is missing, or stands there twice.
    """
    wanted = (*READ_BACK, *TILE) if tiles and set(TILE) & set(head) else READ_BACK
    for name in wanted:
        if name not in head:
            raise DataError(
                f"{path}: has no column {name!r}; a placement table has {', '.join((*COLUMNS, *wanted[3:]))}"
            )
        if head.count(name) > 1:
            raise DataError(f"{path}: has {head.count(name)} columns {name!r}; keep one")
    return wanted


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


def _check_crosspoints(
    circuit: Circuit, block: Block, given: Crosspoints, places: npt.NDArray[np.int64], path: Path
) -> None:
    """Raise `DataError` unless all devices of a block stand in a table where they stand on the chip, (3, devices)."""
    names = BlockNames(circuit, block)
    banks = (index for index, bank in enumerate(block.banks) if isinstance(bank, Memristors))
    instances = chain.from_iterable(names.instances(index, "r") for index in banks)
    for instance, place in zip(instances, places.T.tolist(), strict=True):
        row, found = given[instance]
        expected = tuple(map(str, place))
        if found != expected:
            raise DataError(
                f"{path}: {row}: device {instance} of block {block.name} has {', '.join(TILE)} = {', '.join(found)}, "
                f"expected {', '.join(expected)} on this chip; give the array that the table was written for, or leave "
                "these columns out"
            )
