# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows: which inputs each output of a convolution or pool reads, unrolled into crossings of rows and columns."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from threading import Lock
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int32 | np.int64]  # of 32 bits, unless a crossbar has too many crossings for these
Shape = tuple[int, int, int]  # channels, height, width
KEPT_BYTES = 2**25  # of unrolled windows, 32 MiB, that are kept although nothing uses them


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which input pixels an output pixel reads: those at its position times the stride, plus each of the offsets.

    `offsets` is (taps, 2), along rows and columns of the map. With `per_output`, the output channels are split evenly
    among the taps, as between the two convolutions of FactorizedReduce. `dense` windows read every input channel,
    others only the channel of the same number. `absolute` offsets do not move with the output: all pixels read the same
    inputs, as with the bias rail.
    """

    offsets: tuple[tuple[int, int], ...]
    stride: int = 1
    dense: bool = False
    per_output: bool = False
    absolute: bool = False

    @staticmethod
    def square(kernel: int, *, stride: int = 1, dilation: int = 1, padding: int = 0, dense: bool = False) -> Window:
        """Return the window of a convolution or pool, taps row by row."""
        steps = [k * dilation - padding for k in range(kernel)]
        return Window(offsets=tuple((dy, dx) for dy in steps for dx in steps), stride=stride, dense=dense)


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Crossings:
    """Every crossing of a row with a column in an unrolled window; taps that fall on the zero padding have none.

    `columns` and `rows` are flat (channel, y, x) indices of the target and of the source, `weight` flat indices into a
    kernel (out, in, tap) whose `in` axis has length 1 unless the window is dense. These three are (crossings,), sorted
    by column, then by tap, then by input channel. `starts`, (columns + 1,), is the position of each column's first
    crossing, so that the crossings are a compressed sparse matrix with one matrix row for each column of the crossbar.
    """

    starts: Indices
    rows: Indices
    columns: Indices
    weight: Indices

    @property
    def nbytes(self) -> int:
        """Return the size of the arrays in bytes."""
        return self.starts.nbytes + self.rows.nbytes + self.columns.nbytes + self.weight.nbytes


def unroll(window: Window, source: Shape, target: Shape) -> Crossings:
    """Return every crossing between the rows of `source` (C, H, W) and the columns of `target` (C, H, W).

    A whole-map average is a window with one offset for each pixel of the source. Equal arguments give the same object
    while it is in use or among the last KEPT_BYTES; its arrays are read-only.
    """
    return _KEPT.get(window, source, target)


class _Kept:
    """Unrolled windows by value: those in use anywhere, and the ones asked for last, up to KEPT_BYTES."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.in_use: WeakValueDictionary[tuple[Window, Shape, Shape], Crossings] = WeakValueDictionary()
        self.last: OrderedDict[tuple[Window, Shape, Shape], Crossings] = OrderedDict()
        self.nbytes = 0

    def get(self, window: Window, source: Shape, target: Shape) -> Crossings:
        key = (window, source, target)
        with self.lock:
            found = self.in_use.get(key)
            if found is None:
                found = self.in_use[key] = _unrolled(window, source, target)
            if key in self.last:
                self.last.move_to_end(key)
            else:
                self.last[key] = found
                self.nbytes += found.nbytes
            while self.nbytes > KEPT_BYTES:
                self.nbytes -= self.last.popitem(last=False)[1].nbytes
        return found


_KEPT = _Kept()


def _unrolled(window: Window, source: Shape, target: Shape) -> Crossings:
    """Compute what `unroll` returns."""
    channels_in, height, width = source
    channels_out, rows, columns = target
    taps = len(window.offsets)
    inputs = channels_in if window.dense else 1  # length of the kernel's `in` axis
    most = max(prod(source), prod(target) * taps * inputs)
    kind: type[np.int32 | np.int64] = np.int32 if most < 2**31 else np.int64
    offsets, step = np.array(window.offsets, dtype=np.int64).reshape(taps, 2), 0 if window.absolute else window.stride
    y, x = (np.arange(size)[:, None] * step + offsets[:, axis] for axis, size in ((0, rows), (1, columns)))
    inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))[None]  # (rows, columns, taps)
    inside = inside.reshape(rows * columns, taps)
    pixels = (y[:, None] * width + x[None]).reshape(rows * columns, taps)
    tap_of = np.arange(channels_out) * taps // channels_out
    # Channels whose taps are the same are alike: one step with `per_output` for each tap, else one for all channels.
    pieces = []
    for tap in range(taps) if window.per_output else (None,):
        channels = np.arange(channels_out) if tap is None else np.flatnonzero(tap_of == tap)
        read = slice(None) if tap is None else slice(tap, tap + 1)
        column, kernel_tap = (_indices(each, kind) for each in np.nonzero(inside[:, read]))
        pixel = _indices(pixels[:, read][inside[:, read]], kind)
        # axes: output channel, crossing of one channel, input channel
        out, into = _indices(channels, kind)[:, None, None], _indices(np.arange(inputs), kind)
        shape = (len(channels), len(pixel), inputs)
        kernel_taps = 1 if window.per_output else taps
        parts = (
            out * (rows * columns) + column[:, None],
            (into if window.dense else out) * (height * width) + pixel[:, None],
            (out * inputs + into) * kernel_taps + kernel_tap[:, None],
        )
        pieces.append([np.broadcast_to(part, shape).reshape(-1) for part in parts])
    column_of, row_of, weight = (np.concatenate(piece) for piece in zip(*pieces, strict=True))
    counts = np.bincount(column_of, minlength=channels_out * rows * columns)
    starts = _indices(np.concatenate([[0], np.cumsum(counts)]), kind)
    for array in (starts, row_of, column_of, weight):
        array.setflags(write=False)
    return Crossings(starts=starts, rows=row_of, columns=column_of, weight=weight)


def _indices(values: npt.NDArray[np.int64], kind: type[np.int32 | np.int64]) -> Indices:
    return values.astype(kind)


@lru_cache(maxsize=1024)
def count_crossings(window: Window, source: Shape, target: Shape) -> int:
    """Return how many crossings `unroll` returns, without building their arrays."""
    step = 0 if window.absolute else window.stride

    def inside(offset: int, axis: int) -> int:
        if step == 0:
            return target[axis] * (0 <= offset < source[axis])
        first, last = max(0, -(offset // step)), min(target[axis] - 1, (source[axis] - 1 - offset) // step)
        return max(0, last - first + 1)

    pixels = [inside(dy, 1) * inside(dx, 2) for dy, dx in window.offsets]
    channels = [target[0]] * len(pixels)
    if window.per_output:
        channels = np.bincount(np.arange(target[0]) * len(pixels) // target[0], minlength=len(pixels)).tolist()
    channels_read = source[0] if window.dense else 1
    return channels_read * sum(count * size for count, size in zip(channels, pixels, strict=True))
