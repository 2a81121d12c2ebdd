# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the placement of weights on memristors as a table, CSV or Parquet.

The table has one row per memristor: the name of the instance and its block as in an export, the nets of its row and
column, the weight that it holds (in the network's units, with the sign of its side of the pair), its conductance and
its level. Where devices are not at their targets, a further column has the target; where the chip has arrays, three
columns have the device's tile, counted in its block, and its row and column there. `placement_reading` reads it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memnet.circuit import Block, Circuit, Memristors
from memnet.deployment import BlockPlacement, Placement
from memnet.files import one_line, write_aside
from memnet.netlist.hierarchy import BATCH_ROWS, shared_nets
from memnet.netlist.placement_parquet import pyarrow, write_parquet
from memnet.netlist.places import BlockNames, NetNames
from memnet.netlist.templates import Pattern
from memnet.netlist.texts import Column, Index, Text, column, numbers
from memnet.units import Floats

TARGET = "target_siemens"
TILE = ("tile", "tile_row", "tile_column")
COLUMNS = ("instance", "block", "row", "column", "weight", "conductance_siemens", "level")
Tiles = Callable[[str], npt.NDArray[np.int64]]
Targets = Callable[[BlockPlacement], Floats]


def table_pieces(
    circuit: Circuit, placement: Placement, *, targets: Targets | None = None, tiles: Tiles | None = None
) -> Iterator[bytes]:
    """Yield the table as CSV in batches of bounded size; the first is the line of column names.

    Parameters
    ----------
    targets : with a column `target_siemens`, for chips whose devices are not at their targets, which it returns for a
        block, (devices,) siemens in the order of its placement
    tiles : with the columns of TILE, which it returns for a block, (3, devices) in the order of its placement
    """
    columns = (*COLUMNS, *((TARGET,) if targets else ()), *(TILE if tiles else ()))
    yield (",".join(columns) + "\n").encode()
    pattern = Pattern("tables/placement.csv.j2", columns)
    for block, cells, count in _cells(circuit, placement, targets, tiles):
        yield from pattern.rows(cells | {"block": (_quoted(block).encode(),)}, count)


def write_table(
    circuit: Circuit, placement: Placement, path: Path, *, targets: Targets | None = None, tiles: Tiles | None = None
) -> None:
    """Write the table as CSV, or as Parquet if the name ends in `.parquet`; beside `path`, then renamed.

    `targets` and `tiles` are those of `table_pieces`.

    Raises
    ------
    OutputError
        the file cannot be written
    SetupError
        the table is to be a Parquet file and pyarrow is not installed
    """
    if path.suffix == ".parquet":
        write_aside(path, lambda stream: write_parquet(_cells(circuit, placement, targets, tiles), stream))
    else:
        write_aside(
            path, lambda stream: stream.writelines(table_pieces(circuit, placement, targets=targets, tiles=tiles))
        )


def refuse_table(path: Path) -> None:
    """Raise SetupError for a table that `write_table` cannot write here: a Parquet file without pyarrow."""
    if path.suffix == ".parquet":
        pyarrow()


def _cells(
    circuit: Circuit, placement: Placement, targets: Targets | None, tiles: Tiles | None
) -> Iterator[tuple[str, dict[str, Text], int]]:
    """Yield a block, and for some of its memristors the cells of all other columns and how many devices these are."""
    nets, blocks = shared_nets(circuit), {block.name: block for block in circuit.blocks}
    for placed in placement.blocks:  # each is computed when it is reached, and gone after it
        places, aims = tiles(placed.block) if tiles else None, targets(placed) if targets else None
        for cells, devices in _cells_of_block(circuit, blocks[placed.block], placed, nets):
            if aims is not None:
                cells[TARGET] = (numbers(aims[devices]),)
            if places is not None:
                cells |= {name: (_counts(line[devices]),) for name, line in zip(TILE, places, strict=True)}
            yield one_line(placed.block), cells, devices.stop - devices.start


def _cells_of_block(
    circuit: Circuit, block: Block, placed: BlockPlacement, nets: NetNames
) -> Iterator[tuple[dict[str, Text], slice]]:
    """Yield cells of a block's devices, and where these stand in its placement, whose order is that of its banks."""
    names, bank_start = BlockNames(circuit, block), 0
    for index, bank in enumerate(names.banks):
        if not isinstance(bank, Memristors):
            continue
        for start in range(0, len(bank.row), BATCH_ROWS):
            rows = slice(start, min(start + BATCH_ROWS, len(bank.row)))
            devices = slice(bank_start + rows.start, bank_start + rows.stop)
            level = placed.level[devices].astype(np.intp)
            weight = placed.side[devices] * level * placed.unit[devices] + 0.0  # which makes 0 of -0
            cells: dict[str, Text] = {
                "instance": (b"r" if circuit.memristor is None else b"x", *names.devices(index, rows)),
                "row": nets(bank.reads()[0][rows]),
                "column": names.nets(bank.drives()[-1][rows]),
                "weight": (_numbers(weight, level),),
                "conductance_siemens": (_numbers(bank.siemens[rows], level),),
                "level": (column([b"%d" % number for number in range(level.max() + 1)], level),),
            }
            yield cells, devices
        bank_start += len(bank.row)


def _numbers(values: Floats, level: Index) -> Column:
    """Return values as texts by level where all devices of a level have one value, which is found without sorting."""
    of_level = np.zeros(level.max() + 1)
    of_level[level] = values
    if not np.array_equal(of_level[level], values):
        return numbers(values, plus=False)
    texts = numbers(of_level, plus=False)
    return Column(texts.texts[texts.index], level)


def _counts(values: Index) -> Column:
    """Return whole numbers as texts."""
    distinct, index = np.unique(values, return_inverse=True)
    return column([b"%d" % number for number in distinct.tolist()], index)


def _quoted(line: str) -> str:
    """Return a text as a cell of a CSV file, in quotation marks where it has a comma or a quotation mark."""
    quoted = line.replace('"', '""')
    return f'"{quoted}"' if quoted != line or "," in line else line
