# SPDX-License-Identifier: GPL-3.0-or-later
"""The macro-models of an export, run in ngspice: what they give, and that no temperature changes it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, primitive, whole
from needed import needs

from memnet.netlist.deck import Deck
from memnet.netlist.export import export_files, write_export
from memnet.netlist.reading import read_export
from memnet.simulation.engines.registry import find_engine

COLD, HOT = -40.0, 125.0
# Two inverting amplifiers: one of gain -2 in its linear range, one that its input drives far into the clamps.
AMPLIFIERS = """
vclp vclp 0 0.77
vcln vcln 0 -0.77
vin in 0 0.1
rin in m 1e4
rf m out 2e4
xa 0 m out vclp vcln opamp
vhigh high 0 1
rhigh high mh 1e4
rfh mh low 2e4
xh 0 mh low vclp vcln opamp
.options temp={celsius} reltol=1e-5
.dc vin 0.1 0.1 1
.save v(out) v(low)
.end
"""


@pytest.fixture(scope="module")
def models() -> str:
    """Return the models file of an export for ngspice."""
    chip = deployed(primitive("max_pool_3x3", side=2), images=1)
    return {name: b"".join(pieces).decode() for name, pieces in export_files(chip.export("pool"))}["models.sp"]


@pytest.mark.parametrize("engine", ["ngspice", "embedded"])
@pytest.mark.parametrize("celsius", [COLD, 27.0, 60.0, HOT])
def test_an_amplifier_and_its_clamps_hold_at_any_temperature(models: str, celsius: float, engine: str) -> None:
    """A clamp diode whose saturation current grows with temperature would short its amplifier from 50 degrees on."""
    needs(engine)
    text = models + AMPLIFIERS.format(celsius=celsius)
    result = find_engine(engine).run(Deck(name="clamps", text=text, vectors=("v(out)", "v(low)"), points=1))
    assert result.values[0, 0] == pytest.approx(-0.2, abs=1e-5)
    assert result.values[0, 1] == pytest.approx(-0.8, abs=6e-3)


def test_both_switches_of_a_selector_are_on_at_an_exact_tie(models: str) -> None:
    """With both off, the output would float; other dialects choose one of the two inputs."""
    threshold, hysteresis = re.findall(r"sselect sw\(vt=(\S+) vh=(\S+) ", models)[0]
    assert -1e-7 < float(threshold) + float(hysteresis) <= 0


@pytest.mark.parametrize("engine", ["ngspice", "xyce"])
def test_a_whole_exported_network_gives_the_same_at_any_temperature(engine: str, tmp_path: Path) -> None:
    """Devices of an export have no temperature law, and macro-models must not bring one in."""
    needs(engine)
    chip = deployed(whole(channels=1), images=2)
    write_export(chip.export("network", dialect=engine), tmp_path / "export")
    deck = read_export(tmp_path / "export")
    values = {}
    for celsius in (27.0, COLD, 85.0, HOT):
        option = f".options device temp={celsius}" if engine == "xyce" else f".options temp={celsius}"
        head, _, tail = deck.text.rpartition(".end")
        values[celsius] = find_engine(engine).run(replace(deck, text=f"{head}{option}\n.end{tail}")).values
    full_scale = np.abs(values[27.0]).max()
    for found in values.values():
        np.testing.assert_allclose(found, values[27.0], rtol=0, atol=2e-3 * full_scale)
    expected = chip.logits * chip.circuit.output_scale_v
    np.testing.assert_allclose(values[HOT], expected, rtol=0, atol=2e-3 * np.abs(expected).max())
