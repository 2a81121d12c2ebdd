# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages and pictures of single memristors: a device under a sine and pulses, and a model fitted to curves."""

from __future__ import annotations

from dataclasses import fields

from memnet.devices.memristors import Fit, MemristorModel, parameter_units
from memnet.flow import MemristorRun, fit_json, memristor_json
from memnet.measurement import STATE_LIMIT, DeviceTransient
from memnet.report.canvas import stacked_svg
from memnet.report.device_charts import (
    current_over_time,
    fit_residuals,
    fitted_curves,
    hysteresis_loop,
    state_over_time,
)
from memnet.report.templates import rendered
from memnet.report.thumbnails import json_url
from memnet.units import engineering


def memristor_svg(run: MemristorRun) -> str:
    """Return one picture of a run: the loop, its state, and the state and current of the pulses."""
    model = run.chosen.model
    charts = (
        hysteresis_loop(run.loop),
        state_over_time(run.loop, model),
        state_over_time(run.pulses, model),
        current_over_time(run.pulses),
    )
    return stacked_svg(charts, f"{model.name}: hysteresis loop and pulses")


def memristor_html(run: MemristorRun) -> str:
    """Return the page of a run; equal runs give equal texts."""
    model = run.chosen.model
    loop = (
        ("Hysteresis loop", _sine_words(run), hysteresis_loop(run.loop).svg()),
        ("State in the loop", "The same over time.", state_over_time(run.loop, model).svg()),
    )
    pulses = (
        (
            "State under pulses",
            "Pulses up, then down, each followed by a rest.",
            state_over_time(run.pulses, model).svg(),
        ),
        ("Current under pulses", "The same, as current.", current_over_time(run.pulses).svg()),
    )
    return _page(
        title=f"memristor {model.name}",
        lead="A memristor in SPICE, held against the integral of its law by scipy, which shares no code with it.",
        about=f"{model.title}; {model.law}; {model.source}. Set {run.chosen.set_name}: {run.chosen.parameters.source}",
        figures=[*_figures("loop", run.loop, model), *_figures("pulses", run.pulses, model)],
        warnings=() if run.agrees else (f"States differ by more than {STATE_LIMIT:g} of the range.",),
        pictures=(loop, pulses),
        json=json_url(memristor_json(run, waveforms=False)),
        rows=_parameter_rows(model),
        note="Blue: the simulator. Dashed: the law in NumPy, its state integrated by LSODA.",
    )


def fit_svg(fit: Fit) -> str:
    """Return one picture of a fit: the curves, and the differences."""
    return stacked_svg((fitted_curves(fit), fit_residuals(fit)), f"{fit.model.name} fitted to {fit.curves.name}")


def fit_html(fit: Fit) -> str:
    """Return the page of a fit; equal fits give equal texts."""
    pictures = (
        (
            "Curves",
            "Dots: measured; lines: fitted. Each curve as shares of its largest current.",
            fitted_curves(fit).svg(),
        ),
        ("Differences", "The distance of the dots from the lines.", fit_residuals(fit).svg()),
    )
    states = [
        (name, engineering(siemens, "S"), f"{error:.2%} rms")
        for name, siemens, error in zip(fit.curves.names, fit.siemens.tolist(), fit.error.tolist(), strict=True)
    ]
    return _page(
        title=f"{fit.model.name} fitted to {fit.curves.name}",
        lead="A memristor model fitted to measured current-voltage curves.",
        about=f"{fit.model.title}; {fit.model.law}; {fit.model.source}",
        figures=[
            ("rms difference", f"{fit.rms:.2%}", "of each curve's largest current"),
            *((name, f"{getattr(fit.model, name):.4g}", "fitted") for name in fit.model.fitted),
        ],
        warnings=fit.remarks,
        pictures=(pictures,),
        json=json_url(fit_json(fit)),
        rows=[*states, *_parameter_rows(fit.model)],
        note="States: conductance at 0 V and error of each curve; then the parameters.",
    )


def _page(**context: object) -> str:
    return rendered("report/memristor.html.j2", **context)


def _sine_words(run: MemristorRun) -> str:
    loop = run.chosen.parameters.loop
    return f"{loop.periods} periods of {engineering(loop.amplitude_v, 'V')}, {engineering(loop.hertz, 'Hz')}."


def _figures(what: str, run: DeviceTransient, model: MemristorModel) -> list[tuple[str, str, str]]:
    states = [
        (f"{what}: state error", f"{run.state_error:.2g}", "of the model's range"),
        (f"{what}: the same", f"{run.visited_error:.2g}", "of the range that it went through"),
    ]
    return [
        *(states if model.moves else []),
        (f"{what}: current error", f"{run.current_error:.2g}", f"of the largest; {len(run.time_s):,} points"),
    ]


def _parameter_rows(model: MemristorModel) -> list[tuple[str, str, str]]:
    units = parameter_units(type(model))
    rows = []
    for each in fields(model):  # type: ignore[arg-type] # models are dataclasses
        value = getattr(model, each.name)
        words = value if isinstance(value, str) else f"{value:.6g}"
        rows.append((each.name, f"{words} {units[each.name]}".strip(), str(each.metadata["text"])))
    return rows
