# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout of each stage, and how many tiles, crosspoints and lines a chip has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from memnet.arrays.size import ArraySize
from memnet.arrays.tiles import StageTiles, memristor_terms
from memnet.deployment import Plan, Stage, StageProgram, term_window
from memnet.operators import count_crossings

Shapes = Counter[tuple[int, int]]


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
    def utilisation(self) -> float:
        """Return the share of crosspoints that have a device."""
        return self.devices / self.crosspoints


def lay_out(plan: Plan, programs: Mapping[str, StageProgram], size: ArraySize) -> ChipTiles:
    """Count the tiles of a plan's chip, one output pixel a tile.

    Parameters
    ----------
    programs : what is programmed into each stage, by name; without an entry, bias rows whose number depends on weights
        are counted as one
    """
    stages = [
        _count(StageTiles.of(stage, plan, programs.get(stage.name), size))
        for stage in plan.stages
        if memristor_terms(stage)
    ]
    return ChipTiles(size=size, stages=tuple(stages))


def _count(tiles: StageTiles) -> StageCount:
    return StageCount(
        stage=tiles.stage.name,
        patch=(tiles.patches.height, tiles.patches.width),
        shapes=tiles.shapes(),
        devices=count_memristors(tiles.stage, tiles.plan, tiles.program),
    )


def count_memristors(stage: Stage, plan: Plan, program: StageProgram | None) -> int:
    """Return the number of memristors of a stage, in plus and minus columns together."""
    windows = ((term_window(term, program), plan.shape(term.source)) for term in memristor_terms(stage))
    return 2 * sum(count_crossings(window, source, stage.shape) for window, source in windows)
