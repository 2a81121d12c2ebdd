# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices whose state moves: a hysteresis loop and a train of pulses in ngspice are those that scipy integrates."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from needed import needs

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.choosing import memristor_model
from memnet.devices.memristors.registry import MODELS
from memnet.devices.memristors.stimuli import Pulses, Sine, Stimulus
from memnet.devices.memristors.trajectory import integrate
from memnet.errors import EngineNotFound, SetupError, SimulationError
from memnet.measurement.single_device import STATE_LIMIT, DeviceTransient, device_transient
from memnet.netlist.dialects import DialectError
from memnet.netlist.memristors import memristor_module, transient_deck
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.verilog_a import compile_module

SETS = [f"{name}:{chosen}" for name, model in MODELS.items() if model.moves for chosen in model.sets]
# One loop and one train of pulses of each model; the other sets are long.
FIRST = {f"{name}:{next(iter(model.sets))}" for name, model in MODELS.items()}
TWO = ("vteam:default", "vteam:pt-hf-ti")
SLOW = {("stanford-pku:default", "pulses"), ("jart-vcm-v1b:default", "pulses")}
SHORT_OR_LONG = [
    pytest.param(name, which, marks=[] if name in FIRST and (name, which) not in SLOW else pytest.mark.long)
    for name in SETS
    for which in ("loop", "pulses")
]
MOST_CURRENT = 0.01  # of the largest current; where a device switches, a current is steep in time


def run_of(name: str, which: str, engine: str = "ngspice") -> tuple[MemristorModel, Stimulus, DeviceTransient]:
    model, _, chosen = name.partition(":")
    published = MODELS[model].sets[chosen]
    stimulus = getattr(published, which)
    device = memristor_model(name)
    return device, stimulus, device_transient(device, stimulus, published.start, find_engine(engine))


def altered(model: MemristorModel, factor: float, sign: float) -> MemristorModel:
    """Return a model whose state moves faster, or at the voltage of the other sign."""

    class Altered(type(model)):
        def rate(self, volts, state):
            return factor * super().rate(sign * volts, state)

    return Altered(**{each.name: getattr(model, each.name) for each in fields(model)})


@pytest.mark.parametrize(("name", "which"), SHORT_OR_LONG)
def test_states_and_currents_are_those_of_the_law(name, which):
    """Altered by its sign, by a factor, or with another state at the beginning, the law is noticed."""
    needs("ngspice")
    model, stimulus, found = run_of(name, which)
    assert np.ptp(found.expected_state) > 1e-3 * found.span
    assert found.state_error < STATE_LIMIT
    assert found.visited_error < STATE_LIMIT
    assert found.current_error < MOST_CURRENT
    assert found.final_error <= found.state_error
    np.testing.assert_allclose(found.volts, stimulus.volts(found.time_s))
    visited, start = np.ptp(found.expected_state), found.expected_state[0]
    for factor, sign, begin in ((1.05, 1.0, start), (1.0, -1.0, start), (1.0, 1.0, start + 0.05 * visited)):
        wrong = integrate(altered(model, factor, sign), stimulus, begin, found.time_s)
        assert np.abs(found.state - wrong).max() > STATE_LIMIT * visited, (factor, sign, begin)


@pytest.mark.parametrize("name", sorted(FIRST & set(SETS)))
def test_states_and_currents_in_xyce(name):
    needs("xyce")
    _, _, found = run_of(name, "pulses", "xyce")
    assert found.visited_error < STATE_LIMIT
    assert found.current_error < MOST_CURRENT


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in TWO else pytest.mark.long) for n in SETS])
def test_compiled_modules_have_the_same_law(name, tmp_path):
    """Two sets of a model in one process: ngspice keeps the first module of a name that it loads."""
    needs("vacask")
    needs("ngspice")
    model, _, chosen = name.partition(":")
    published, device = MODELS[model].sets[chosen], memristor_model(name)
    module = compile_module(*memristor_module(device), tmp_path)
    for stimulus in (published.loop, published.pulses):
        found = device_transient(device, stimulus, published.start, find_engine("ngspice"), compiled=module)
        assert found.visited_error < STATE_LIMIT
        assert found.current_error < MOST_CURRENT


def test_a_compiler_that_is_missing_or_refuses_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMNET_OPENVAF", str(tmp_path / "none"))
    with pytest.raises(EngineNotFound, match=r"MEMNET_OPENVAF names .*none, which is not there"):
        compile_module("a", "module a;", tmp_path)
    monkeypatch.delenv("MEMNET_OPENVAF")
    needs("vacask")
    with pytest.raises(SimulationError, match=r"a: .*openvaf-r refused its Verilog-A"):
        compile_module("a", "module a(p); nonsense", tmp_path)
    with pytest.raises(DialectError, match="compiled modules are loaded by ngspice"):
        transient_deck(
            memristor_model("vteam"), Sine(amplitude_v=1.0, hertz=1.0), [0.5], dialect="xyce", compiled=tmp_path
        )


def test_a_compiled_module_in_a_folder_with_a_space_is_refused(tmp_path):
    sine = Sine(amplitude_v=1.0, hertz=1.0)
    with pytest.raises(SetupError, match="loads no compiled module from a path with a space; name a folder"):
        transient_deck(memristor_model("vteam"), sine, [0.5], compiled=tmp_path / "a b.osdi")


def test_a_law_for_reading_alone_has_no_loop():
    needs("ngspice")
    _, stimulus, found = run_of("sinh:default", "loop")
    assert found.state_error == found.visited_error == found.final_error == 0.0
    assert found.current_error < 1e-6
    volts = stimulus.volts(found.time_s)
    np.testing.assert_allclose(found.current_a, 5e-5 * 0.4 * np.sinh(volts / 0.4), rtol=1e-5, atol=1e-12)


def test_a_state_out_of_range_is_refused_by_name():
    with pytest.raises(SetupError, match=r"memristor model vteam: state x = 1.5: give a position w/D from 0 to 1"):
        device_transient(memristor_model("vteam"), Sine(amplitude_v=0.1, hertz=1.0), 1.5, find_engine("ngspice"))
    with pytest.raises(SetupError, match=r"stanford-pku: no state has a conductance of 0.1 S; it reaches 4.4\d+e-06"):
        memristor_model("stanford-pku").programmed(np.array([1e-4, 0.1]))


@pytest.mark.parametrize("bad", [{"amplitude_v": 0.0, "hertz": 1.0}, {"amplitude_v": 1.0, "hertz": -1.0}])
def test_impossible_voltages_are_refused(bad):
    with pytest.raises(SetupError, match="a sine of"):
        Sine(**bad)
    with pytest.raises(SetupError, match="pulses"):
        Pulses(pulses=((1.0, 0.0),))
