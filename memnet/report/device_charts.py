# SPDX-License-Identifier: GPL-3.0-or-later
"""Plots of a single memristor: hysteresis loop, state and current over time, and curves that a model was fitted to."""

from __future__ import annotations

import numpy as np

from memnet.devices.memristors import Fit, MemristorModel
from memnet.measurement import DeviceTransient
from memnet.report.canvas import PALETTE, Axis, Canvas
from memnet.report.charts import unit_for
from memnet.units import Floats

MOST_POINTS = 1500  # of a line
_WIDTH, _HEIGHT = 520, 320
SIMULATED, EXPECTED = PALETTE[0], "var(--ink)"


def hysteresis_loop(run: DeviceTransient) -> Canvas:
    """Draw current against voltage of the simulator, and dashed what the law gives."""
    factor, unit = unit_for(float(np.abs(run.expected_a).max()), "A")
    picture = _picture(run.volts, run.current_a / factor, "voltage [V]", f"current [{unit}]", "Hysteresis loop")
    _pair(picture, run.volts, run.current_a / factor, run.expected_a / factor)
    return picture


def state_over_time(run: DeviceTransient, model: MemristorModel) -> Canvas:
    """Draw the state over time, simulated and integrated."""
    time, label = _time(run)
    name = f"state {model.state.symbol}" + (f" [{model.state.unit}]" if model.state.unit else "")
    picture = _picture(time, run.state, label, name, "State")
    _pair(picture, time, run.state, run.expected_state)
    return picture


def current_over_time(run: DeviceTransient) -> Canvas:
    """Draw the current over time, simulated and by the law."""
    time, label = _time(run)
    factor, unit = unit_for(float(np.abs(run.expected_a).max()), "A")
    picture = _picture(time, run.current_a / factor, label, f"current [{unit}]", "Current")
    _pair(picture, time, run.current_a / factor, run.expected_a / factor)
    return picture


def fitted_curves(fit: Fit) -> Canvas:
    """Draw measured currents as dots and fitted ones as lines, each curve as shares of its largest current."""
    largest = np.abs(fit.curves.amperes).max(axis=0)
    measured, fitted = fit.curves.amperes / largest, fit.fitted_a / largest
    picture = _picture(fit.curves.volts, measured, "voltage [V]", "current [share of the largest]", "Curves and fit")
    for index in range(measured.shape[1]):
        colour = PALETTE[index % len(PALETTE)]
        picture.dots(
            fit.curves.volts.tolist(),
            measured[:, index].tolist(),
            colour,
            size=4.5,
            name=f"{fit.curves.names[index]}, measured",
        )
        picture.line(
            fit.curves.volts.tolist(),
            fitted[:, index].tolist(),
            colour,
            width=1.2,
            name=f"{fit.curves.names[index]}, fitted",
        )
    return picture


def fit_residuals(fit: Fit) -> Canvas:
    """Draw measured minus fitted currents of each curve, as shares of its largest current, percent."""
    share = 100.0 * (fit.curves.amperes - fit.fitted_a) / np.abs(fit.curves.amperes).max(axis=0)
    label = "measured - fitted [% of the largest]"
    picture = _picture(fit.curves.volts, share, "voltage [V]", label, "Differences")
    for index in range(share.shape[1]):
        colour, name = PALETTE[index % len(PALETTE)], fit.curves.names[index]
        picture.line(fit.curves.volts.tolist(), share[:, index].tolist(), colour, width=1.2, name=name)
    return picture


def _picture(x: Floats, y: Floats, x_label: str, y_label: str, title: str) -> Canvas:
    across = Axis.over(float(x.min()), float(x.max()), x_label)
    up = Axis.over(float(y.min()), float(y.max()), y_label)
    picture = Canvas(across, up, title=title, width=_WIDTH, height=_HEIGHT)
    if across.low < 0 < across.high:
        picture.line([0.0, 0.0], [up.low, up.high], "var(--muted)", width=0.7)
    if up.low < 0 < up.high:
        picture.line([across.low, across.high], [0.0, 0.0], "var(--muted)", width=0.7)
    return picture


def _pair(picture: Canvas, x: Floats, simulated: Floats, expected: Floats) -> None:
    every = max(1, len(x) // MOST_POINTS)
    picture.line(x[::every].tolist(), simulated[::every].tolist(), SIMULATED, width=2.6, name="simulated")
    picture.line(x[::every].tolist(), expected[::every].tolist(), EXPECTED, width=0.9, dash="4 3", name="by the law")


def _time(run: DeviceTransient) -> tuple[Floats, str]:
    factor, unit = unit_for(float(run.time_s[-1]), "s")
    return run.time_s / factor, f"time [{unit}]"
