# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the law of a subcircuit of one's own in a simulator, for the numeric engine."""

from __future__ import annotations

import numpy as np

from memnet.devices import MemristorModel, memristor_model
from memnet.devices.memristors import MEASURED, MeasuredCurves, SubcircuitModel
from memnet.errors import EngineNotFound, SetupError, SimulationError
from memnet.netlist import sweep_deck
from memnet.simulation.engines import Engine, find_engine
from memnet.units import Floats

POINTS = 321  # of a curve, 0 V in the middle
PARTS, MOST_STATES = 16, 400  # states that are measured for each step of the table, and in all
NEAR = 0.01  # of a conductance: what the table may deviate by


def measured_memristor(name: str, most_v: float) -> MemristorModel:
    """Return the model that a text names; a subcircuit's law is measured first, once in a process.

    All states of the table and some between them are swept from -most_v to most_v in ngspice.

    Parameters
    ----------
    name : as `memristor_model` takes it
    most_v : the largest voltage across a device

    Raises
    ------
    SetupError
        there is no such model; or the subcircuit's conductances are not those of its table, or do not rise or fall
        between two entries
    EngineNotFound
        there is no ngspice
    SimulationError
        ngspice does not read the subcircuit, or finds no solution
    """
    model = memristor_model(name)
    if not isinstance(model, SubcircuitModel) or (model.measured and model.measured.volts[-1] >= most_v):
        return model
    states = _states(model)
    try:
        swept = _ngspice().run(sweep_deck(model, (-most_v, most_v), POINTS, states.tolist())).values
    except SimulationError as error:
        raise type(error)(f"{model.own.path}: {error}") from error
    volts = np.linspace(-most_v, most_v, POINTS)
    curves = MeasuredCurves(states=states, volts=volts, amperes=swept[:, 1:].T)
    _refuse_other(model, curves)
    MEASURED[model.own] = curves
    return memristor_model(name)


def _ngspice() -> Engine:
    """Return ngspice as a process of its own, else its library: a subcircuit may be one that ngspice ends itself at."""
    try:
        return find_engine("ngspice-batch")
    except EngineNotFound:
        return find_engine("ngspice")


def _states(model: SubcircuitModel) -> Floats:
    """Return the states of the table and PARTS - 1 between two of them, rising; fewer where the table is long."""
    entries = np.sort(np.asarray(model.own.states))
    parts = max(1, min(PARTS, MOST_STATES // (len(entries) - 1)))
    steps = np.arange(parts) / parts
    between = entries[:-1, None] + steps * np.diff(entries)[:, None]
    return np.append(between.ravel(), entries[-1])


def _refuse_other(model: SubcircuitModel, curves: MeasuredCurves) -> None:
    """Raise `SetupError` where the measured conductances are not those of the table, or do not rise or fall."""
    own, siemens = model.own, curves.siemens
    for says, state in zip(own.siemens, own.states, strict=True):
        found = float(siemens[np.argmin(np.abs(curves.states - state))])
        if not abs(found - says) <= NEAR * says:
            raise SetupError(
                f"{own.path}: its table has {says:g} S for {own.parameter} = {state:g}, where the subcircuit has "
                f"{found:.6g} S at small positive voltages; correct the table"
            )
    steps = np.diff(siemens)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        at = int(np.argmax(np.sign(steps) != np.sign(siemens[-1] - siemens[0])))
        raise SetupError(
            f"{own.path}: its conductance does not rise or fall throughout: {siemens[at]:.6g} S at {own.parameter} = "
            f"{curves.states[at]:g}, {siemens[at + 1]:.6g} S at {curves.states[at + 1]:g}"
        )
