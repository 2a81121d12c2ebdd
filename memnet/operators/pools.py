# SPDX-License-Identifier: GPL-3.0-or-later
"""Max pools of values (channels, pixels, images), as chains of comparisons along each axis of the map."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import byref
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.operators.finishing import PLAIN, Extremes, Finish, finish_struct, finished, no_extremes
from memnet.operators.kernels import Axis, library_for, plain, pointer
from memnet.operators.windows import Shape, Window

Values = npt.NDArray[Any]
Select = Callable[[Values, Values], None]


def max_pool(
    values: Values,
    window: Window,
    source: Shape,
    target: Shape,
    *,
    leak: float = 0.0,
    finish: Finish = PLAIN,
    out: Values | None = None,
) -> tuple[Values, Extremes]:
    """Return the largest value in each window after the finishing pass, (channels, pixels, images), and the extremes.

    What lies on the padding is left out.

    Parameters
    ----------
    leak : share of the difference of two compared values by which the larger one falls
    out : array that takes the result; None for a new one
    """
    library = library_for(values)
    if library is None:
        best = chained(values, window, source, target, _Larger(leak))
        return finished(best, finish, out=best if out is None else out)
    values, found, images = plain(values), no_extremes(target[0]), values.shape[-1]
    out = np.empty((target[0], target[1] * target[2], images), dtype=np.float32) if out is None else out
    offsets = [np.unique(np.array(window.offsets)[:, side]) for side in (0, 1)]
    down, across = (
        Axis(source[side], target[side], window.stride, len(offsets[side - 1]), pointer(offsets[side - 1]))
        for side in (1, 2)
    )
    struct, kept = finish_struct(finish, found, slice(0, target[0]))
    library.pool_values(
        pointer(values), pointer(out), target[0], images, byref(down), byref(across), leak, byref(struct)
    )
    del kept
    return out, found


class _Larger:
    """Replaces values by the larger of two, less the leak."""

    def __init__(self, leak: float) -> None:
        self.leak = leak

    def __call__(self, best: Values, other: Values) -> None:
        if not self.leak:
            np.maximum(best, other, out=best)
            return
        apart = np.abs(best - other)
        apart *= best.dtype.type(self.leak)
        np.maximum(best, other, out=best)
        best -= apart


def chained(values: Values, window: Window, source: Shape, target: Shape, select: Select) -> Values:
    """Return what a chain of comparisons leaves of each window, (channels, pixels, images).

    Each line of a window is compared first, then the results of the lines.

    Parameters
    ----------
    select : replaces its first argument, in place, by what a comparison with the second leaves of both
    """
    channels, height, width = source
    _, rows, columns = target
    offsets = np.array(window.offsets)
    grid = values.reshape(channels, height, width, -1)
    across = _chain(grid, 2, np.unique(offsets[:, 1]), window.stride, columns, select)
    best = _chain(across, 1, np.unique(offsets[:, 0]), window.stride, rows, select)
    return best.reshape(channels, rows * columns, -1)


def _chain(grid: Values, axis: int, offsets: npt.NDArray[np.int64], stride: int, size: int, select: Select) -> Values:
    """Return what is left of windows along one axis of `grid` (channels, height, width, images)."""
    lines = np.moveaxis(grid, axis, 0)
    best = np.empty((size, *lines.shape[1:]), dtype=grid.dtype)
    started = np.zeros(size, dtype=bool)
    origin = np.arange(size) * stride
    for offset in offsets:
        inside = (origin + offset >= 0) & (origin + offset < len(lines))
        both, first = np.flatnonzero(inside & started), np.flatnonzero(inside & ~started)
        if len(first):
            best[first] = lines[origin[first] + offset]
        if len(both):
            span = slice(int(both[0]), int(both[-1]) + 1)
            start = int(origin[both[0]] + offset)
            select(best[span], lines[start : start + stride * (len(both) - 1) + 1 : stride])
        started |= inside
    return np.ascontiguousarray(np.moveaxis(best, 0, axis))
