# SPDX-License-Identifier: GPL-3.0-or-later
"""Wired tiles of memristors with a law I = G f(V): what their curves change, to first order in the excess currents.

A tile of resistors G with drivers at f(V) is solved exactly (`wires`). Let d be how far the voltage w across one of its
devices is below the driver's, w = f(V) - d. A device with the law sees V - d and carries G f(V - d), which is the
resistor's G w and an excess G (f(V - d) - f(V) + d). So the currents into the columns are those of the resistors, and
the share of each excess that flows into each column:

    I = E^T f(V) - Y u + sum over devices of B G (f(V - d) - f(V) + d),  d = D f(V) + B u

D and B are linear maps of the tile alone, and u the voltages of the columns' ends, 0 but for those of shut amplifiers.
The excess in turn moves d, which is left out: it is smaller than the excess by the share of the voltage that wires
take, times how far f's slope is from 1.

The maps follow from the recursion of `wires`. Let c_i be the voltages of the column nodes at row i, x those at the
drivers and u those at the virtual grounds: c_i = F_i (c_(i+1) + column_ohm N_i x), c_rows = u, with the N of the rows
down to i and F_i = (1 + column_ohm Y_i)^-1. The row's ladder K gives the currents J_i = K (x_i 1 - c_i) of its devices,
and so the voltages across them, x_i 1 - Z J_i - c_i, where Z[j, k] = row_ohm (min(j, k) + 1), less
row_ohm (j + 1) (k + 1) / (columns + 1) where rows are driven at both ends. A current across a device
from its row to its column sends into a virtual ground what one volt there would put across the device, by reciprocity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memnet.arrays.ladders import ladders
from memnet.arrays.patches import Integers
from memnet.arrays.wires import SHORT_OHM, single_threaded_blas
from memnet.operators import Shape, Window
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvedTiles:
    """Tiles of one shape; maps between their drivers or columns and their devices, row by row.

    Attributes
    ----------
    drops : (tiles, rows * columns, rows) D, volts that wires take from each device per volt at each driver
    lifts : (tiles, rows * columns, columns) B, volts that each device loses per volt at each virtual ground
    excess : (tiles, columns, rows * columns) B G, amperes into each column per volt of f(V - d) - f(V) + d at a device
    """

    drops: Floats
    lifts: Floats
    excess: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvedUnits:
    """Equal tiles at some pixels of memristors with a law, for some groups of channels that each read rows of its own.

    Attributes
    ----------
    pixels : (pixels,) output pixels
    channels : (groups, members) output channels; columns are plus and minus of each member in turn
    rows : for the rows of each term in turn, its unit, their positions in the volts of its source, flat over channels
        and pixels, (groups or 1, rows, pixels), None for bias rows, and how many there are
    high, wide : first and last row and column of the tiles within what the channels read
    tiles : their maps, one tile a group
    """

    pixels: Integers
    channels: Integers
    rows: tuple[tuple[str, Integers | None, int], ...]
    high: slice
    wide: slice
    tiles: CurvedTiles


def curved_tiles(
    siemens: Floats, row_ohm: float, column_ohm: float, *, both_ends: bool = False, lead_ohm: float = 0.0
) -> CurvedTiles:
    """Return the maps of tiles of devices (tiles, rows, columns) siemens; the others are those of `wired_tiles`."""
    tiles, rows, columns = siemens.shape
    unit, way_ohm = np.eye(columns), lead_ohm + row_ohm * (np.arange(columns) + 1.0)
    along: Floats = np.minimum.outer(way_ohm, way_ohm)
    if both_ends and way_ohm[0] > SHORT_OHM:
        along -= np.multiply.outer(way_ohm, way_ohm) / (way_ohm[-1] + way_ohm[0])
    with single_threaded_blas():
        steps, own = _descent(siemens, row_ohm, column_ohm, both_ends, lead_ohm)
        drops = np.empty((tiles, rows, columns, rows))
        lifts, excess = np.empty((tiles, rows, columns, columns)), np.empty((tiles, columns, rows, columns))
        at_drivers, at_grounds = np.zeros((tiles, columns, rows)), np.broadcast_to(unit, (tiles, columns, columns))
        for row in reversed(range(rows)):
            passed, fed = steps[row]
            at_drivers, at_grounds = passed @ at_drivers + fed, passed @ at_grounds
            seen = unit - along @ own[row]  # volts across devices per volt between their driver and their columns
            across = -at_drivers
            across[:, :, row] += 1.0
            across = -(seen @ across)
            across[:, :, row] += 1.0
            drops[:, row] = across
            lifts[:, row] = seen @ at_grounds
            excess[:, :, row] = lifts[:, row].swapaxes(1, 2) * siemens[:, None, row]
    return CurvedTiles(
        drops=drops.reshape(tiles, rows * columns, rows),
        lifts=lifts.reshape(tiles, rows * columns, columns),
        excess=excess.reshape(tiles, columns, rows * columns),
    )


def _descent(
    siemens: Floats, row_ohm: float, column_ohm: float, both_ends: bool, lead_ohm: float
) -> tuple[list[tuple[Floats, Floats]], list[Floats]]:
    """Return F and column_ohm F N of each row, from the first, and the admittance K of each row alone."""
    tiles, rows, columns = siemens.shape
    admittance, delivered = np.zeros((tiles, columns, columns)), np.zeros((tiles, columns, rows))
    steps: list[tuple[Floats, Floats]] = []
    ladder: list[Floats] = []
    two = both_ends and row_ohm + lead_ohm > SHORT_OHM
    for row, (own, fed) in enumerate(ladders(siemens, row_ohm, both_ends=two, lead_ohm=lead_ohm)):
        admittance = admittance + own
        delivered[:, :, row] = fed
        passed: Floats = np.asarray(np.linalg.inv(np.eye(columns) + column_ohm * admittance), dtype=np.float64)
        admittance, delivered = passed @ admittance, passed @ delivered
        steps.append((passed, column_ohm * delivered))
        ladder.append(own.copy())
    return steps, ladder


def reads_at(
    window: Window, reads: Integers, channels: Integers, pixels: Integers, width: int, source: Shape
) -> Integers:
    """Return the positions in a source, flat over channels and pixels, that rows read, (groups or 1, rows, pixels).

    Parameters
    ----------
    reads : (rows,) positions at the first of `pixels`, in channel 0 where the window reads channel by channel
    channels : (groups, members) output channels
    pixels : output pixels at which the window reads the same taps, on a map of that width
    """
    y, x = np.divmod(pixels, width)
    moved = ((y - y[0]) * source[2] + x - x[0]) * window.stride
    own = np.zeros((1, 1), dtype=np.int64) if window.dense else channels[:, :1] * (source[1] * source[2])
    return np.asarray((reads + own)[:, :, None] + moved)
