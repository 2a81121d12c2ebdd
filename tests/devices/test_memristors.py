# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristor models: their laws in NumPy are those of their subcircuits, in ngspice and as text in all dialects."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from expressions import Subcircuit
from needed import needs

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.choosing import memristor_model
from memnet.devices.memristors.registry import MODELS
from memnet.errors import SetupError
from memnet.netlist.dialects import DIALECTS, DialectError
from memnet.netlist.memristors import memristor_subcircuit, sweep_deck
from memnet.simulation.engines.registry import find_engine

ALL_SETS = [f"{name}:{chosen}" for name, model in MODELS.items() for chosen in model.sets]
SIEMENS = np.array([1e-6, 3.3e-5, 1e-4])
VOLTS = np.linspace(-0.5, 0.5, 11)
MOST = 1e-6  # relative: nine digits of constants in exponents of up to 40


def some_states(model: MemristorModel) -> np.ndarray:
    """Return three states, from near the one end of the range to near the other."""
    low, high = model.limits()
    if not np.isfinite(high):
        return SIEMENS
    return low + np.array([0.02, 0.3, 0.95]) * (high - low)


def deviation(found: np.ndarray, law: np.ndarray) -> float:
    """Return the largest difference, relative to each value; against 1e-6 of the largest where they are near 0."""
    return float(np.max(np.abs(found - law) / (np.abs(law) + 1e-6 * np.abs(law).max())))


def swept(model: MemristorModel, engine: str = "ngspice") -> np.ndarray:
    """Return currents (voltages, states) of devices in a simulator, whose states stay in a dc analysis."""
    dialect = {"ngspice": "ngspice", "xyce": "xyce"}[engine]
    states = some_states(model)
    deck = sweep_deck(model, (VOLTS[0], VOLTS[-1]), len(VOLTS), states.tolist(), dialect=dialect)
    values = find_engine(engine).run(deck).values[:, 1:]
    if model.moves:
        np.testing.assert_allclose(values[:, 1::2], np.broadcast_to(states, (len(VOLTS), 3)), rtol=1e-6)
    return values[:, :: 2 if model.moves else 1]


def law_of(model: MemristorModel) -> np.ndarray:
    return model.current(VOLTS[:, None], some_states(model))


@pytest.mark.parametrize("name", ALL_SETS)
def test_the_current_is_that_of_the_subcircuit(name):
    """Altered by its sign, by a factor, or with the state of a neighbour, the law is noticed."""
    needs("ngspice")
    model = memristor_model(name)
    found, states = swept(model), some_states(model)
    assert deviation(found, law_of(model)) < MOST
    altered = {
        "sign": -law_of(model),
        "factor": 1.001 * law_of(model),
        "state": model.current(VOLTS[:, None], model.state_of(1.001 * model.conductance(states))),
        "voltage": model.current(1.001 * VOLTS[:, None], states),
    }
    assert {each for each, law in altered.items() if deviation(found, law) < 100 * MOST} == set()


@pytest.mark.parametrize("name", ALL_SETS)
def test_the_slope_at_0_v_is_the_conductance(name):
    """An ac analysis around rows at 0 V has it from the simulator, which differentiates expressions where they meet."""
    needs("ngspice")
    model = memristor_model(name)
    states = some_states(model)
    deck = sweep_deck(model, (0.0, 1e-9), 2, states.tolist())
    text = re.sub(r"(?m)^vin in 0 0$", "vin in 0 0 ac 1", re.sub(r"(?m)^\.dc .*$", ".ac lin 1 1 1", deck.text))
    vectors = tuple(f"i(vm{at})" for at in range(len(states)))
    slopes = find_engine("ngspice").run(replace(deck, text=text, vectors=vectors, points=None)).values[0]
    assert slopes == pytest.approx(model.conductance(states), rel=1e-5)


@pytest.mark.parametrize("name", ALL_SETS)
def test_the_current_is_that_of_the_subcircuit_in_xyce(name):
    needs("xyce")
    model = memristor_model(name)
    assert deviation(swept(model, "xyce"), law_of(model)) < MOST


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ALL_SETS)
def test_the_text_of_every_dialect_says_the_same_law(name, dialect):
    """No simulator of LTspice, HSPICE and Spectre is here: their expressions are computed by `expressions`."""
    model = memristor_model(name)
    text = memristor_subcircuit(model, dialect)
    assert max(map(len, text.splitlines())) < 1000  # HSPICE reads 1,024 characters
    read, states = Subcircuit(text, dialect), some_states(model)
    assert deviation(read.values("i", VOLTS[::5], states), law_of(model)[::5]) < MOST
    if model.moves:
        volts = strong_volts(name)
        rates = model.rate(volts[:, None], states)
        assert np.abs(rates).max() > 0
        assert deviation(read.values("x", volts, states), 1e-9 * rates) < 10 * MOST
        held = read.value("x", 0.3, states[0], flag=0.0)
        assert held == pytest.approx(0.0)  # in a dc analysis: the programmed state minus the state


def strong_volts(name: str) -> np.ndarray:
    """Return voltages up to those of the loop of a set, under which states move."""
    model, _, chosen = name.partition(":")
    amplitude = MODELS[model].sets[chosen].loop.amplitude_v
    return np.linspace(-amplitude, amplitude, 4)


@pytest.mark.parametrize("name", ALL_SETS)
def test_conductances_and_states_are_inverse(name):
    model = memristor_model(name)
    low, high = model.conductances() if np.isfinite(model.limits()[1]) else (1e-6, 1e-4)
    siemens = np.linspace(low, high, 7)[1:-1]
    states = model.programmed(siemens)
    np.testing.assert_allclose(model.conductance(states), siemens, rtol=1e-9)
    tiny = 1e-6
    np.testing.assert_allclose(model.current_a(np.array(tiny), siemens) / tiny, siemens, rtol=1e-4)
    if model.separable:
        np.testing.assert_allclose(
            model.current_a(VOLTS[:, None], siemens), siemens * model.shape(VOLTS)[:, None], rtol=1e-9
        )


@pytest.mark.parametrize("name", ALL_SETS)
def test_heat_is_voltage_times_current(name):
    model, volts = memristor_model(name), np.array([0.1, -0.05, 0.2])
    siemens = model.conductance(some_states(model))
    assert model.heat_w(volts, siemens) == pytest.approx(
        float(np.sum(volts * model.current_a(volts, siemens))), rel=1e-12
    )


@pytest.mark.parametrize("name", MODELS)
def test_each_model_says_where_it_comes_from(name):
    model = MODELS[name]
    assert model.name == name and model.title and model.law and model.source
    for chosen in model.sets.values():
        assert chosen.source and chosen.licence
        assert model(**chosen.values).checked_state(chosen.start) == chosen.start


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("linaer", "unknown memristor model 'linaer': did you mean linear"),
        ("sinh:x", "memristor model sinh has no set 'x': choose one of default"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name, told):
    with pytest.raises(SetupError, match=told):
        memristor_model(name)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"v0_v": -1.0}, r"sinh: v0_v = -1.0: give a number from 0.01 to 100 V \(voltage of"),
        ({"v0_v": float("nan")}, "sinh: v0_v = nan: give a number"),
        ({"v0_v": True}, "sinh: v0_v = True: give a number"),
        ({"v0_v": "a lot"}, "sinh: v0_v = 'a lot': give a number"),
        ({"v0": 0.4}, "here: unknown parameter 'v0': did you mean v0_v"),
        ({}, "here: gives no v0_v"),
    ],
)
def test_impossible_and_unknown_parameters_are_refused_by_name(values, told):
    with pytest.raises(SetupError, match=told):
        MODELS["sinh"].given(values, "here")


def test_a_dialect_that_cannot_express_a_model_is_refused_by_name():
    class Odd(type(memristor_model("linear"))):
        name, not_in = "odd", {"spectre": "which has no such source"}

    with pytest.raises(DialectError, match="memristor model odd: not in the dialect spectre, which has no such source"):
        memristor_subcircuit(Odd(), "spectre")
    with pytest.raises(DialectError, match="decks are not written in the dialect hspice"):
        sweep_deck(memristor_model("linear"), (0.0, 1.0), 2, [1e-6], dialect="hspice")
