# SPDX-License-Identifier: GPL-3.0-or-later
"""A floor plan: where the tiles of each stage could stand on a chip, in units of crosspoints.

The tiles of a stage fill a grid that is as nearly square as can be, at the pitch of its largest tile; the grids of the
stages stand on shelves side by side, in the order of the signal. What stands at the ends of lines, op-amps and
converters are not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memnet.arrays.layout import ChipTiles, StageCount

SLACK = 1.25  # the shelves are this much longer than the square root of what stands on them
GAP = 0.012  # between grids, as a share of the length of the shelves


@dataclass(frozen=True, slots=True, kw_only=True)
class StageGrid:
    """The grid of one stage; lengths in crosspoints, from the left and the upper edge of the chip.

    `rows` and `columns` are those of the largest tile, `across` and `down` the numbers of tiles side by side.
    """

    stage: str
    left: float
    top: float
    rows: int
    columns: int
    across: int
    down: int
    tiles: int
    utilisation: float

    @property
    def width(self) -> int:
        """Return the width of the grid."""
        return self.across * self.columns

    @property
    def height(self) -> int:
        """Return the height of the grid."""
        return self.down * self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPlan:
    """The grids of all stages; `width` and `height` are those of the whole plan, in crosspoints."""

    grids: tuple[StageGrid, ...]
    width: float
    height: float

    @staticmethod
    def of(tiles: ChipTiles) -> FloorPlan:
        """Place the tiles of a chip."""
        return _shelved([_grid(stage) for stage in tiles.stages])


def _grid(stage: StageCount) -> StageGrid:
    """Return the grid of a stage at the upper left corner."""
    rows, columns = (max(shape[side] for shape in stage.shapes) for side in (0, 1))
    across = min(stage.tiles, max(1, round(math.sqrt(stage.tiles * rows / columns))))
    return StageGrid(
        stage=stage.stage,
        left=0.0,
        top=0.0,
        rows=rows,
        columns=columns,
        across=across,
        down=-(-stage.tiles // across),
        tiles=stage.tiles,
        utilisation=stage.devices / stage.crosspoints,
    )


def _shelved(grids: Sequence[StageGrid]) -> FloorPlan:
    """Return the grids side by side, on a new shelf wherever one is full."""
    length = max(SLACK * math.sqrt(sum(grid.width * grid.height for grid in grids)), max(grid.width for grid in grids))
    gap, placed = GAP * length, list[StageGrid]()
    left, top, tallest = 0.0, 0.0, 0.0
    for grid in grids:
        if left and left + grid.width > length:
            left, top, tallest = 0.0, top + tallest + gap, 0.0
        placed.append(replace(grid, left=left, top=top))
        left, tallest = left + grid.width + gap, max(tallest, float(grid.height))
    return FloorPlan(grids=tuple(placed), width=max(grid.left + grid.width for grid in placed), height=top + tallest)
