# SPDX-License-Identifier: GPL-3.0-or-later
"""`Placement`: the table of all memristors of a chip, each with its block, row, column and level.

The quantised reference is computed from this table, so this module imports nothing of deployments or circuits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BIAS = ""  # stands in place of a layer's name for bias rows, which carry no kernel weight
IDLE = "idle"  # stands in place of a layer's name for devices that this architecture does not use


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPlacement:
    """All memristors of one crossbar block; every array is (devices,).

    A weight is read back as `w[weight] = sum(side * level * unit)` over the two devices of one crossing, in the
    activation units of the network; a bias as the sum of `side * level * unit` over all bias devices of a column.
    """

    block: str
    layer_held: str  # the layer whose activation the block's output holds; a bias read back is that layer's
    layers: tuple[str, ...]  # names that `layer` indexes; bias rows have the name BIAS
    layer: npt.NDArray[np.int32]
    weight: npt.NDArray[np.int64]  # flat index into the layer's kernel (out, in, taps); for bias rows (out, 1, rows)
    channel: npt.NDArray[np.int32]  # output channel
    row: npt.NDArray[np.int64]  # flat (channel, y, x) index of the source that drives the row
    column: npt.NDArray[np.int64]  # flat (channel, y, x) index of the output
    side: npt.NDArray[np.int8]  # +1 in the plus column, -1 in the minus column
    level: npt.NDArray[np.int16]
    unit: npt.NDArray[np.float64]  # value of one level, in weight (or bias) units

    def __len__(self) -> int:
        return len(self.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The blocks of a chip, in plan order."""

    bits: int
    g_min_siemens: float
    g_max_siemens: float
    blocks: Sequence[BlockPlacement]  # of a large chip, each computed anew whenever it is read

    def __len__(self) -> int:
        return sum(len(block) for block in self.blocks)

    def conductance(self, block: BlockPlacement) -> npt.NDArray[np.float64]:
        """Return the target conductances of a block, (devices,) siemens: Gmin + level (Gmax - Gmin) / (2^b - 1).

        Written apart from `devices.levels`, which circuits use, on purpose: the reference reads kernels back with it.
        """
        step = (self.g_max_siemens - self.g_min_siemens) / (2**self.bits - 1)
        return np.asarray(self.g_min_siemens + step * block.level.astype(np.float64))
