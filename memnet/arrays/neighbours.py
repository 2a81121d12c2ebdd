# SPDX-License-Identifier: GPL-3.0-or-later
"""Which crosspoints wires join: for each device the next one towards its row's driver and its column's end.

Rows are driven from the left, where column 0 is; columns end below the last row, at their virtual grounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memnet.arrays.patches import Integers
from memnet.arrays.tiles import StageTiles

NONE = -1  # in place of a device where a line ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The devices next to each device of a stage, (devices,), or NONE.

    Devices are in the order of `StageTiles.places`.

    Attributes
    ----------
    nearer_driver : the device to the left; NONE in column 0
    nearer_ground : the device below; NONE in the last row
    """

    nearer_driver: Integers
    nearer_ground: Integers

    @staticmethod
    def of(tiles: StageTiles) -> Neighbours:
        """Find the neighbours of all devices of a stage."""
        tile, row, column = tiles.places()
        along_row, along_column = np.lexsort((column, row, tile)), np.lexsort((row, column, tile))
        left, below = np.full(len(tile), NONE), np.full(len(tile), NONE)
        same_row = (np.diff(tile[along_row]) == 0) & (np.diff(row[along_row]) == 0)
        left[along_row[1:][same_row]] = along_row[:-1][same_row]
        same_column = (np.diff(tile[along_column]) == 0) & (np.diff(column[along_column]) == 0)
        below[along_column[:-1][same_column]] = along_column[1:][same_column]
        return Neighbours(nearer_driver=left, nearer_ground=below)
