# SPDX-License-Identifier: GPL-3.0-or-later
"""Analysis cost: classes from SPICE; delay, energy and power from the numeric engine, held against a transient."""

from __future__ import annotations

import pytest

from memnet.commands.figures import figures_table
from memnet.commands.figures import notes as notes_below
from memnet.devices.spread import DeviceSpread
from memnet.errors import SetupError
from memnet.flow.chip import Chip
from memnet.flow.run_comparison import compare
from memnet.report import report_html, switched_notes, switched_rows


@pytest.fixture(scope="module")
def plain(small_digits, small_genotype):
    return Chip.of(small_genotype, channels=1, dataset=small_digits)


@pytest.fixture(scope="module")
def costed(plain):
    return plain.simulate(images=2, analysis="cost")


def test_the_figures_are_those_of_a_transient(costed, transient_result):
    assert costed.transient is None and costed.timing is costed.cost
    for name in ("delay_s", "energy_j", "power_w"):
        assert getattr(costed.timing, name) == pytest.approx(getattr(transient_result.timing, name), rel=0.03)
    assert sum(costed.cost.power_parts_w.values()) == pytest.approx(costed.cost.power_w)


def test_every_place_says_that_the_numeric_engine_gave_them(costed, transient_result):
    figures, other = costed.figures(), transient_result.figures()
    assert (figures["analysis"], figures["cost_engine"], figures["cost_devices"]) == ("cost", "numeric", "nominal")
    assert figures["delay_s"] == costed.cost.delay_s and not {"cost_engine", "cost_devices"} & set(other)
    assert "by the numeric engine" in repr(costed) and "numeric" not in repr(transient_result)
    columns = [list(column.cells) for column in figures_table([costed, transient_result]).columns]
    delay, energy = columns[0].index("delay"), columns[0].index("energy an image")
    assert all(columns[1][row].endswith(" *") and "*" not in columns[2][row] for row in (delay, energy))
    assert any(
        line.strip().startswith("* delay, energy and power are the numeric engine's") for line in notes_below([costed])
    )
    assert report_html([costed]).count('<dd class="hint">numeric engine</dd>') == 3


def test_a_spread_of_devices_is_not_in_the_cost_and_that_is_said(plain, costed):
    spread = plain.change(devices=DeviceSpread(variation=0.2)).simulate(images=2, analysis="cost")
    assert spread.cost.delay_s == costed.cost.delay_s and spread.outputs_v[0, 0] != costed.outputs_v[0, 0]
    assert "delay, energy and power are those of nominal devices, unlike the accuracy" in spread.warnings


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ({"wires": True, "array": "64x64"}, "wires"),
        ({"bias_rail_ohm": 5.0}, "a drop on the bias rail"),
        ({"memristor": "sinh"}, "memristor sinh"),
    ],
)
def test_what_the_numeric_engine_leaves_out_is_refused(plain, setting, what):
    said = rf"analysis cost with {what}: delay and power of the numeric engine leave that out; use analysis transient"
    with pytest.raises(SetupError, match=said):
        plain.change(**setting).simulate(images=2, analysis="cost")


def test_chips_are_compared_by_it(small_digits, small_genotype):
    found = compare([small_genotype], on=["slotted"], channels=1, dataset=small_digits, images=2, analysis="cost")
    chip, alone = found.hypernetworks[0], found.individual[0]
    assert (chip.measured.analysis, chip.measured.images) == ("cost", 2)
    rows = {row[0]: row for row in switched_rows(found)}
    accuracy = chip.measured.accuracy
    assert rows["accuracy"][1:3] == (f"{alone.measured.accuracy:.1%}", f"{accuracy:.1%}")
    assert rows["power"][3] == f"{chip.measured.power_w / alone.measured.power_w:.2f}"
    bound = found.bound("slotted").area_m2 / alone.area_m2
    assert rows["area"][3:] == (f"{chip.area_m2 / alone.area_m2:.2f}", f"{bound:.2f}", "1.5")
    assert any("by the numeric engine, without a transient" in note for note in switched_notes(found))
    counted = compare([small_genotype], on=["slotted"], channels=1, dataset=small_digits, counts_only=True)
    assert "accuracy" not in {row[0] for row in switched_rows(counted)} and len(switched_notes(counted)) == 2
