# SPDX-License-Identifier: GPL-3.0-or-later
"""Plots of a chip's arrays: how full each stage's tiles are, a floor plan, and the drop on the wires of one tile."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from memnet.arrays import ChipTiles, FloorPlan, StageGrid
from memnet.flow import ChipArrays, TileDrop
from memnet.report.canvas import PALETTE, Axis, Canvas, stacked_svg
from memnet.report.chip_charts import STAGES
from memnet.report.thumbnails import coloured_url
from memnet.units import Floats

MOST_LINES = 80  # of a grid that are drawn; a finer one is drawn as a plain area
COLD, WARM, HOT = (232, 240, 252), (217, 130, 43), (120, 20, 50)  # red, green and blue of no, half and the largest drop
EMPTY = (255, 255, 255)


def arrays_svg(arrays: ChipArrays) -> str:
    """Return one picture of a chip's arrays that stands alone."""
    drop = () if arrays.drop is None else (drop_picture(arrays.drop),)
    charts = (utilisation_picture(arrays.tiles), floor_plan_picture(arrays.floor_plan), *drop)
    return stacked_svg(charts, f"{arrays.chip.title}: arrays of {arrays.tiles.size}")


def utilisation_picture(tiles: ChipTiles) -> Canvas:
    """Draw the share of crosspoints with a device of each stage, stages in the order of the signal."""
    count = len(tiles.stages)
    x = Axis(low=-1.0, high=float(count), label=STAGES)
    y = Axis.shares(1.08, "crosspoints used [%]", 0.25)
    says = f"{count} stages; {tiles.utilisation:.1%} of the whole chip's crosspoints are used"
    plot = Canvas(x, y, title="Utilisation of arrays by stage", says=says, width=1060, height=280, grid_x=False)
    for index, stage in enumerate(tiles.stages):
        used = stage.devices / stage.crosspoints
        shapes = ", ".join(f"{number:,} of {rows}x{columns}" for (rows, columns), number in stage.shapes.most_common(3))
        plot.bar((index - 0.4, index + 0.4), (0.0, used), PALETTE[0], f"{stage.stage}: {used:.1%}; tiles: {shapes}")
    plot.line([x.low, x.high], [tiles.utilisation] * 2, "var(--ink)", dash="6 4")
    plot.text(x.high, tiles.utilisation, f"whole chip {tiles.utilisation:.1%}", anchor="end", dy=-5)
    return plot


def floor_plan_picture(plan: FloorPlan) -> Canvas:
    """Draw the tiles of all stages, to scale: see `FloorPlan`."""
    wide = 1060
    left, top, bottom = 70, 14, 48
    tall = round((wide - left - 16) * plan.height / plan.width)
    x = Axis.over(0.0, plan.width, "number of crosspoints along rows", pad=0.0, marks=8)
    y = Axis.over(0.0, plan.height, "number of crosspoints along columns", pad=0.0, marks=5)
    plot = Canvas(
        x,
        y,
        title="Floor plan of tiles",
        width=wide,
        height=tall + top + bottom,
        left=left,
        top=top,
        bottom=bottom,
        says=f"tiles of {len(plan.grids)} stages",
        to_scale=True,
    )
    for index, grid in enumerate(plan.grids):
        _draw_grid(plot, plan, grid, PALETTE[index % len(PALETTE)])
    return plot


def _draw_grid(plot: Canvas, plan: FloorPlan, grid: StageGrid, colour: str) -> None:
    """Draw the tiles of a stage; the last row of the grid may not be full."""
    above, right = plan.height - grid.top, grid.left + grid.width
    full, rest = divmod(grid.tiles, grid.across)
    hint = f"{grid.stage}: {grid.tiles:,} tiles of up to {grid.rows}x{grid.columns}, {grid.utilisation:.1%} used"
    lower = above - full * grid.rows
    if full:
        plot.bar((grid.left, right), (lower, above), colour, hint, round_by=0)
    if rest:
        plot.bar((grid.left, grid.left + rest * grid.columns), (lower - grid.rows, lower), colour, hint, round_by=0)
    if grid.across + grid.down > MOST_LINES:
        return
    for number in range(1, grid.across):
        across = grid.left + number * grid.columns
        plot.line([across, across], [above - grid.height, above], "var(--card)", width=0.6)
    for number in range(1, grid.down):
        plot.line([grid.left, right], [above - number * grid.rows] * 2, "var(--card)", width=0.6)


def drop_picture(drop: TileDrop) -> Canvas:
    """Draw the share of the driver's voltage that each device of a tile loses, as a heat map."""
    rows, columns = drop.lost.shape
    x = Axis.over(0.0, float(columns), "number of the column", pad=0.0, marks=8)
    y = Axis(
        low=float(rows),
        high=0.0,
        label="number of the row",
        ticks=_marks(rows),
        names=tuple(f"{mark:g}" for mark in _marks(rows)),
        kind="number",
    )
    plot = Canvas(
        x,
        y,
        title=f"Drop on the wires of {drop.stage}, tile {drop.number}",
        width=620,
        height=460,
        right=120,
        grid_x=False,
        grid_y=False,
        to_scale=True,
        says=f"{rows} rows and {columns} columns",
    )
    plot.image((0.0, float(columns)), (0.0, float(rows)), coloured_url(heat(drop.lost, drop.largest)))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        level = rows * (1.0 - 0.9 * share)
        red, green, blue = heat(np.array([[share]]), 1.0)[0, 0].tolist()
        plot.text(columns, level, f"{share * drop.largest:.2%}", dx=30)
        plot.bar(
            (columns * 1.02, columns * 1.05),
            (level - 0.02 * rows, level + 0.02 * rows),
            f"rgb({red},{green},{blue})",
            f"{share * drop.largest:.2%} of the driver's voltage",
        )
    return plot


def _marks(count: int) -> tuple[float, ...]:
    return Axis.over(0.0, float(count), "", pad=0.0).ticks


def heat(values: Floats, largest: float) -> npt.NDArray[np.uint8]:
    """Return the colours of shares of `largest`, (rows, columns, red green and blue); white where there is none."""
    share = np.clip(np.nan_to_num(values) / (largest or 1.0), 0.0, 1.0)[..., None]
    cold, warm, hot = (np.array(each, dtype=np.float64) for each in (COLD, WARM, HOT))
    colours = np.where(share < 0.5, cold + 2 * share * (warm - cold), warm + (2 * share - 1) * (hot - warm))
    return np.where(np.isnan(values)[..., None], np.array(EMPTY), np.round(colours)).astype(np.uint8)
