# SPDX-License-Identifier: GPL-3.0-or-later
"""The plots of a chip in a simulation report: parts of a total, stages, and conductances, as `<svg>` elements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from memnet.measurement import ConductanceCounts, StageError, StageHeadroom
from memnet.report.canvas import PALETTE, Axis, Canvas
from memnet.report.charts import unit_for
from memnet.units import engineering

STAGES = "stages, from the input to the classes"
ROW = 42  # height of a bar of `shares` with its name


def shares(parts: Mapping[str, float], what: str, unit: str) -> str:
    """Draw the parts of a total as horizontal bars, the largest on top, each with its name, value and share above it.

    Values are in SI units; `what` they are goes to the axis. Areas, in m2, are written in square millimetres.
    """
    ordered = sorted(((value, name.replace("_", " ")) for name, value in parts.items() if value > 0), reverse=True)
    total, largest = sum(value for value, _ in ordered), max((value for value, _ in ordered), default=1.0)
    factor, shown = (1e-6, "mm²") if unit == "m2" else unit_for(largest, unit)
    texts = [f"{value / factor:.3g} {shown}" if unit == "m2" else engineering(value, unit) for value, _ in ordered]
    words = [f"{name} {text} ({value / total:.1%})" for (value, name), text in zip(ordered, texts, strict=True)]
    x = Axis.over(0.0, 1.04 * largest / factor, f"{what} [{shown}]", pad=0.0)
    y = Axis(low=0.0, high=max(len(ordered), 1), label="")
    height = ROW * len(ordered) + 62
    plot = Canvas(x, y, title=f"Shares of {what}", says="; ".join(words), height=height, left=20, grid_y=False)
    for row, ((value, _), text) in enumerate(zip(ordered, words, strict=True)):
        level, colour = len(ordered) - row - 0.68, PALETTE[row % len(PALETTE)]
        plot.bar((0.0, value / factor), (level - 0.19, level + 0.19), colour, text, round_by=2)
        plot.text(0.0, level, text, dx=4, dy=-14)
    return plot.svg()


def headroom_picture(
    train: Sequence[StageHeadroom], test: Sequence[StageHeadroom], read_v: float, saturation_v: float
) -> str:
    """Draw the largest voltages of each stage as shares of their limits, stages in topological order.

    Bars are rows against the read limit and first TIAs against saturation, on test images; black lines are the same on
    training images.
    """
    x = Axis(low=-1.0, high=float(len(train)), label=STAGES)
    largest = max((_share(stage, read_v, saturation_v) for stage in (*train, *test)), default=0.0)
    y = Axis.shares(max(1.08, 1.05 * largest), "share of the limit [%]")
    says = f"{len(train)} stages; the largest voltage is {largest:.0%} of its limit"
    plot = Canvas(x, y, title="Headroom", says=says, width=1060, height=300, grid_x=False)
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


def stage_errors(errors: Sequence[StageError]) -> str:
    """Draw how far the outputs of each stage are from the reference, as shares of its largest one, on a decade axis."""
    found = [error.share for error in errors if error.share > 0.0]
    low = math.floor(math.log10(min(found, default=1e-6)) - 0.3)
    high = max(math.ceil(math.log10(max(found, default=1e-6))), low + 1)
    ticks = tuple(float(power) for power in range(low, high + 1))
    y = Axis(
        low=low,
        high=high,
        label="error [share of the largest output]",
        ticks=ticks,
        names=tuple(f"1e{power:.0f}" for power in ticks),
    )
    x = Axis(low=-1.0, high=float(len(errors)), label=STAGES)
    worst = max(errors, key=lambda error: error.share)
    says = (
        f"{len(errors)} stages; {worst.stage} has the largest, {worst.share:.2g} of its largest output; class outputs "
        f"have {errors[-1].share:.2g}"
    )
    plot = Canvas(x, y, title="Error by stage", says=says, width=1060, height=300, left=70, grid_x=False)
    for index, error in enumerate(errors):
        hint = (
            f"{error.stage}: {error.share:.2g} of its largest output; {engineering(error.error_v, 'V')} of "
            f"{engineering(error.largest_v, 'V')}"
        )
        level = math.log10(error.share) if error.share > 0.0 else y.low
        plot.bar((index - 0.4, index + 0.4), (y.low, level), PALETTE[0], hint)
    return plot.svg()


def conductances(found: ConductanceCounts) -> str:
    """Draw how many memristors have which conductance, in plus and in minus columns, on a decade axis."""
    edges, plus, minus = found.edges, found.plus, found.minus
    micro = edges * 1e6
    high = math.ceil(math.log10(max(float(plus.max(initial=1)), float(minus.max(initial=1)), 10.0)))
    ticks = tuple(float(power) for power in range(high + 1))
    x = Axis.over(float(micro[0]), float(micro[-1]), "conductance [µS]", pad=0.01, marks=8)
    y = Axis(
        low=-0.3,
        high=high,
        label="number of memristors",
        ticks=ticks,
        names=tuple(f"{10**power:,.0f}" for power in ticks),
    )
    least = int(plus[0] + minus[0])
    says = f"{int(plus.sum() + minus.sum()):,} memristors, of which {least:,} below {micro[1]:.3g} µS"
    plot = Canvas(x, y, title="Conductances", says=says, width=1060, height=320, left=78, grid_x=False)
    width = float(micro[1] - micro[0])
    for side, counts, colour, offset in (("plus", plus, PALETTE[0], 0.06), ("minus", minus, PALETTE[1], 0.5)):
        for left, count in zip(micro[:-1].tolist(), counts.tolist(), strict=True):
            if count:
                hint = f"{count:,} in {side} columns, {left:.3g} to {left + width:.3g} µS"
                start = left + offset * width
                plot.bar((start, start + 0.44 * width), (y.low, math.log10(count)), colour, hint, round_by=0.5)
    return plot.svg()
