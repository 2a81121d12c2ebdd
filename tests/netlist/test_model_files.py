# SPDX-License-Identifier: GPL-3.0-or-later
"""Every macro-model of every dialect gives what it should: its file is interpreted and solved by a plain Newton loop.

This holds models of tools that are not here too. The interpreter is `model_files` and `newton`, apart from the package.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from deployments import Deployed, deployed, hypercell
from model_files import Element, Subcircuit, read_models
from newton import Solver, value_of

from memnet.netlist.dialects import DIALECTS
from memnet.netlist.hierarchy import HierarchyWriter
from memnet.technology import load_technology

CELSIUS = (-40.0, 27.0, 60.0, 125.0)
INPUTS_V = (-0.15, -1e-2, -1e-4, -1e-6, 0.0, 1e-6, 1e-4, 1e-2, 0.15)
RAILS = ("vclp", "vcln")
MOST_STEPS = 25


@cache
def chip() -> Deployed:
    """Return a chip with all macro-models: its amplifiers are gated."""
    return deployed(hypercell(), images=1, structure="shared")


@cache
def models(dialect: str, transient: bool = False, offset_v: float = 0.0) -> dict[str, Subcircuit]:
    """Return the subcircuits that an export of a chip with select nets has in a dialect."""
    circuit = chip().circuit
    technology = replace(circuit.technology, opamp=replace(circuit.technology.opamp, offset_v=offset_v))
    writer = HierarchyWriter(replace(circuit, technology=technology), DIALECTS[dialect], transient=transient)
    return read_models(str(writer.models()), dialect)


def resistor(name: str, p: str, n: str, ohm: float) -> Element:
    return Element(kind="r", name=name, nodes=(p, n), values={"value": ohm})


def source(net: str, volts: float) -> Element:
    return Element(kind="v", name=f"v{net}", nodes=(net, "0"), values={"value": volts})


def solved(elements: list[Element], net: str, celsius: float = 27.0) -> float:
    solver = Solver([source("vclp", 0.77), source("vcln", -0.77), *elements], celsius)
    volts = solver.volts(solver.solve(), net)
    assert solver.steps <= MOST_STEPS
    return volts


def inverter(dialect: str, name: str, volts: float, gain: float = 1.0, **options: float) -> float:
    """Return the output of an inverting amplifier with the op-amp called `name`."""
    enable = options.pop("enable", None)
    extra = [] if enable is None else [source("enable", enable)]
    nodes = ("0", "m", "out", *RAILS, *([] if enable is None else ["enable"]))
    opamp = models(dialect, bool(options.pop("transient", False)))[name].placed("a", nodes)
    parts = [source("in", volts), resistor("rin", "in", "m", 1e4), resistor("rf", "m", "out", gain * 1e4)]
    return solved([*extra, *parts, *opamp], "out", **options)


@pytest.mark.parametrize("celsius", CELSIUS)
@pytest.mark.parametrize("transient", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_amplifier_has_its_gain_and_its_clamps(dialect: str, transient: bool, celsius: float) -> None:
    found = [
        inverter(dialect, "opamp", volts, gain=2.0, celsius=celsius, transient=transient)
        for volts in (0.1, -0.1, 1.0, -1.0)
    ]
    np.testing.assert_allclose(found[:2], [-0.2, 0.2], atol=1e-5)
    np.testing.assert_allclose(found[2:], [-0.8, 0.8], atol=8e-3)


@pytest.mark.parametrize("transient", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_amplifier_adds_its_offset_to_the_difference_of_its_inputs(dialect: str, transient: bool) -> None:
    gain, offset_v = load_technology().opamp.gain, 2e-6
    for name, more in (
        ("opamp", ()),
        ("opamp_rectified", ()),
        ("opamp_gated", ("on",)),
        ("opamp_rectified_gated", ("on",)),
    ):
        opamp = models(dialect, transient, offset_v)[name].placed("a", ("p", "m", "out", *RAILS, *more))
        for difference_v in (1e-6, -5e-6):
            ends = [source("p", 0.05 + difference_v), source("m", 0.05), source("on", 1.0)]
            wanted = gain * (difference_v + offset_v)
            wanted = max(wanted, 0.0) if "rectified" in name else wanted
            assert solved([*ends, *opamp], "out") == pytest.approx(wanted, rel=2e-3, abs=1e-6), name


@pytest.mark.parametrize(("celsius", "transient"), [(CELSIUS[0], True), (27.0, False), (CELSIUS[-1], False)])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_rectifier_passes_the_positive(dialect: str, transient: bool, celsius: float) -> None:
    """An inverter's input of -v gives v; a shut output may be a microvolt below 0 V, an open one off by 1 / A0."""
    for volts in INPUTS_V:
        out = inverter(dialect, "opamp_rectified", volts, celsius=celsius, transient=transient)
        wanted = max(-volts, 0.0)
        assert out == pytest.approx(wanted, abs=1e-6 + 3e-5 * wanted), f"input {volts} V"
        assert out <= wanted + 1e-12
    clamped = inverter(dialect, "opamp_rectified", -2.0, celsius=celsius, transient=transient)
    assert clamped == pytest.approx(0.8, abs=8e-3)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_gated_amplifier_gives_0_v_without_its_supply(dialect: str) -> None:
    for kind in ("opamp", "opamp_rectified"):
        assert inverter(dialect, f"{kind}_gated", -0.1, enable=1.0) == pytest.approx(0.1, abs=1e-5)
        assert abs(inverter(dialect, f"{kind}_gated", -0.1, enable=0.0)) < 1e-6
    assert inverter(dialect, "opamp_gated", 0.1, enable=1.0) == pytest.approx(-0.1, abs=1e-5)
    assert abs(inverter(dialect, "opamp_rectified_gated", 0.1, enable=1.0)) < 1e-6


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_selector_passes_the_larger(dialect: str) -> None:
    selector = models(dialect)["selector"].placed("s", ("first", "second", "decision", "out"))
    for first, second in [(0.1, -0.1), (-0.1, 0.1), (-0.1, -0.2), (1e-6, 0.0), (0.2, 0.2 + 1e-6), (0.05, 0.05)]:
        ends = [source("first", first), source("second", second)]
        assert solved([*ends, *selector], "out") == pytest.approx(max(first, second), abs=1e-7)
        assert solved([*ends, *selector], "decision") == pytest.approx(first - second, abs=1e-9)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_gated_selector_passes_its_first_input_without_its_supply(dialect: str) -> None:
    nodes = ("first", "second", "decision", "out", "vclp", "enable")
    selector = models(dialect)["selector_gated"].placed("s", nodes)
    for first, second in [(0.1, -0.1), (-0.1, 0.1), (-0.2, -0.1)]:
        ends = [source("first", first), source("second", second)]
        on, off = (solved([*ends, source("enable", volts), *selector], "out") for volts in (1.0, 0.0))
        assert on == pytest.approx(max(first, second), abs=1e-7)
        assert off == pytest.approx(first, abs=1e-7)


def layer(dialect: str, number: int) -> list[Element]:
    """Return two rectifying amplifiers with the gains 3/5 and 4/5, a selector, and a follower of its output."""
    into, out, chosen = f"y{number}", f"y{number + 1}", f"max{number}"
    parts = models(dialect)["opamp"].placed(f"xf{number}", (chosen, out, out, *RAILS))
    for side, ohm in (("a", 1.2e4), ("b", 1.6e4)):
        ground, end = f"{side}m{number}", f"{side}{number}"
        parts += [resistor(f"ro{end}", "one", ground, 2e4), resistor(f"rf{end}", ground, end, ohm)]
        parts += [resistor(f"ri{end}", into, ground, 4e3 * (number + 1))]
        parts += models(dialect)["opamp_rectified"].placed(f"x{end}", ("0", ground, end, *RAILS))
    selector = models(dialect)["selector"]
    return parts + selector.placed(f"s{number}", (f"a{number}", f"b{number}", f"d{number}", chosen))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_layers_of_rectifiers_and_selectors_are_solved(dialect: str) -> None:
    """The deeper a network, the more rectifiers and selectors wait for each other in Newton's method."""
    elements, wanted = [source("one", -0.1), source("y0", 0.15)], 0.15
    for number in range(5):
        elements += layer(dialect, number)
        wanted = max(max(ohm * (0.1 / 2e4 - wanted / (4e3 * (number + 1))), 0.0) for ohm in (1.2e4, 1.6e4))
    assert wanted > 0
    assert solved(elements, "y5") == pytest.approx(wanted, abs=2e-5)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_poles_have_the_time_constants_of_the_technology(dialect: str) -> None:
    technology = load_technology()
    opamp = {each.kind: each for each in models(dialect)["opamp"].elements}
    gain, farad = opamp["g"].values["value"], opamp["c"].values["value"]
    assert gain * opamp["r"].values["value"] == pytest.approx(technology.opamp.gain)
    assert gain / (2 * np.pi * farad) == pytest.approx(technology.opamp.gbw_hz)
    comparator = {each.kind: each for each in models(dialect)["selector"].elements}
    delay = comparator["r"].values["value"] * comparator["c"].values["value"]
    assert delay == pytest.approx(technology.comparator.delay_s)
    for name in ("opamp", "opamp_rectified", "opamp_gated", "opamp_rectified_gated"):
        limited = next(each for each in models(dialect, True)[name].elements if "inp" in each.law)
        reach_v = technology.opamp.slew_v_per_s / (2 * np.pi * technology.opamp.gbw_hz)
        for inp, share in (
            (10.0, 1.0),
            (-10.0, -1.0),
            (1.001 * reach_v, 1.0),
            (-0.999 * reach_v, -0.999),
            (1e-6, None),
        ):
            current = value_of(limited.law, lambda net, inp=inp: complex(inp if net == "inp" else 0.0)).real
            assert limited.nodes == ("0", "x1")
            wanted = inp / reach_v if share is None else share  # linear up to the limit
            assert current / farad == pytest.approx(wanted * technology.opamp.slew_v_per_s)
