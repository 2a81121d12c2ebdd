# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows: which inputs each output of a convolution or pool reads, unrolled into crossings of rows and columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Shape = tuple[int, int, int]  # channels, height, width


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


def bias_window(rows: int) -> Window:
    """Return the window of `rows` bias rows: every column reads the rail once per row."""
    return Window(offsets=((0, 0),) * rows, dense=True, absolute=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taps:
    """Every crossing of a row with a column in an unrolled window; taps that fall on the zero padding have none.

    `output` and `input` are flat (channel, y, x) indices, `weight` a flat index into a kernel (out, in, tap) whose
    `in` axis has length 1 unless the window is dense. All three are (crossings,), sorted by output.
    """

    output: Ints
    input: Ints
    weight: Ints


def unroll(window: Window, source: Shape, target: Shape) -> Taps:
    """Return every crossing between the rows of `source` (C, H, W) and the columns of `target` (C, H, W).

    A whole-map average is a window with one offset for each pixel of the source.
    """
    channels_in, height, width = source
    channels_out, rows, columns = target
    taps = len(window.offsets)
    out_c, y, x = np.meshgrid(np.arange(channels_out), np.arange(rows), np.arange(columns), indexing="ij")
    outputs = np.arange(channels_out * rows * columns).reshape(target)
    pieces: list[npt.NDArray[np.int64]] = [np.zeros((3, 0), dtype=np.int64)]
    for tap, (dy, dx) in enumerate(window.offsets):
        step = 0 if window.absolute else window.stride
        in_y, in_x = y * step + dy, x * step + dx
        inside = (in_y >= 0) & (in_y < height) & (in_x >= 0) & (in_x < width)
        if window.per_output:
            inside &= (out_c * taps // channels_out) == tap
        pixel = in_y[inside] * width + in_x[inside]
        column, channel = outputs[inside], out_c[inside]
        channels_read = range(channels_in) if window.dense else (None,)  # None: the channel of the same number
        kernel_taps = 1 if window.per_output else taps
        kernel_tap = 0 if window.per_output else tap
        for read in channels_read:
            row_channel = channel if read is None else np.full_like(channel, read)
            weight_in, inputs = (0, 1) if read is None else (read, channels_in)
            weight = (channel * inputs + weight_in) * kernel_taps + kernel_tap
            pieces.append(np.stack([column, row_channel * height * width + pixel, weight]))
    merged = np.concatenate(pieces, axis=1)
    merged = merged[:, np.argsort(merged[0], kind="stable")]
    return Taps(output=merged[0], input=merged[1], weight=merged[2])


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
