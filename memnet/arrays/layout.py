# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout of each stage, and how many tiles, crosspoints and lines a chip has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from memnet.arrays.size import ArraySize
from memnet.arrays.tiles import StageTiles, channel_groups
from memnet.deployment import Plan, Stage, StageProgram, term_window
from memnet.operators import count_crossings

Shapes = Counter[tuple[int, int]]
LINE_CROSSPOINTS = 20  # what a row or column costs beside its crosspoints, in crosspoints: an assumption


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCount:
    """The tiles of one stage in numbers: `shapes` is the number of tiles by their rows and columns."""

    stage: str
    patch: tuple[int, int]  # output pixels that share a tile, height and width
    shapes: Shapes
    devices: int

    @property
    def tiles(self) -> int:
        """Return the number of tiles."""
        return self.shapes.total()

    @property
    def crosspoints(self) -> int:
        """Return rows times columns, over all tiles."""
        return sum(rows * columns * count for (rows, columns), count in self.shapes.items())

    @property
    def lines(self) -> int:
        """Return rows plus columns, over all tiles."""
        return sum((rows + columns) * count for (rows, columns), count in self.shapes.items())

    @property
    def cost(self) -> int:
        """Return what layouts are compared by, in crosspoints."""
        return self.crosspoints + LINE_CROSSPOINTS * self.lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipTiles:
    """The tiles of all crossbar stages of a chip in numbers."""

    size: ArraySize
    stages: tuple[StageCount, ...]

    @property
    def shapes(self) -> Shapes:
        """Return the number of tiles by their rows and columns, the most frequent first."""
        return Counter(dict(sum((stage.shapes for stage in self.stages), Counter()).most_common()))

    @property
    def tiles(self) -> int:
        """Return the number of tiles."""
        return sum(stage.tiles for stage in self.stages)

    @property
    def devices(self) -> int:
        """Return the number of memristors."""
        return sum(stage.devices for stage in self.stages)

    @property
    def crosspoints(self) -> int:
        """Return rows times columns, over all tiles."""
        return sum(stage.crosspoints for stage in self.stages)

    @property
    def lines(self) -> int:
        """Return rows plus columns, over all tiles."""
        return sum(stage.lines for stage in self.stages)

    @property
    def rows(self) -> int:
        """Return the rows of all tiles."""
        return sum(rows * count for stage in self.stages for (rows, _), count in stage.shapes.items())

    @property
    def utilisation(self) -> float:
        """Return the share of crosspoints that have a device."""
        return self.devices / self.crosspoints


def lay_out(plan: Plan, programs: Mapping[str, StageProgram], size: ArraySize, *, patches: bool = False) -> ChipTiles:
    """Count the tiles of a plan's chip, one output pixel a tile or the cheapest patch of pixels for each stage.

    Parameters
    ----------
    programs : what is programmed into each stage, by name; without an entry, bias rows whose number depends on weights
        are counted as one
    patches : pixels may share tiles, which then have fewer lines and crosspoints without a device: see `cheapest`
    """
    count = cheapest if patches else _count_of
    stages = [count(stage, plan, programs.get(stage.name), size) for stage in plan.stages if stage.memristor_terms]
    return ChipTiles(size=size, stages=tuple(stages))


def cheapest(stage: Stage, plan: Plan, program: StageProgram | None, size: ArraySize) -> StageCount:
    """Count the tiles of a stage in the layout of least cost: crosspoints, and LINE_CROSSPOINTS for every line.

    Patches of all heights and widths are tried whose rows and columns fit on one array; with them every pixel has a
    place of its own on a tile, so that wires give it a kernel of its own.
    """
    best = _count_of(stage, plan, program, size)
    _, height, width = stage.shape
    pixels = size.columns // (2 * most_members(stage))  # that have room beside each other
    for high in range(1, min(height, pixels) + 1):
        for wide in range(1, min(width, pixels // high) + 1):
            tiles = StageTiles.of(stage, plan, program, size, (high, wide))
            if tiles.whole and (high, wide) != (1, 1):
                best = min(best, _count(tiles), key=lambda count: count.cost)
    return best


def most_members(stage: Stage) -> int:
    """Return the channels of a stage's largest group of channels that read the same rows."""
    return int(np.bincount(channel_groups(stage)[0]).max())


def _count_of(stage: Stage, plan: Plan, program: StageProgram | None, size: ArraySize) -> StageCount:
    """Count the tiles of a stage, one output pixel a tile."""
    return _count(StageTiles.of(stage, plan, program, size))


def _count(tiles: StageTiles) -> StageCount:
    return StageCount(
        stage=tiles.stage.name,
        patch=(tiles.patches.height, tiles.patches.width),
        shapes=tiles.shapes(),
        devices=count_memristors(tiles.stage, tiles.plan, tiles.program),
    )


def count_memristors(stage: Stage, plan: Plan, program: StageProgram | None) -> int:
    """Return the number of memristors of a stage, in plus and minus columns together."""
    windows = ((term_window(term, program), plan.shape(term.source)) for term in stage.memristor_terms)
    return 2 * sum(count_crossings(window, source, stage.shape) for window, source in windows)
