# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of one term as a linear map from the values on its rows to the sums of its columns, for the numeric engine.

`ChannelRows` and `DenseRows` keep conductances in different layouts behind one interface, `Rows`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memnet.deployment.crossings import DensePiece, inside, patches, sparse_map
from memnet.deployment.windows import Crossings, Shape

Values = npt.NDArray[Any]
Channels = npt.NDArray[np.int64]


class Operator(Protocol):
    """A linear map from the rows of a term to the columns of its stage."""

    def __call__(self, values: Values) -> Values:
        """Return the column sums (channels, pixels, images) for values of the source (channels, pixels, images)."""


class Rows(Protocol):
    """Rows that one source drives. `siemens` is an array of conductances in the layout of the implementing class."""

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels) siemens."""

    def operator(self, siemens: Values, channels: Channels | None = None) -> Operator:
        """Return the map that multiplies row values by `siemens` and sums them in each column.

        Parameters
        ----------
        siemens : conductances, or other factors in the same layout
        channels : output channels that the map gives, ascending; None for all
        """

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRows:
    """Rows of a window whose columns each read the channel of the same number; conductances are (crossings,)."""

    crossings: Crossings
    source: Shape
    target: Shape

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels) siemens."""
        total = np.bincount(self.crossings.columns, weights=siemens, minlength=int(np.prod(self.target)))
        return total.reshape(self.target[0], -1)

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""
        pixels = self.target[1] * self.target[2]
        wide = np.broadcast_to(factor, (self.target[0], pixels)).reshape(-1)
        return np.asarray(siemens * wide[self.crossings.columns])

    def operator(self, siemens: Values, channels: Channels | None = None) -> Operator:
        """Return the map into some output channels or all."""
        crossings, data, count = self.crossings, siemens, self.target[0]
        if channels is not None:
            pixels, count = self.target[1] * self.target[2], len(channels)
            columns = (channels[:, None] * pixels + np.arange(pixels)).reshape(-1)
            lengths = np.diff(crossings.starts)[columns]
            starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            chosen = np.repeat(crossings.starts[columns] - starts[:-1], lengths) + np.arange(starts[-1])
            crossings = Crossings(
                starts=starts,
                rows=crossings.rows[chosen],
                columns=crossings.columns[chosen],
                weight=crossings.weight[chosen],
            )
            data = data[chosen]
        rows = int(np.prod(self.source))
        matrix = sparse_map(crossings, data, rows)

        def apply(values: Values) -> Values:
            images = values.shape[-1]
            return np.asarray(matrix @ values.reshape(rows, images)).reshape(count, -1, images)

        return apply


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseRows:
    """Rows of windows that read all input channels.

    Conductances are (out, in * taps) where all pixels share them, (pixels, out, in * taps) where each device differs.
    """

    pieces: tuple[DensePiece, ...]
    source: Shape
    target: Shape

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels) siemens."""
        pixels = self.target[1] * self.target[2]
        total = np.zeros((self.target[0], pixels))
        for piece in self.pieces:
            present = inside(piece.window, self.source, self.target)
            devices = siemens[..., piece.first : piece.last, :].astype(np.float64)
            per_tap = devices.reshape(*devices.shape[:-1], self.source[0], len(present)).sum(axis=-2)
            sums = np.einsum("pot,tp->op", per_tap, present) if devices.ndim == 3 else per_tap @ present
            total[piece.first : piece.last] = sums
        return total

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""
        if siemens.ndim == 3:
            wide = np.broadcast_to(factor, (self.target[0], len(siemens)))
            return np.asarray(siemens * wide.T[:, :, None])
        return np.asarray(siemens * factor[:, :1])

    def operator(self, siemens: Values, channels: Channels | None = None) -> Operator:
        """Return the map into some output channels or all."""
        outputs = np.arange(self.target[0]) if channels is None else channels
        maps = []
        for piece in self.pieces:
            chosen = np.flatnonzero((outputs >= piece.first) & (outputs < piece.last))
            if len(chosen):
                kept = slice(piece.first, piece.last) if channels is None else outputs[chosen]
                where = slice(int(chosen[0]), int(chosen[-1]) + 1)
                maps.append((piece, where, np.ascontiguousarray(siemens[..., kept, :])))

        def apply(values: Values) -> Values:
            pixels, images = self.target[1] * self.target[2], values.shape[-1]
            result = np.empty((len(outputs), pixels, images), dtype=values.dtype)
            for piece, where, matrix in maps:
                read = patches(piece.window, self.source, self.target, values)
                if matrix.ndim == 3:
                    np.matmul(matrix, read.transpose(1, 0, 2), out=result[where].transpose(1, 0, 2))
                else:
                    np.matmul(matrix, read.reshape(len(read), -1), out=result[where].reshape(-1, pixels * images))
            return result

        return apply
