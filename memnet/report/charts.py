# SPDX-License-Identifier: GPL-3.0-or-later
"""The plots of class outputs in a simulation report, drawn from plain arrays and returned as an `<svg>` element."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from memnet.report.canvas import PALETTE, Axis, Canvas
from memnet.units import Floats, engineering

MOST_POINTS = 600  # points of a waveform that are drawn
BINS = 41  # of the histogram of deviations
MOST_NAMED = 5  # wrongly named classes that the words for the confusion of classes list
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
    says = (
        f"{outputs_v.size} class outputs; the largest distance from the diagonal is "
        f"{engineering(float(np.abs(outputs_v - reference_v).max(initial=0.0)), 'V')}"
    )
    up = Axis.over(low, high, f"circuit [{unit}]")
    plot = Canvas(across, up, title="Circuit against reference", says=says, height=380)
    plot.line([across.low, across.high], [across.low, across.high], "var(--muted)", width=1.0, dash="4 4")
    for index, name in enumerate(classes):
        colour = PALETTE[index % len(PALETTE)]
        plot.dots(x[:, index].tolist(), y[:, index].tolist(), colour, name=f"class {name}")
        if len(classes) <= len(PALETTE):
            plot.entry(index, colour, name)
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
        Axis.over(0, 1.15 * float(counts.max()), "number of outputs", pad=0.0, kind="count"),
        title="Deviations",
        says=f"histogram of {deviation.size} outputs, from {deviation.min() / factor:.3g} to "
        f"{deviation.max() / factor:.3g} {unit}; permitted are {engineering(bound_v, 'V')} to either side",
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
    settled = "" if delay_s is None else f"; all have settled after {engineering(delay_s, 's')}"
    says = f"the voltages of {len(classes)} class outputs after the input has stepped to another image{settled}"
    up = Axis.over(low, high, f"class outputs [{unit}]")
    plot = Canvas(across, up, title="Settling", says=says, width=1060, height=360, right=70)
    for index in range(len(classes)):
        colour = PALETTE[index % len(PALETTE)]
        final = float(final_v[index]) / factor
        plot.line([0.0, across.high], [final, final], colour, width=0.8, dash="2 4")
        plot.line(moments.tolist(), volts[:, index].tolist(), colour, width=1.8, name=f"class {classes[index]}")
    for level, index in _moved_apart(final_v / factor, 0.045 * (plot.y.high - plot.y.low)):
        plot.dots([across.high], [level], PALETTE[index % len(PALETTE)], size=7, opacity=1)
        plot.text(across.high, level, classes[index], dx=9)
    if delay_s is not None:
        moment = delay_s / time_factor
        plot.line([moment, moment], [plot.y.low, plot.y.high], "var(--ink)", width=1.0, dash="6 4")
        words = f"settled after {engineering(delay_s, 's')}"
        plot.text(moment, plot.y.high, words, anchor="end", dx=-6, dy=12)
    return plot.svg()


def _moved_apart(levels: Floats, gap: float) -> list[tuple[float, int]]:
    """Return (level, index) from low to high, with levels moved up until they are at least `gap` apart."""
    placed: list[tuple[float, int]] = []
    for index in np.argsort(levels).tolist():
        level = float(levels[index])
        placed.append((max(level, placed[-1][0] + gap) if placed else level, index))
    return placed


def confusion_picture(counts: npt.NDArray[np.int64], classes: Sequence[str]) -> str:
    """Draw the number of images of each true class (rows) that were taken for each class (columns)."""
    size = len(classes)
    ticks = tuple(index + 0.5 for index in range(size))
    x = Axis(low=0.0, high=size, label="class named by the circuit", ticks=ticks, names=tuple(classes))
    y = Axis(low=0.0, high=size, label="true class", ticks=ticks, names=tuple(classes[::-1]))
    right = int(np.trace(counts))
    wrong = [(int(counts[row, column]), row, column) for row, column in np.argwhere(counts) if row != column]
    names = [
        f"{classes[row]} for {classes[column]}: {count}"
        for count, row, column in sorted(wrong, reverse=True)[:MOST_NAMED]
    ]
    says = f"{right} of {int(counts.sum())} images on the diagonal" + (f"; {', '.join(names)}" if names else "")
    plot = Canvas(
        x, y, title="Confusion of classes", says=says, width=440, height=400, grid_x=False, grid_y=False, to_scale=True
    )
    largest = max(int(counts.max()), 1)
    for row in range(size):
        for column in range(size):
            count = int(counts[row, column])
            colour = "var(--accent)" if row == column else "var(--alarm)"
            strength = round(12 + 33 * count / largest) if count else 0  # percent; texts can be read on any of these
            fill = f"color-mix(in srgb, {colour} {strength}%, var(--cell))"
            hint = f"{classes[row]} taken for {classes[column]}: {count}"
            plot.bar((column + 0.04, column + 0.96), (size - row - 0.96, size - row - 0.04), fill, hint, round_by=2)
            if count and size <= 12:
                plot.text(column + 0.5, size - row - 0.5, str(count), anchor="middle")
    return plot.svg()
