# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of one term as a linear map from the values on its rows to the sums of its columns, for the numeric engine.

`ChannelRows` and `DenseRows` keep conductances in different layouts behind one interface, `Rows`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memnet.operators import Crossings, DenseMap, DensePiece, LinearMap, Shape, SparseMap, inside

Values = npt.NDArray[Any]
Channels = npt.NDArray[np.int64]


class Rows(Protocol):
    """Rows that one source drives. `siemens` is an array of conductances in the layout of the implementing class."""

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels) siemens."""

    def operator(self, siemens: Values, channels: Channels | None = None) -> LinearMap:
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

    def operator(self, siemens: Values, channels: Channels | None = None) -> LinearMap:
        """Return the map into some output channels or all."""
        crossings, factors, target = self.crossings, siemens, self.target
        if channels is not None:
            pixels, target = self.target[1] * self.target[2], (len(channels), *self.target[1:])
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
            factors = factors[chosen]
        return SparseMap.of(crossings, factors, self.source, target)


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

    def operator(self, siemens: Values, channels: Channels | None = None) -> LinearMap:
        """Return the map into some output channels or all."""
        if channels is None:
            return DenseMap(self.pieces, siemens, self.source, self.target)
        bounds = [np.searchsorted(channels, (piece.first, piece.last)).tolist() for piece in self.pieces]
        pieces = [
            replace(piece, first=first, last=last)
            for piece, (first, last) in zip(self.pieces, bounds, strict=True)
            if last > first
        ]
        return DenseMap(pieces, siemens[..., channels, :], self.source, self.target)
