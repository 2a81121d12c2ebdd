# SPDX-License-Identifier: GPL-3.0-or-later
"""The plots of a simulation report, each drawn from plain arrays and returned as an `<svg>` element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from memnet.measurement import StageHeadroom
from memnet.report.canvas import PALETTE, Axis, Canvas
from memnet.units import Floats, engineering

MOST_POINTS = 600  # points of a waveform that are drawn
BINS = 41  # of the histogram of deviations
_UNITS = ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p"))


def unit_for(largest: float, unit: str) -> tuple[float, str]:
    """Return the factor and name of the unit in which `largest` is between 1 and 1000, such as (1e-3, 'mV')."""
    for factor, prefix in _UNITS:
        if largest >= factor:
            return factor, prefix.replace("u", "µ") + unit
    return _UNITS[-1][0], _UNITS[-1][1] + unit


def scatter(reference_v: Floats, outputs_v: Floats, classes: Sequence[str]) -> str:
    """Draw every class output of the circuit against the same output of the reference, (images, classes) volts each."""
    factor, unit = unit_for(float(np.abs(reference_v).max(initial=0.0)), "V")
    x, y = reference_v / factor, outputs_v / factor
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    across = Axis.over(low, high, f"quantised reference [{unit}]")
    plot = Canvas(across, Axis.over(low, high, f"circuit [{unit}]"), title="Circuit against reference", height=380)
    plot.line([across.low, across.high], [across.low, across.high], "var(--muted)", width=1.0, dash="4 4")
    for index, name in enumerate(classes):
        colour = PALETTE[index % len(PALETTE)]
        plot.dots(x[:, index].tolist(), y[:, index].tolist(), colour)
        if len(classes) <= len(PALETTE):
            level = across.high - (0.06 + 0.058 * index) * (across.high - across.low)
            start = across.low + 0.03 * (across.high - across.low)
            plot.dots([start], [level], colour, size=7, opacity=1)
            plot.text(start, level, name, dx=8)
    return plot.svg()


def error_histogram(reference_v: Floats, outputs_v: Floats, bound_v: float) -> str:
    """Draw a histogram of the deviations of outputs from their reference, (images, classes) volts each.

    The permitted deviation `bound_v` is drawn if it is at most three times the largest deviation.
    """
    deviation = (outputs_v - reference_v).reshape(-1)
    factor, unit = unit_for(float(np.abs(deviation).max(initial=0.0)), "V")
    reach = float(np.abs(deviation).max(initial=0.0)) / factor or 1.0
    counts, edges = np.histogram(deviation / factor, bins=BINS, range=(-reach, reach))
    bound = bound_v / factor
    shown = bound <= 3 * reach
    wide = max(reach, bound) if shown else reach
    across = Axis.over(-wide, wide, f"circuit - reference [{unit}]")
    plot = Canvas(
        across,
        Axis.over(0, 1.15 * float(counts.max()), "outputs", pad=0.0),
        title="Deviations",
        height=380,
        grid_x=False,
    )
    for count, left, right in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if count:
            plot.bar(
                (left, right), (0, count), "var(--accent)", f"{count} outputs from {left:.3g} to {right:.3g} {unit}"
            )
    if shown:
        for side in (-bound, bound):
            plot.line([side, side], [0, plot.y.high], "var(--alarm)", dash="5 4")
    note = "dashed: permitted" if shown else f"permitted: ±{engineering(bound_v, 'V')}, far outside this picture"
    plot.text(across.high, plot.y.high, note, anchor="end", dy=12)
    return plot.svg()


def waveforms(
    time_s: Floats, outputs_v: Floats, final_v: Floats, classes: Sequence[str], *, step_s: float, delay_s: float | None
) -> str:
    """Draw the class outputs (points, classes) over time, and the dc solution (classes,) that they settle to.

    The input steps at `step_s`; after `delay_s` all outputs have settled, None where that is not known.
    """
    stop = float(time_s[-1]) if delay_s is None else min(float(time_s[-1]), step_s + 1.6 * delay_s)
    inside = np.flatnonzero(time_s <= stop)
    points = inside[:: max(1, len(inside) // MOST_POINTS)]
    time_factor, time_unit = unit_for(stop - step_s, "s")
    factor, unit = unit_for(float(np.abs(outputs_v).max(initial=0.0)), "V")
    moments = (time_s[points] - step_s) / time_factor
    volts = outputs_v[points] / factor
    across = Axis.over(
        float(moments[0]), float(moments[-1]), f"time since the input step [{time_unit}]", pad=0.02, marks=8
    )
    low, high = float(volts.min()), float(volts.max())
    plot = Canvas(
        across, Axis.over(low, high, f"class outputs [{unit}]"), title="Settling", width=1060, height=360, right=70
    )
    for index in range(len(classes)):
        colour = PALETTE[index % len(PALETTE)]
        final = float(final_v[index]) / factor
        plot.line([0.0, across.high], [final, final], colour, width=0.8, dash="2 4")
        plot.line(moments.tolist(), volts[:, index].tolist(), colour, width=1.8)
    for level, index in _moved_apart(final_v / factor, 0.045 * (plot.y.high - plot.y.low)):
        plot.dots([across.high], [level], PALETTE[index % len(PALETTE)], size=7, opacity=1)
        plot.text(across.high, level, classes[index], dx=9)
    if delay_s is not None:
        moment = delay_s / time_factor
        plot.line([moment, moment], [plot.y.low, plot.y.high], "var(--ink)", width=1.0, dash="6 4")
        plot.text(moment, plot.y.high, f"settled after {engineering(delay_s, 's')}", dx=6, dy=12)
    return plot.svg()


def _moved_apart(levels: Floats, gap: float) -> list[tuple[float, int]]:
    """Return (level, index) from low to high, with levels moved up until they are at least `gap` apart."""
    placed: list[tuple[float, int]] = []
    for index in np.argsort(levels).tolist():
        level = float(levels[index])
        placed.append((max(level, placed[-1][0] + gap) if placed else level, index))
    return placed


def shares(parts: Mapping[str, float], unit: str, *, square: bool = False) -> str:
    """Draw the parts of a total as horizontal bars, the largest on top, each with its value and share.

    Values are in SI units; `square` ones are areas in square metres, which are written in square millimetres.
    """
    ordered = sorted(((value, name) for name, value in parts.items() if value > 0), reverse=True)
    total = sum(value for value, _ in ordered)
    height = 34 * len(ordered) + 20
    axis = Axis(low=0.0, high=(ordered[0][0] if ordered else 1.0) * 1.5, label="")
    plot = Canvas(
        axis,
        Axis(low=0.0, high=max(len(ordered), 1), label=""),
        title="Shares",
        height=height,
        left=150,
        bottom=10,
        top=10,
        grid_x=False,
    )
    for row, (value, name) in enumerate(ordered):
        middle = len(ordered) - row - 0.5
        text = f"{value * 1e6:.3g} mm²" if square else engineering(value, unit)
        plot.bar((0.0, value), (middle - 0.3, middle + 0.3), PALETTE[row % len(PALETTE)], f"{name}: {text}", round_by=3)
        plot.text(0.0, middle, name.replace("_", " "), anchor="end", dx=-10)
        plot.text(value, middle, f"{text}  ({value / total:.1%})", dx=8)
    return plot.svg()


def confusion_picture(counts: npt.NDArray[np.int64], classes: Sequence[str]) -> str:
    """Draw the number of images of each true class (rows) that were taken for each class (columns)."""
    size = len(classes)
    ticks = tuple(index + 0.5 for index in range(size))
    x = Axis(low=0.0, high=size, label="class named by the circuit", ticks=ticks, names=tuple(classes))
    y = Axis(low=0.0, high=size, label="true class", ticks=ticks, names=tuple(classes[::-1]))
    plot = Canvas(x, y, title="Confusion of classes", width=440, height=400, grid_x=False, grid_y=False)
    largest = max(int(counts.max()), 1)
    for row in range(size):
        for column in range(size):
            count = int(counts[row, column])
            colour = "var(--accent)" if row == column else "var(--alarm)"
            strength = round(100 * (0.15 + 0.85 * count / largest)) if count else 0
            fill = f"color-mix(in srgb, {colour} {strength}%, var(--cell))"
            hint = f"{classes[row]} taken for {classes[column]}: {count}"
            plot.bar((column + 0.04, column + 0.96), (size - row - 0.96, size - row - 0.04), fill, hint, round_by=2)
            if count and size <= 12:
                style = "strong" if strength > 55 else "label"
                plot.text(column + 0.5, size - row - 0.5, str(count), anchor="middle", style=style)
    return plot.svg()


def headroom_picture(
    train: Sequence[StageHeadroom], test: Sequence[StageHeadroom], read_v: float, saturation_v: float
) -> str:
    """Draw the largest voltages of each stage as shares of their limits, stages in topological order.

    Bars are rows against the read limit and first TIAs against saturation, on test images; black lines are the same on
    training images.
    """
    x = Axis(
        low=-1.0, high=float(len(train)), label="stages, from the input to the classes (rest the pointer on a bar)"
    )
    largest = max((_share(stage, read_v, saturation_v) for stage in (*train, *test)), default=0.0)
    levels = tuple(share / 100 for share in range(0, int(100 * max(1.0, largest)) + 20, 20))
    y = Axis(
        low=0.0,
        high=max(1.08, 1.05 * largest),
        label="share of the limit",
        ticks=levels,
        names=tuple(f"{level:.0%}" for level in levels),
    )
    plot = Canvas(x, y, title="Headroom", width=1060, height=300, grid_x=False)
    for index, (on_train, on_test) in enumerate(zip(train, test, strict=True)):
        for offset, colour, test_v, train_v, limit in (
            (-0.4, PALETTE[0], on_test.row_v, on_train.row_v, read_v),
            (0.02, PALETTE[1], on_test.middle_v, on_train.middle_v, saturation_v),
        ):
            hint = (
                f"{on_test.stage}: {engineering(test_v, 'V')} on test, {engineering(train_v, 'V')} on training images"
            )
            plot.bar((index + offset, index + offset + 0.38), (0.0, test_v / limit), colour, hint)
            plot.line([index + offset, index + offset + 0.38], [train_v / limit] * 2, "var(--ink)", width=1.4)
    plot.line([x.low, x.high], [1.0, 1.0], "var(--alarm)", dash="6 4")
    return plot.svg()


def _share(stage: StageHeadroom, read_v: float, saturation_v: float) -> float:
    """Return the largest voltage of a stage as a share of its limit."""
    return max(stage.row_v / read_v, stage.middle_v / saturation_v)
