# SPDX-License-Identifier: GPL-3.0-or-later
"""The models files of all dialects give what op-amps, rectifiers, supply switches and selectors must give."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from deployments import deployed, hypercell
from model_files import ModelsFile

from memnet.netlist.dialects import DIALECTS
from memnet.netlist.hierarchy import HierarchyWriter

OFFSET_V = 2e-6
EVERY = [(dialect, transient) for dialect in DIALECTS for transient in (False, True)]


@cache
def circuit():
    made = deployed(hypercell(), images=1, structure="shared").circuit
    opamp = replace(made.technology.opamp, offset_v=OFFSET_V)
    return replace(made, technology=replace(made.technology, opamp=opamp))


@cache
def models(dialect: str, transient: bool) -> ModelsFile:
    return ModelsFile(HierarchyWriter(circuit(), DIALECTS[dialect], transient=transient).models(), dialect)


def out_v(file: ModelsFile, cell: str, input_v: float, enable: float | None = None) -> float:
    """Return the output of an op-amp for a voltage of its noninverting over its inverting input, volts."""
    clamp_v = circuit().technology.opamp.saturation_v - circuit().technology.macromodel.clamp_drop_v
    given = {"inp": 0.05 + input_v, "inn": 0.05, "vclp": clamp_v, "vcln": -clamp_v}
    return file.volts(cell, given | ({} if enable is None else {"enable": enable}))["out"]


@pytest.mark.parametrize(("dialect", "transient"), EVERY)
@pytest.mark.parametrize("enable", [None, 1.0])
def test_an_op_amp_amplifies_the_difference_of_its_inputs_and_its_offset(dialect, transient, enable):
    file, opamp, ending = models(dialect, transient), circuit().technology.opamp, "" if enable is None else "_gated"
    for input_v in (1e-6, -5e-6):
        expected = opamp.gain * (input_v + OFFSET_V)
        assert out_v(file, f"opamp{ending}", input_v, enable) == pytest.approx(expected, rel=2e-3)
        held = max(expected, 0.0)
        assert out_v(file, f"opamp_rectified{ending}", input_v, enable) == pytest.approx(held, rel=2e-3, abs=1e-6)
    for sign in (1, -1):
        clamped = out_v(file, f"opamp{ending}", sign * 0.1, enable)
        assert clamped == pytest.approx(sign * opamp.saturation_v, abs=0.01)


@pytest.mark.parametrize(("dialect", "transient"), EVERY)
def test_an_op_amp_without_its_select_net_gives_nothing(dialect, transient):
    for cell in ("opamp_gated", "opamp_rectified_gated"):
        for input_v in (1e-3, -1e-3):
            assert abs(out_v(models(dialect, transient), cell, input_v, 0.0)) < 2e-6


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_selector_passes_the_larger_of_its_inputs(dialect):
    file = models(dialect, False)
    for first, second in ((0.1, 0.0), (0.0, 0.1), (-0.2, -0.1), (-0.1, -0.2), (0.05, 0.0501), (0.1, 0.1)):
        volts = file.volts("selector", {"first": first, "second": second})
        assert volts["out"] == pytest.approx(max(first, second), abs=1e-6)
        if "selector_gated" in file.cells:
            given = {"first": first, "second": second, "enable": 1.0, "vclp": 0.77}
            assert file.volts("selector_gated", given)["out"] == pytest.approx(max(first, second), abs=1e-6)
