# SPDX-License-Identifier: GPL-3.0-or-later
"""Linear maps from the values of a source (channels, pixels, images) to weighted sums, of the same axes.

`SparseMap` is for windows whose outputs each read the channel of the same number, with factors of their own at every
output if need be; `DenseMap` for windows that read all channels, with a matrix for all pixels or one for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memnet.operators.patches import DensePiece, patches
from memnet.operators.windows import Crossings, Shape, Window, unroll

Values = npt.NDArray[Any]


class LinearMap(Protocol):
    """A linear map; `shape` is (channels, pixels) of the sums that it gives."""

    shape: tuple[int, int]

    def __call__(self, values: Values) -> Values:
        """Return the sums (channels, pixels, images) for values of the source (channels, pixels, images)."""


class SparseMap:
    """The sums of a sparse matrix, each row of which stands for one output.

    Parameters
    ----------
    starts : (outputs + 1,) position of the first factor of each output
    sources : (factors,) flat index (channel, pixel) of the value that each factor multiplies
    factors : (factors,)
    source_size : channels * pixels of the source
    shape : (channels, pixels) of the outputs
    """

    def __init__(
        self,
        starts: npt.NDArray[Any],
        sources: npt.NDArray[Any],
        factors: Values,
        *,
        source_size: int,
        shape: tuple[int, int],
    ) -> None:
        from scipy.sparse import csr_array

        self.shape = shape
        self.matrix = csr_array((factors, sources, starts), shape=(len(starts) - 1, source_size))

    @staticmethod
    def of(crossings: Crossings, factors: Values, source: Shape, target: Shape) -> SparseMap:
        """Return the map of an unrolled window with a factor for each crossing."""
        size, shape = source[0] * source[1] * source[2], (target[0], target[1] * target[2])
        return SparseMap(crossings.starts, crossings.rows, factors, source_size=size, shape=shape)

    def __call__(self, values: Values) -> Values:
        """Return the sums (channels, pixels, images) for values of the source (channels, pixels, images)."""
        images = values.shape[-1]
        return np.asarray(self.matrix @ values.reshape(self.matrix.shape[1], images)).reshape(*self.shape, images)


def channel_map(window: Window, kernel: Values, source: Shape, target: Shape) -> LinearMap:
    """Return the map of a window that reads each channel apart, with the same kernel at all pixels.

    Taps on the padding count 0.

    Parameters
    ----------
    kernel : (channels, taps)
    """
    crossings = unroll(window, source, target)
    return SparseMap.of(crossings, kernel.reshape(-1)[crossings.weight], source, target)


class DenseMap:
    """The sums of windows that read all channels of the source.

    Parameters
    ----------
    pieces : for consecutive channels of the target the window that they read through; their `first` and `last` are
        positions in the matrix's `out` axis
    matrix : (out, in * taps), or (pixels, out, in * taps) where each pixel has its own
    """

    def __init__(self, pieces: Sequence[DensePiece], matrix: Values, source: Shape, target: Shape) -> None:
        self.source, self.target = source, target
        self.shape = matrix.shape[-2], target[1] * target[2]
        self.pieces = [(piece, np.ascontiguousarray(matrix[..., piece.first : piece.last, :])) for piece in pieces]

    def __call__(self, values: Values) -> Values:
        """Return the sums (channels, pixels, images) for values of the source (channels, pixels, images)."""
        channels, pixels = self.shape
        images = values.shape[-1]
        result = np.empty((channels, pixels, images), dtype=values.dtype)
        for piece, matrix in self.pieces:
            read = patches(piece.window, self.source, self.target, values)
            where = result[piece.first : piece.last]
            if matrix.ndim == 3:
                np.matmul(matrix, read.transpose(1, 0, 2), out=where.transpose(1, 0, 2))
            else:
                np.matmul(matrix, read.reshape(len(read), -1), out=where.reshape(-1, pixels * images))
        return result
