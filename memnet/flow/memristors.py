# SPDX-License-Identifier: GPL-3.0-or-later
"""Single memristors: the list of models, one device under a sine and pulses, and a model fitted to measurements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from memnet.devices.memristors import (
    MODELS,
    ChosenMemristor,
    Fit,
    MemristorModel,
    SubcircuitModel,
    choose_memristor,
    fit_model,
    memristor_model,
    parameter_units,
    parameters_toml,
    read_curves,
)
from memnet.errors import SetupError
from memnet.flow.measuring import measured_memristor
from memnet.measurement import STATE_LIMIT, DeviceTransient, device_transient
from memnet.netlist import DIALECTS, VERILOG_A, memristor_module
from memnet.simulation import compile_module
from memnet.simulation.engines import ENGINES, Engine, find_engine

OWN_V = 0.5  # up to which a subcircuit of one's own is measured here; its sine and pulses have 0.2 V
# Engines whose expressions have no conditions, which every law that moves a state needs.
WITHOUT_CONDITIONS = {"embedded": "neospice 0.2.0 reads no conditions in expressions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemristorRun:
    """A device under the sine and the pulses of its set, in a simulator and integrated.

    Attributes
    ----------
    start : state at the beginning of both, in the unit of the state
    loop, pulses : the device under the sine, and under the pulses

    Examples
    --------
    >>> run = run_memristor("sinh")
    >>> run.start, run.loop.current_a.shape == run.loop.time_s.shape
    (5e-05, True)
    """

    chosen: ChosenMemristor
    start: float
    loop: DeviceTransient
    pulses: DeviceTransient

    @property
    def agrees(self) -> bool:
        """Return whether all states are within STATE_LIMIT of the integral, as a share of the model's range.

        >>> run.agrees
        True
        """
        return max(self.loop.state_error, self.pulses.state_error) <= STATE_LIMIT


def run_memristor(
    name: str,
    *,
    engine: str | Engine | None = None,
    state: float | None = None,
    siemens: float | None = None,
    compiled: bool = False,
) -> MemristorRun:
    """Simulate a device under a sine and under pulses, and hold both against the integral of its law by scipy.

    Parameters
    ----------
    name : as `choose_memristor` takes it
    engine : by default the first that is here
    state, siemens : at the beginning: a state, or a conductance; by default what the set of parameters says
    compiled : whether ngspice simulates the model's Verilog-A module, compiled, and not its subcircuit

    Raises
    ------
    SetupError
        unknown name, a state or a conductance out of reach, or both given
    EngineNotFound
        no simulator is here, or no compiler of Verilog-A
    SimulationError
        the simulator or the compiler cannot read the device, or there is no solution

    Examples
    --------
    >>> run = run_memristor("sinh")
    >>> run.agrees
    True
    """
    measured_memristor(name, OWN_V)
    chosen = choose_memristor(name)
    model, start = chosen.model, _start(chosen, state, siemens)
    simulator = find_engine(engine)
    if not _reads(simulator, model):
        reason = WITHOUT_CONDITIONS.get(simulator.name, "it reads no dialect that the model is written in")
        raise SetupError(
            f"memristor model {model.name}: not in the engine {simulator.name}, {reason}; choose one of "
            f"{', '.join(engines_of(model))}"
        )
    if compiled and simulator.name in WITHOUT_CONDITIONS:
        raise SetupError(
            f"compiled and engine {simulator.name}: ngspice alone loads compiled modules; give engine ngspice"
        )
    with TemporaryDirectory(prefix="memnet-verilog-a-") as folder:
        module = None
        if compiled:
            module = compile_module(*memristor_module(model), Path(folder))
        loop, pulses = (
            device_transient(model, stimulus, start, simulator, compiled=module)
            for stimulus in (chosen.parameters.loop, chosen.parameters.pulses)
        )
    return MemristorRun(chosen=chosen, start=start, loop=loop, pulses=pulses)


def _start(chosen: ChosenMemristor, state: float | None, siemens: float | None) -> float:
    """Return the state at the beginning: the one asked for, that of the conductance asked for, or the set's."""
    if state is not None and siemens is not None:
        raise SetupError("a state and a conductance at the beginning: give one of them")
    if state is not None:
        return chosen.model.checked_state(state)
    return chosen.parameters.start if siemens is None else float(chosen.model.programmed(np.asarray(siemens)))


def engines_of(model: MemristorModel) -> list[str]:
    """Return the names of the engines that can simulate a model, here or elsewhere."""
    return [name for name, engine in ENGINES.items() if _reads(engine(), model)]


def _reads(engine: Engine, model: MemristorModel) -> bool:
    """Tell whether an engine reads a dialect of decks that the model is written in."""
    written = any(DIALECTS[each].decks and each not in model.not_in for each in engine.dialects)
    return written and not (model.moves and engine.name in WITHOUT_CONDITIONS)


def memristor_json(run: MemristorRun, *, waveforms: bool = True) -> str:
    """Return a run as JSON: the model, the errors, and all waveforms, in SI units but for the state's own."""
    document = described(run.chosen.model, run.chosen.set_name) | {
        "set_source": run.chosen.parameters.source,
        "set_licence": run.chosen.parameters.licence,
        "start": run.start,
        "agrees": run.agrees,
        "state_limit": STATE_LIMIT,
        "loop": _transient(run.loop, waveforms),
        "pulses": _transient(run.pulses, waveforms),
    }
    return json.dumps(document, indent=2) + "\n"


def described(model: MemristorModel, set_name: str) -> dict[str, Any]:
    """Return what a model is: law, source, state, conductances, parameters, and what can express it."""
    low, high = model.conductances()
    ranged = bool(np.isfinite(model.limits()[1]))
    return {
        "model": model.name,
        "set": set_name,
        "title": model.title,
        "law": model.law,
        "source": model.source,
        "separable": model.separable,
        "state": {
            "symbol": model.state.symbol,
            "unit": model.state.unit,
            "meaning": model.state.text,
            "range": list(model.limits()) if ranged else None,
        },
        "siemens": [low, high] if ranged else None,
        "parameters": {name: getattr(model, name) for name in parameter_units(type(model))},
        "units": dict(parameter_units(type(model))),
        "subcircuit": {"name": model.subcircuit, "pins": ["p", "n"], "parameter": model.state.parameter},
        "dialects": [name for name in (*DIALECTS, VERILOG_A) if name not in model.not_in],
        "engines": engines_of(model),
    }


def memristor_list() -> list[dict[str, Any]]:
    """Return all models, each described with its default set and with the source and licence of every set."""
    return [
        described(memristor_model(name), next(iter(kind.sets)))
        | {"sets": {each: {"source": of.source, "licence": of.licence} for each, of in kind.sets.items()}}
        for name, kind in MODELS.items()
    ]


def _transient(run: DeviceTransient, waveforms: bool) -> Mapping[str, Any]:
    figures = {
        "engine": run.engine,
        "points": len(run.time_s),
        "wall_s": run.wall_s,
        "state_error": run.state_error,
        "visited_error": run.visited_error,
        "final_error": run.final_error,
        "current_error": run.current_error,
    }
    if not waveforms:
        return figures
    return figures | {
        "time_s": run.time_s.tolist(),
        "volts": run.volts.tolist(),
        "current_a": run.current_a.tolist(),
        "state": run.state.tolist(),
        "expected_a": run.expected_a.tolist(),
        "expected_state": run.expected_state.tolist(),
    }


def fit_memristor(curves: Path, name: str) -> Fit:
    """Fit a model to the current-voltage curves of a CSV file; see `devices.memristors.curves` for its form.

    Parameters
    ----------
    name : of the model, with a set or a file where its other parameters come from one

    Raises
    ------
    SetupError
        unknown name, or a model that such curves do not determine
    DataError
        the file has no such curves
    """
    model = memristor_model(name)
    if isinstance(model, SubcircuitModel):
        raise SetupError(f"{name}: a subcircuit has no parameters to fit; give a model of memnet memristors")
    return fit_model(model, read_curves(curves))


def fit_toml(fit: Fit, name: str) -> str:
    """Return the parameter file of a fit; `name` is what it began with."""
    fitted = ", ".join(fit.model.fitted) or "nothing"
    source = f"{fitted} fitted to {fit.curves.name}, {fit.rms:.2g} rms of the largest current; all else from {name}"
    volts = fit.curves.volts
    return parameters_toml(fit.model, source, fit.siemens.tolist(), [float(volts[0]), float(volts[-1])])


def fit_json(fit: Fit) -> str:
    """Return a fit as JSON: parameters, conductances, errors and both families of curves."""
    document = {
        "model": fit.model.name,
        "curves": fit.curves.name,
        "fitted": {name: getattr(fit.model, name) for name in fit.model.fitted},
        "parameters": {each.name: getattr(fit.model, each.name) for each in fields(fit.model)},  # type: ignore[arg-type]
        "rms": fit.rms,
        "remarks": list(fit.remarks),
        "states": [
            {"name": name, "siemens": siemens, "error": error}
            for name, siemens, error in zip(fit.curves.names, fit.siemens.tolist(), fit.error.tolist(), strict=True)
        ],
        "volts": fit.curves.volts.tolist(),
        "measured_a": fit.curves.amperes.T.tolist(),
        "fitted_a": fit.fitted_a.T.tolist(),
    }
    return json.dumps(document, indent=2) + "\n"
