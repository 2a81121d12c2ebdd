# SPDX-License-Identifier: GPL-3.0-or-later
"""Linear maps from the values of a source (channels, pixels, images) to weighted sums, of the same axes.

`ChannelMap` is for windows whose outputs each read one channel, `DenseMap` for windows that read all channels. In both,
either all pixels of a channel have the same factors, or each has its own. A map is called with values; `weighted_sum`
adds several maps up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memnet.operators.patches import DensePiece, patches, pixel_map
from memnet.operators.windows import Crossings, Shape, Window, unroll

Values = npt.NDArray[Any]
Channels = npt.NDArray[np.int64]


class LinearMap(Protocol):
    """A linear map; `shape` is (channels, pixels) of the sums that it gives."""

    shape: tuple[int, int]

    def __call__(self, values: Values) -> Values:
        """Return the sums (channels, pixels, images) for values of the source (channels, pixels, images)."""


class ChannelMap:
    """The sums of a window that reads each channel apart; taps on the padding count 0.

    Parameters
    ----------
    factors : (channels, taps) where all pixels share a kernel; with `each`, (channels, crossings of one channel) in the
        order of `unroll`
    channels : those that the map gives, ascending; None for all
    """

    def __init__(
        self,
        window: Window,
        factors: Values,
        source: Shape,
        target: Shape,
        *,
        each: bool = False,
        channels: Channels | None = None,
    ) -> None:
        self.window, self.source, self.target = window, source, target
        self.factors, self.each = np.ascontiguousarray(factors), each
        self.channels = _indices(channels)
        self.shape = len(factors) if channels is None else len(channels), target[1] * target[2]
        self.pattern = one_channel(window, source, target)

    def __call__(self, values: Values) -> Values:
        """Return the sums (channels, pixels, images) for values of the source (channels, pixels, images)."""
        images = values.shape[-1]
        return np.asarray(self._matrix @ values.reshape(-1, images)).reshape(*self.shape, images)

    @cached_property
    def _matrix(self) -> Any:  # noqa: ANN401 - scipy has no types
        """Return the map as a sparse matrix (channels * pixels, channels * pixels of the source)."""
        from scipy.sparse import csr_array

        if self.channels is None:
            crossings, chosen = unroll(self.window, self.source, self.target), self.factors
            rows, starts = crossings.rows, crossings.starts
        else:
            rows = (self.channels[:, None] * (self.source[1] * self.source[2]) + self.pattern.rows).reshape(-1)
            firsts = np.arange(len(self.channels))[:, None] * len(self.pattern.rows)
            starts = np.append((firsts + self.pattern.starts[:-1]).reshape(-1), len(rows))
            chosen = self.factors[self.channels]
        factors = chosen if self.each else chosen[:, self.pattern.weight]
        size = self.source[0] * self.source[1] * self.source[2]
        return csr_array((factors.reshape(-1), rows, starts), shape=(self.shape[0] * self.shape[1], size))


def _indices(channels: Channels | None) -> Channels | None:
    return None if channels is None else np.ascontiguousarray(channels, dtype=np.int64)


@lru_cache(maxsize=256)
def one_channel(window: Window, source: Shape, target: Shape) -> Crossings:
    """Return the crossings of one channel of a window that reads channels apart; `weight` is the tap of each."""
    return unroll(window, (1, *source[1:]), (1, *target[1:]))


class DenseMap:
    """The sums of windows that read all channels of the source.

    Parameters
    ----------
    pieces : for consecutive channels of the target the window that they read through
    matrix : (out, in * taps), or (pixels, out, in * taps) where each pixel has its own
    channels : those of the target that the map gives, ascending; None for all
    """

    def __init__(
        self,
        pieces: Sequence[DensePiece],
        matrix: Values,
        source: Shape,
        target: Shape,
        *,
        channels: Channels | None = None,
    ) -> None:
        self.source, self.target = source, target
        self.matrix, self.channels = np.ascontiguousarray(matrix), _indices(channels)
        self.shape = matrix.shape[-2] if channels is None else len(channels), target[1] * target[2]
        if channels is not None:
            bounds = [np.searchsorted(channels, (piece.first, piece.last)).tolist() for piece in pieces]
            pieces = [
                replace(piece, first=first, last=last)
                for piece, (first, last) in zip(pieces, bounds, strict=True)
                if last > first
            ]
        self.pieces = tuple(pieces)  # `first` and `last` are positions among the channels that the map gives
        self.pixels_read = [pixel_map(piece.window, source, target) for piece in self.pieces]

    def __call__(self, values: Values) -> Values:
        """Return the sums (channels, pixels, images) for values of the source (channels, pixels, images)."""
        channels, pixels = self.shape
        images = values.shape[-1]
        result = np.empty((channels, pixels, images), dtype=values.dtype)
        for piece in self.pieces:
            read, given = patches(piece.window, self.source, self.target, values), slice(piece.first, piece.last)
            matrix = self.matrix[..., given if self.channels is None else self.channels[given], :]
            if matrix.ndim == 3:
                np.matmul(matrix, read.transpose(1, 0, 2), out=result[given].transpose(1, 0, 2))
            else:
                np.matmul(matrix, read.reshape(len(read), -1), out=result[given].reshape(-1, pixels * images))
        return result
