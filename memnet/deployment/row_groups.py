# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of one term as a linear map from the values on its rows to the sums of its columns, for the numeric engine.

`ChannelRows` and `DenseRows` keep conductances in different layouts behind one interface, `Rows`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memnet.operators import (
    ChannelMap,
    Crossings,
    DenseMap,
    DensePiece,
    LinearMap,
    Shape,
    Window,
    inside,
    one_channel,
)

Values = npt.NDArray[Any]
Channels = npt.NDArray[np.int64]


class Rows(Protocol):
    """Rows that one source drives. `siemens` is an array of conductances in the layout of the implementing class."""

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels) siemens."""

    def largest(self, siemens: Values) -> Values:
        """Return the largest conductance into a column of each channel, (channels,), or (channels, channels of source).

        The latter where columns read all channels of the source, from each of them.
        """

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
    """Rows of a window whose columns each read the channel of the same number.

    Conductances are (channels, taps) where all pixels share them, (crossings,) where each device differs.
    """

    window: Window
    source: Shape
    target: Shape

    @property
    def pattern(self) -> Crossings:
        """Return the crossings of one channel, which are those of every channel."""
        return one_channel(self.window, self.source, self.target)

    def wide(self, siemens: Values) -> Values:
        """Return the conductance of every device, (channels, crossings of one channel)."""
        return siemens[:, self.pattern.weight] if siemens.ndim == 2 else siemens.reshape(self.target[0], -1)

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels) siemens."""
        columns, pixels = self.pattern.columns, self.target[1] * self.target[2]
        return np.stack([np.bincount(columns, weights=row, minlength=pixels) for row in self.wide(siemens)])

    def largest(self, siemens: Values) -> Values:
        """Return the largest conductance into a column of each channel, (channels,) siemens."""
        return np.asarray(self.sums(siemens).max(axis=1))

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""
        if siemens.ndim == 2 and factor.shape[1] == 1:
            return np.asarray(siemens * factor)
        each = np.broadcast_to(factor, (self.target[0], self.target[1] * self.target[2]))
        return np.asarray(self.wide(siemens) * each[:, self.pattern.columns]).reshape(-1)

    def operator(self, siemens: Values, channels: Channels | None = None) -> LinearMap:
        """Return the map into some output channels or all."""
        factors, each = siemens.reshape(self.target[0], -1), siemens.ndim == 1
        return ChannelMap(self.window, factors, self.source, self.target, each=each, channels=channels)


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

    def largest(self, siemens: Values) -> Values:
        """Return the largest conductance from a channel of the source into a column of each channel, (out, in) siemens.

        It is that of columns whose taps all fall on the map.
        """
        taps = len(self.pieces[0].window.offsets)
        sums = siemens.reshape(*siemens.shape[:-1], -1, taps).sum(axis=-1, dtype=np.float64 if taps > 1 else None)
        return np.asarray(sums if sums.ndim == 2 else sums.max(axis=0), dtype=np.float64)

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""
        if siemens.ndim == 3:
            wide = np.broadcast_to(factor, (self.target[0], len(siemens)))
            return np.asarray(siemens * wide.T[:, :, None])
        return np.asarray(siemens * factor[:, :1])

    def operator(self, siemens: Values, channels: Channels | None = None) -> LinearMap:
        """Return the map into some output channels or all."""
        return DenseMap(self.pieces, siemens, self.source, self.target, channels=channels)
