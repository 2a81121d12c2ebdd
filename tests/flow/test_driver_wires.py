# SPDX-License-Identifier: GPL-3.0-or-later
"""Wires between drivers and tiles: lengths from a floor plan, the same drop in SPICE and in the numeric engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memnet.arrays import FloorPlan
from memnet.errors import SetupError
from memnet.flow.chip import Chip


@pytest.fixture(scope="module")
def plain(small_digits, small_genotype):
    return Chip.of(small_genotype, channels=1, dataset=small_digits)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"driver_wires": True}, "driver_wires = True has no effect without wires"),
        ({"wires": True, "driver_ohm": 1.0}, "driver_ohm = 1.0 has no effect without driver wires"),
        ({"wires": True, "wire_ohm": 0.0, "driver_wires": True}, "rows without resistance are not wired"),
        ({"wires": True, "driver_wires": True, "driver_ohm": -1.0}, "driver_ohm = -1.0: give at least 0"),
        ({"wires": True, "driver_wires": True, "technology": "rram-65nm"}, "has no driver_ohm_per_m"),
    ],
)
def test_driver_wires_that_cannot_be_are_refused(plain, settings, said):
    with pytest.raises(SetupError, match=said):
        plain.change(**settings)


def test_lengths_are_those_of_the_floor_plan(plain):
    wired = plain.change(wires=True, driver_wires=True)
    wire, grids = plain.technology.wire, FloorPlan.of(wired.tiles).grids
    leads_ohm = wired.array_figures()["driver_ohm"]
    assert list(leads_ohm) == [grid.stage for grid in grids]
    for grid in grids:
        way_m = (grid.across * grid.columns * wire.row_pitch_m + grid.down * grid.rows * wire.column_pitch_m) / 4
        assert leads_ohm[grid.stage] == pytest.approx(wire.driver_ohm_per_m * way_m)
    twice = replace(plain.technology, wire=replace(wire, driver_ohm_per_m=2 * wire.driver_ohm_per_m))
    doubled = plain.change(technology=twice, wires=True, driver_wires=True).wiring.leads_ohm
    assert doubled == pytest.approx({stage: 2 * ohm for stage, ohm in leads_ohm.items()})


def test_wires_to_drivers_without_resistance_change_no_bit(plain):
    before, after = (
        plain.change(wires=True, **more).evaluate(images=5).samples[0].logits
        for more in ({}, {"driver_wires": True, "driver_ohm": 0.0})
    )
    assert np.array_equal(before, after)


def test_exports_say_what_drivers_wires_resist(plain, tmp_path):
    manifest = plain.change(wires=True, driver_wires=True, driver_ohm=12.0).export(tmp_path / "export")
    assert set(manifest["driver_ohm"].values()) == {12.0}
    assert "12 to 12 ohm more between drivers and rows" in (tmp_path / "export" / "README.md").read_text()
