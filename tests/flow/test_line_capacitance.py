# SPDX-License-Identifier: GPL-3.0-or-later
"""Capacitance of lines from settings and technology to figures and exports."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from memnet.errors import SetupError
from memnet.flow.chip import Chip
from memnet.technology import load_technology


@pytest.fixture(scope="module")
def plain(small_digits, small_genotype):
    return Chip.of(small_genotype, channels=2, dataset=small_digits)


def test_capacitance_comes_from_the_technology_unless_wires_are_given_by_hand(plain):
    wire = plain.technology.wire
    farads = {
        (): (wire.row_farad, wire.column_farad),
        ("wire_ohm",): (0.0, 0.0),
        ("wire_farad",): (2e-15, 2e-15),
        ("wire_ohm", "wire_farad"): (2e-15, 2e-15),
    }
    by_hand = {"wire_ohm": 1.0, "wire_farad": 2e-15}
    for given, expected in farads.items():
        wiring = plain.change(wires=True, **{name: by_hand[name] for name in given}).wiring
        assert (wiring.row_farad, wiring.column_farad) == expected
        assert (wiring.row_ohm == 1.0) == ("wire_ohm" in given)
    alone = plain.change(wires=True, wire_ohm=0.0, wire_farad=1e-15).wiring
    assert not alone.resists and alone.charges
    assert plain.change(wires=True, wire_ohm=0.0).wiring is None
    with pytest.raises(SetupError, match="wire_farad = 1e-15 has no effect without wires"):
        plain.change(wire_farad=1e-15)


def test_a_technology_need_not_say_what_wires_store(plain):
    technology = load_technology()
    silent = replace(technology, wire=replace(technology.wire, row_farad=0.0, column_farad=0.0))
    figures = plain.change(technology=silent, wires=True).array_figures()
    assert "wire_farad" not in figures and "least_phase_margin" not in figures


def test_figures_have_the_worst_loop(plain):
    """GBW 100 MHz: tau = G / (2 pi GBW Gf) and tau2 = C / G, so the phase turns ten times as far with 10 C."""
    small, large = (plain.change(wires=True, wire_farad=farad).array_figures() for farad in (4.2e-16, 4.2e-15))
    assert small["wire_farad"] == [4.2e-16, 4.2e-16]
    loops = [each["least_phase_margin"] for each in (small, large)]
    assert loops[0]["stage"] == loops[1]["stage"]
    assert loops[1]["farad"] == pytest.approx(10 * loops[0]["farad"])
    assert loops[0]["damping"] == pytest.approx(math.sqrt(10.0) * loops[1]["damping"])
    lost = [math.radians(90.0 - each["phase_margin_degrees"]) for each in loops]
    assert lost[1] == pytest.approx(10 * lost[0], rel=2e-2)
    assert lost[0] == pytest.approx(1 / (4 * loops[0]["damping"] ** 2), rel=1e-3)


def test_exports_have_a_capacitor_a_line(plain, tmp_path: Path):
    wired = plain.change(wires=True)
    manifest = wired.export(tmp_path / "wired")
    without = plain.change(wires=True, wire_farad=0.0)
    without.export(tmp_path / "without")
    found = _capacitors(tmp_path / "wired")
    assert not _capacitors(tmp_path / "without")
    wire, devices = wired.technology.wire, wired.counts.memristors
    rows = [farad for net, farad in found if not net.startswith(("plus", "minus"))]
    columns = [farad for net, farad in found if net.startswith(("plus", "minus"))]
    assert sum(rows) == pytest.approx(devices * wire.row_farad)
    assert sum(columns) == pytest.approx(devices * wire.column_farad)
    assert manifest["wire_farad"] == [wire.row_farad, wire.column_farad]
    assert "each crosspoint adds 1.4e-16 F to its row" in (tmp_path / "wired" / "README.md").read_text()
    expected = [(tmp_path / name / "expected.csv").read_text() for name in ("wired", "without")]
    assert expected[0] == expected[1]


def _capacitors(folder: Path) -> list[tuple[str, float]]:
    """Return net and farads of every capacitor of lines, block by block."""
    lines = re.compile(r"^cw_\S+ (\S+) 0 (\S+)$", re.M)
    texts = [path.read_text() for path in folder.rglob("*") if path.suffix in (".sp", ".cir", ".inc", ".sub")]
    assert texts
    return [(net, float(farad)) for text in texts for net, farad in lines.findall(text)]


def test_capacitance_changes_no_class_output(plain):
    before, after = (
        plain.change(wires=True, wire_farad=farad).evaluate(images=5).samples[0].logits for farad in (0.0, 1e-15)
    )
    assert np.array_equal(before, after)
