"""Groups of rows of one crossbar stage with the conductances that stand in them; knows no op-amp law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memnet.deployment.crossings import Crossings, DensePiece, inside, patches, sparse_map
from memnet.deployment.windows import Shape

Values = npt.NDArray[Any]
Channels = npt.NDArray[np.int64]


class Operator(Protocol):
    """A linear map from rows to columns, images last."""

    def __call__(self, values: Values) -> Values:
        """Return (channels, pixels, images) of a source's values, given as (channels, pixels, images)."""


class Rows(Protocol):
    """Rows that one source drives; plus and minus conductances, siemens, in a layout of their own."""

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels)."""

    def operator(self, siemens: Values, channels: Channels | None = None) -> Operator:
        """Return the map that conductances, or anything in their layout, make into some output channels or all."""

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRows:
    """Rows of a window that sees its own channel alone; conductances are (crossings,)."""

    crossings: Crossings
    source: Shape
    target: Shape

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels)."""
        total = np.bincount(self.crossings.columns, weights=siemens, minlength=int(np.prod(self.target)))
        return total.reshape(self.target[0], -1)

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""
        pixels = self.target[1] * self.target[2]
        wide = np.broadcast_to(factor, (self.target[0], pixels)).reshape(-1)
        return np.asarray(siemens * wide[self.crossings.columns])

    def operator(self, siemens: Values, channels: Channels | None = None) -> Operator:
        """Return the map into some output channels or all."""
        shape, data, count = self.crossings, siemens, self.target[0]
        if channels is not None:
            pixels, count = self.target[1] * self.target[2], len(channels)
            columns = (channels[:, None] * pixels + np.arange(pixels)).reshape(-1)
            lengths = np.diff(shape.starts)[columns]
            starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            at = np.repeat(shape.starts[columns] - starts[:-1], lengths) + np.arange(starts[-1])
            shape = Crossings(starts=starts, rows=shape.rows[at], columns=shape.columns[at], weight=shape.weight[at])
            data = data[at]
        rows = int(np.prod(self.source))
        matrix = sparse_map(shape, data, rows)

        def apply(values: Values) -> Values:
            images = values.shape[-1]
            return np.asarray(matrix @ values.reshape(rows, images)).reshape(count, -1, images)

        return apply


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseRows:
    """Rows of windows that see all channels.

    Conductances are (out, in * taps) where all pixels share them, (pixels, out, in * taps) where each device differs.
    """

    pieces: tuple[DensePiece, ...]
    source: Shape
    target: Shape

    def sums(self, siemens: Values) -> Values:
        """Return the conductance into every column, (channels, pixels)."""
        pixels = self.target[1] * self.target[2]
        total = np.zeros((self.target[0], pixels))
        for piece in self.pieces:
            there = inside(piece.window, self.source, self.target)
            own = siemens[..., piece.first : piece.last, :].astype(np.float64)
            per_tap = own.reshape(*own.shape[:-1], self.source[0], len(there)).sum(axis=-2)
            share = np.einsum("pot,tp->op", per_tap, there) if own.ndim == 3 else per_tap @ there
            total[piece.first : piece.last] = share
        return total

    def scaled(self, siemens: Values, factor: Values) -> Values:
        """Return the conductances times a factor for each column, (channels, 1 or pixels)."""
        if siemens.ndim == 3:
            wide = np.broadcast_to(factor, (self.target[0], len(siemens)))
            return np.asarray(siemens * wide.T[:, :, None])
        return np.asarray(siemens * factor[:, :1])

    def operator(self, siemens: Values, channels: Channels | None = None) -> Operator:
        """Return the map into some output channels or all."""
        wanted = np.arange(self.target[0]) if channels is None else channels
        parts = []
        for piece in self.pieces:
            at = np.flatnonzero((wanted >= piece.first) & (wanted < piece.last))
            if len(at):
                rows = slice(piece.first, piece.last) if channels is None else wanted[at]
                parts.append((piece, slice(int(at[0]), int(at[-1]) + 1), np.ascontiguousarray(siemens[..., rows, :])))

        def apply(values: Values) -> Values:
            pixels, images = self.target[1] * self.target[2], values.shape[-1]
            result = np.empty((len(wanted), pixels, images), dtype=values.dtype)
            for piece, where, matrix in parts:
                seen = patches(piece.window, self.source, self.target, values)
                if matrix.ndim == 3:
                    np.matmul(matrix, seen.transpose(1, 0, 2), out=result[where].transpose(1, 0, 2))
                else:
                    np.matmul(matrix, seen.reshape(len(seen), -1), out=result[where].reshape(-1, pixels * images))
            return result

        return apply
