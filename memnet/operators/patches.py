# SPDX-License-Identifier: GPL-3.0-or-later
"""Dense windows, which read all channels: the values that each output pixel reads, gathered for one matrix product.

Values are arrays (channels, pixels, images).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.operators.windows import Shape, Window

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DensePiece:
    """Consecutive output channels that read all input channels through one window; FactorizedReduce has two of them."""

    first: int
    last: int  # one past the last channel
    window: Window


def dense_pieces(window: Window, channels: int) -> tuple[DensePiece, ...]:
    """Split a dense window into pieces whose output channels share their offsets."""
    if not window.per_output:
        return (DensePiece(first=0, last=channels, window=window),)
    tap_of_channel = np.arange(channels) * len(window.offsets) // channels
    return tuple(
        DensePiece(
            first=int(np.flatnonzero(tap_of_channel == tap)[0]),
            last=int(np.flatnonzero(tap_of_channel == tap)[-1]) + 1,
            window=Window(offsets=(offset,), stride=window.stride, dense=True),
        )
        for tap, offset in enumerate(window.offsets)
    )


def inside(window: Window, source: Shape, target: Shape) -> npt.NDArray[np.bool_]:
    """Return whether each tap of each output pixel falls on the map, not on its zero padding: bool (taps, pixels)."""
    _, height, width = source
    _, rows, columns = target
    y, x = np.divmod(np.arange(rows * columns), columns)
    offsets = np.array(window.offsets)
    in_y, in_x = (axis * window.stride + offsets[:, side, None] for side, axis in ((0, y), (1, x)))
    return np.asarray((in_y >= 0) & (in_y < height) & (in_x >= 0) & (in_x < width))


@lru_cache(maxsize=256)
def pixel_map(window: Window, source: Shape, target: Shape) -> npt.NDArray[np.int32] | None:
    """Return the pixel of the source that each tap of each output pixel reads, (taps, pixels), -1 on the padding.

    None stands for a window of one pixel that each pixel reads at its own place.
    """
    if _is_plain(window, source, target):
        return None
    y, x = np.divmod(np.arange(target[1] * target[2]), target[2])
    offsets = np.array(window.offsets)
    read = (y * window.stride + offsets[:, :1]) * source[2] + x * window.stride + offsets[:, 1:]
    return np.where(inside(window, source, target), read, -1).astype(np.int32)


def _is_plain(window: Window, source: Shape, target: Shape) -> bool:
    return window.offsets == ((0, 0),) and window.stride == 1 and source[1:] == target[1:]


def patches(window: Window, source: Shape, target: Shape, values: Values) -> Values:
    """Return the values that each output pixel of a dense window reads, (channels * taps, pixels, images).

    Taps on the padding read 0. For a window of one pixel at stride 1, `values` themselves are returned, not a copy.

    Parameters
    ----------
    values : (channels, pixels of the source, images)
    """
    channels, height, width = source
    _, rows, columns = target
    if _is_plain(window, source, target):
        return values
    images = values.shape[-1]
    grid = values.reshape(channels, height, width, images)
    read = np.zeros((channels, len(window.offsets), rows, columns, images), dtype=values.dtype)
    for tap, (dy, dx) in enumerate(window.offsets):
        to_y, from_y = _span(dy, window.stride, rows, height)
        to_x, from_x = _span(dx, window.stride, columns, width)
        read[:, tap, to_y, to_x] = grid[:, from_y, from_x]
    return read.reshape(channels * len(window.offsets), rows * columns, images)


def _span(offset: int, stride: int, outputs: int, inputs: int) -> tuple[slice, slice]:
    """Return along one axis the outputs whose tap falls on the map, and the inputs that these taps fall on."""
    first = max(0, -(offset // stride))
    last = min(outputs - 1, (inputs - 1 - offset) // stride)
    if last < first:
        return slice(0, 0), slice(0, 0)
    return slice(first, last + 1), slice(first * stride + offset, last * stride + offset + 1, stride)
