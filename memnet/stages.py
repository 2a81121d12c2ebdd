"""Analog stages that stand between a network and its circuit; knows shapes and rows, no conductances and no nets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Shape = tuple[int, int, int]  # channels, height, width
StageKind = Literal["crossbar", "max_pool", "average"]
TermKind = Literal["weights", "bias", "average", "copy", "follow"]
INPUT = "input"
BIAS_RAIL = "bias"  # a fixed voltage that stands for the activation 1
FOLLOWED = "/middle"  # ends the name of what the first amplifiers of a stage give, where others read that


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which input pixels an output pixel sees: offsets from its own position times the stride.

    `offsets` is (taps, 2), rows and columns; `per_output` gives each half of the output channels offsets of its own, as
    the two convolutions of FactorizedReduce have. `dense` windows see every input channel, others only their own.
    `absolute` offsets do not move with the output: all pixels see the same rows, as they see the bias rail.
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
    """Return the window of bias rows: every column sees the rail once a row."""
    return Window(offsets=((0, 0),) * rows, dense=True, absolute=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taps:
    """Every row-column crossing of an unrolled window; taps that fall on the zero padding are left out.

    `output` and `input` are flat (channel, y, x) indices, `weight` a flat index into a kernel (out, in, tap) whose
    `in` axis has length 1 unless the window is dense. All three are (crossings,), sorted by output.
    """

    output: Ints
    input: Ints
    weight: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One group of rows of a stage: what it reads and through which window.

    `weights` and `bias` terms are memristors; `average` and `copy` terms are scale resistors into the plus column. A
    `follow` term is no row: while it is selected, and all rows are out, the first amplifier of each pair buffers it.
    `unit` is where the rows stand on the chip; `layer` names the network layer whose kernel or folded bias they carry,
    none where the rows are idle. `taps` gives for each tap of the window the kernel tap it carries, -1 for none; None
    where window and kernel are the same.
    """

    unit: str
    source: str  # the stage, join or rail that drives the rows
    rectified: bool
    window: Window
    kind: TermKind = "weights"
    layers: tuple[str, ...] = ()  # one for weights; a bias term carries the sum of several
    taps: tuple[int, ...] | None = None
    bias_rows: int | None = None  # rows that stand ready for a bias; None for as many as it needs
    select: str = ""  # select net that switches these rows in; "" where they are always in


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One rank of amplifiers and all that feeds it; its outputs are ideal sources, so the circuit may be cut there.

    A `crossbar` stage sums its terms in pairs of TIAs; a `max_pool` stage selects; an `average` stage is one
    inverting summing amplifier a channel. `raw` and `rectified` say which copies of the output its readers need.
    `layer` is the network layer whose activation the output holds: its own name on a chip of its own. A max pool that
    is not `buffered` may be read by `follow` terms alone, whose amplifiers draw no current. Where a stage has such
    terms, `grounded` is the select net of the switch that makes it an ordinary crossbar.
    """

    name: str
    kind: StageKind
    terms: tuple[Term, ...]
    shape: Shape
    raw: bool = True
    rectified: bool = False
    layer: str = ""
    gate: str = ""  # select net that powers this stage; "" where it is always on
    copy_gate: str = ""  # select net that powers the rectified copies beside raw outputs; "" where `gate` does
    buffered: bool = True
    grounded: str = ""

    @property
    def copied(self) -> bool:
        """Whether followers make rectified copies beside the raw outputs."""
        return self.raw and self.rectified

    @property
    def rows(self) -> tuple[Term, ...]:
        """Return the terms that are rows of devices."""
        return tuple(term for term in self.terms if term.kind != "follow")

    @property
    def follows(self) -> tuple[Term, ...]:
        """Return what the first amplifiers can buffer instead."""
        return tuple(term for term in self.terms if term.kind == "follow")


def followed(name: str) -> str:
    """Return the name of what the first amplifiers of a stage give."""
    return name + FOLLOWED


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All stages of a chip in topological order; a join is a concatenation, which is wiring only."""

    image_shape: Shape
    stages: tuple[Stage, ...]
    joins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    selects: dict[str, bool] = field(default_factory=dict)  # select nets and their states; empty without switches

    def stage(self, name: str) -> Stage:
        """Return the stage of that name."""
        return next(stage for stage in self.stages if stage.name == name)

    def driver(self, source: str) -> Stage:
        """Return the stage whose amplifiers drive a source that is no join."""
        return self.stage(source.removesuffix(FOLLOWED))

    def on(self, select: str) -> bool:
        """Tell whether a select net switches its units in; units without one always are."""
        return self.selects[select] if select else True

    def parts(self, source: str) -> tuple[str, ...]:
        """Return the stages whose outputs make up `source`, in channel order."""
        return self.joins.get(source, (source,))

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of every stage output, join and the input."""
        shapes: dict[str, Shape] = {INPUT: self.image_shape, BIAS_RAIL: (1, 1, 1)}
        shapes.update({stage.name: stage.shape for stage in self.stages})
        shapes.update({followed(stage.name): stage.shape for stage in self.stages if stage.follows})
        for name, parts in self.joins.items():
            _, height, width = shapes[parts[0]]
            shapes[name] = (sum(shapes[part][0] for part in parts), height, width)
        return shapes


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
        sees = range(channels_in) if window.dense else (None,)
        kernel_taps = 1 if window.per_output else taps
        at = 0 if window.per_output else tap
        for seen in sees:
            row_channel = channel if seen is None else np.full_like(channel, seen)
            weight_in, inputs = (0, 1) if seen is None else (seen, channels_in)
            weight = (channel * inputs + weight_in) * kernel_taps + at
            pieces.append(np.stack([column, row_channel * height * width + pixel, weight]))
    merged = np.concatenate(pieces, axis=1)
    merged = merged[:, np.argsort(merged[0], kind="stable")]
    return Taps(output=merged[0], input=merged[1], weight=merged[2])


def count_crossings(window: Window, source: Shape, target: Shape) -> int:
    """Return how many crossings `unroll` gives, without making them."""
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
    seen = source[0] if window.dense else 1
    return seen * sum(count * size for count, size in zip(channels, pixels, strict=True))
