# SPDX-License-Identifier: GPL-3.0-or-later
"""Chips on arrays, with and without resistance in their wires, from settings to figures, tables and exports."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.commands.figures import figures_table
from memnet.devices.spread import DeviceSpread
from memnet.errors import DataError, SetupError
from memnet.flow.chip import Chip
from memnet.flow.estimation import estimate
from memnet.flow.settings import Setup
from memnet.netlist.reading import read_export
from memnet.report import report_html
from memnet.simulation.engines.registry import find_engine
from memnet.technology import load_technology

OHM = 5.0  # enough that wires show
KEYS = ("array", "wire_ohm", "tiles", "crosspoints", "utilisation", "lines", "crosspoint_area_m2", "line_area_m2")


@pytest.fixture(scope="module")
def plain(small_digits, small_genotype):
    return Chip.of(small_genotype, channels=2, dataset=small_digits)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"wire_ohm": 1.0}, "wire_ohm = 1.0 has no effect without wires"),
        ({"wires": True, "wire_ohm": -1.0}, "wire_ohm = -1.0: give at least 0"),
        ({"wires": True, "devices": DeviceSpread(read_noise=0.1)}, "read_noise and wires: give one of them"),
        ({"patches": True}, "patches = True has no effect without an array"),
        ({"patches": True, "array": "8x8", "wires": True}, "patches = True has no effect with wires"),
        ({"remedies": "feedback"}, "remedies = 'feedback' has no effect without wires"),
        ({"wires": True, "remedies": "feedback, both"}, "unknown remedy 'both': did you mean both-ends"),
        ({"wires": True, "remedies": " ,"}, "remedies = ' ,': give one or more of feedback, conductances"),
        ({"wires": True, "remedies": "strapped", "full_share": 0.9}, "full_share = 0.9 has no effect without remedy"),
        ({"wires": True, "remedies": "conductances", "full_share": 1.1}, "full_share = 1.1: give at most 1"),
        ({"wires": True, "strap_ohm": 1.0}, "strap_ohm = 1.0 has no effect without remedy strapped"),
        ({"array": "8"}, "'8' is no size of an array"),
        ({"array": "1x8"}, "an array of 1x8 is too small"),
        ({"array": "8x1"}, "an array of 8x1 is too small: a pair of devices takes two columns, and its bias a row"),
        ({"wires": True, "technology": "neurram-130nm"}, r"has no section \[wire\]"),
        ({"wires": True, "technology": replace(load_technology(), array=None)}, r"has no section \[array\]"),
    ],
)
def test_arrays_and_wires_that_cannot_be_are_refused(small_digits, small_genotype, settings, said):
    with pytest.raises(SetupError, match=said):
        Chip.of(small_genotype, channels=1, dataset=small_digits, **settings)


def test_what_leaves_wires_out_is_refused_with_them(plain):
    wired, reason = plain.change(wires=True), "has no effect with wires"
    with pytest.raises(SetupError, match=f"transitions = 1 {reason}"):
        wired.evaluate(images=2, transitions=1)
    with pytest.raises(SetupError, match=f"spice_blocks = 1 {reason}"):
        wired.evaluate(images=2, spice_blocks=1)
    with pytest.raises(SetupError, match="array = '8x8' has no effect on an estimate"):
        estimate(Setup("PDARTS", array="8x8"))


def test_wires_without_resistance_change_no_figure(plain):
    free = plain.change(wires=True, wire_ohm=0.0)
    assert free.wiring is None
    before, after = (chip.evaluate(images=20) for chip in (plain, free))
    assert np.array_equal(before.samples[0].logits, after.samples[0].logits)
    timed = {"images_per_s", "build_s", "wall_s"}
    figures, today = after.figures(), before.figures()
    assert {name: figures[name] for name in today if name not in timed} == {
        name: value for name, value in today.items() if name not in timed
    }
    assert not set(KEYS) & set(today)


def test_an_array_alone_changes_no_voltage(plain):
    laid = plain.change(array="16x8")
    assert np.array_equal(*(chip.evaluate(images=5).samples[0].logits for chip in (plain, laid)))
    figures = laid.evaluate(images=5).figures()
    assert (figures["array"], figures["wire_ohm"], figures["utilisation"]) == ("16x8", None, 1.0)
    assert figures["crosspoints"] == figures["memristors"]
    assert figures["tiles"] == sum(figures["tile_shapes"].values())
    assert figures["crosspoint_area_m2"] == pytest.approx(figures["area_m2"], rel=1e-12)
    assert figures["line_area_m2"] == pytest.approx(figures["lines"] * laid.technology.array.line_area_m2)
    for name in ("tiles", "crosspoints", "lines"):
        assert figures[name] == sum(stage[name] for stage in figures["tiles_by_stage"].values())


def test_wires_come_from_the_technology_unless_given(plain):
    wiring = plain.change(wires=True).wiring
    technology = plain.technology
    assert (wiring.rows, wiring.columns) == (technology.array.rows, technology.array.columns)
    assert (wiring.row_ohm, wiring.column_ohm) == (technology.wire.row_ohm, technology.wire.column_ohm)
    given = plain.change(wires=True, wire_ohm=OHM, array="64x32").wiring
    assert (given.rows, given.columns, given.row_ohm, given.column_ohm) == (64, 32, OHM, OHM)


def test_spice_and_the_numeric_engine_see_the_same_wires(plain):
    wired = plain.change(wires=True, wire_ohm=OHM)
    simulated, evaluated = wired.simulate(images=2), wired.evaluate(images=2)
    full_scale = np.abs(simulated.logits).max()
    assert np.abs(simulated.logits - evaluated.samples[0].logits).max() < 2e-5 * full_scale  # single precision
    assert np.abs(simulated.logits - simulated.reference_logits).max() > 1e-2 * full_scale
    assert "the wires of arrays (5 and 5 ohm a cell)" in str(simulated.deviation)
    assert simulated.figures()["wire_ohm"] == [OHM, OHM]
    check_shown(simulated)


def check_shown(simulated):
    """The table of `simulate` and its report name tiles, and only of chips that have some."""
    tiles = f"{simulated.chip.tiles.tiles:,}"
    plain = replace(simulated, chip=simulated.chip.change(wires=False, wire_ohm=None))
    for results, shown in (([simulated], [tiles]), ([plain], []), ([plain, simulated], ["-", tiles])):
        table = figures_table(results)
        rows = dict(
            zip(table.columns[0].cells, zip(*(each.cells for each in table.columns[1:]), strict=True), strict=True)
        )
        assert list(rows.get("tiles", ())) == shown
        assert (f'<dd class="value">{tiles}</dd>' in report_html(results)) == (tiles in shown)


@pytest.mark.parametrize(("suffix", "patches"), [("csv", False), ("parquet", True), ("csv", True)])
def test_the_placement_table_says_on_which_crosspoint_a_device_stands(plain, tmp_path: Path, suffix, patches):
    if suffix == "parquet":
        needs("pyarrow")
    table = tmp_path / f"placement.{suffix}"
    laid = plain.change(array="16x8", patches=patches)
    laid.export(tmp_path / "export", placement=table)
    if suffix == "parquet":
        from pyarrow import parquet

        rows = parquet.read_table(table).to_pylist()
    else:
        with table.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
    crosspoints = {tuple(row[name] for name in ("block", "tile", "tile_row", "tile_column")) for row in rows}
    assert len(crosspoints) == len(rows) == laid.counts.memristors
    assert max(int(row["tile_row"]) for row in rows) < 16 and max(int(row["tile_column"]) for row in rows) < 8
    assert len({(row["block"], row["tile"]) for row in rows}) == laid.tiles.tiles
    lines = {}
    for row in rows:  # a row of a tile is one net, and so is a column
        tile = row["block"], int(row["tile"])
        assert lines.setdefault((*tile, "row", int(row["tile_row"])), row["row"]) == row["row"]
        assert lines.setdefault((*tile, "column", int(row["tile_column"])), row["column"]) == row["column"]
    for chip in (plain, laid):  # without arrays nobody takes notice of the columns of tiles
        found, expected = (each.devices.listed(*_first(each)) for each in (chip.change(conductances=table), plain))
        assert np.allclose(found, expected, rtol=1e-9)
    with pytest.raises(DataError, match=r"(line|row) \d+: device r.* has tile, tile_row, tile_column = .*, expected"):
        _ = laid.change(conductances=table, array="9x4").devices
    if suffix == "csv" and not patches:
        check_moved_devices(laid, table, rows)


def check_moved_devices(laid: Chip, table: Path, rows: list[dict[str, str]]) -> None:
    """A device on another crosspoint than the chip's is named with its line, and so is a missing column of tiles."""
    stands = ", ".join(rows[7][name] for name in ("tile", "tile_row", "tile_column"))
    rows[7]["tile_row"] = "15"
    names = [name for name in rows[7] if name != "tile"]
    for fields, said in (
        (list(rows[7]), f"line 9: device {rows[7]['instance']} of block stem has .*, 15, 0, expected {stands} on this"),
        (names, "has no column 'tile'; a placement table has .*, level, tile, tile_row, tile_column"),
    ):
        with table.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, fields, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        with pytest.raises(DataError, match=said):
            _ = laid.change(conductances=table).devices


def _first(chip: Chip):
    stage = chip.deployment.plan.stage("stem")
    return stage, stage.terms[0]


def test_an_export_with_wires_gives_the_outputs_it_lists(plain, tmp_path: Path):
    wired = plain.change(wires=True, wire_ohm=OHM)
    manifest = wired.export(tmp_path / "export", images=2)
    assert (manifest["wire_ohm"], manifest["array"]) == ([OHM, OHM], "128x128")
    with (tmp_path / "export" / "expected.csv").open(newline="") as stream:
        expected_v = np.array([[float(volts) for volts in row[3:]] for row in list(csv.reader(stream))[1:]])
    found_v = find_engine().run(read_export(tmp_path / "export")).values
    assert np.abs(found_v - expected_v).max() <= 5e-6 * np.abs(expected_v).max()
    assert "5 ohm along rows and 5 ohm along columns" in (tmp_path / "export" / "README.md").read_text()


def test_a_chip_with_remedies_from_settings_to_its_export(plain, tmp_path: Path):
    """A table of what is programmed, read back, is the chip that it was written for."""
    wires = {"wires": True, "wire_ohm": OHM}
    bare, chip = plain.change(**wires), plain.change(**wires, remedies="conductances,both-ends,feedback,strapped")
    figures, before = chip.array_figures(), bare.array_figures()
    assert figures["remedies"] == ["both-ends", "conductances", "feedback", "strapped"]
    assert "programmed to analog conductances" in chip.notes[-1]
    assert bare.notes == chip.notes[:-1]
    line_m2 = chip.technology.array.line_area_m2
    assert np.isclose(figures["line_area_m2"] - before["line_area_m2"], chip.tiles.rows * line_m2, rtol=1e-12)
    assert chip.wiring.strap_ohm == OHM / 4
    manifest = chip.export(tmp_path / "export", images=2)
    assert manifest["remedies"] == figures["remedies"]
    table = tmp_path / "export" / "placement.csv"
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert all(row["target_siemens"] == row["conductance_siemens"] for row in rows)
    level_siemens = {row["level"]: set() for row in rows}
    for row in rows:
        level_siemens[row["level"]].add(row["conductance_siemens"])
    assert max(map(len, level_siemens.values())) > 100  # analog conductances, no levels
    logits = [
        each.evaluate(images=4, workers=1).samples[0].logits
        for each in (chip, chip.change(conductances=table), bare, plain)
    ]
    spans = [np.abs(each - logits[3]).max() for each in logits]
    assert np.abs(logits[1] - logits[0]).max() < 0.05 * spans[0] + 1e-5 * np.abs(logits[3]).max()
    assert spans[0] < 0.05 * spans[2]
    found_v = find_engine().run(read_export(tmp_path / "export")).values
    with (tmp_path / "export" / "expected.csv").open(newline="") as stream:
        expected_v = np.array([[float(volts) for volts in row[3:]] for row in list(csv.reader(stream))[1:]])
    assert np.abs(found_v - expected_v).max() <= 5e-6 * np.abs(expected_v).max()


def test_without_resistance_wires_change_nothing_and_remedies_are_refused(plain):
    chips = plain, plain.change(wires=True, wire_ohm=0.0)
    logits = [each.evaluate(images=4, workers=1).samples[0].logits for each in chips]
    assert np.array_equal(*logits)
    with pytest.raises(SetupError, match="has no effect on wires without resistance"):
        plain.change(wires=True, wire_ohm=0.0, remedies="conductances,feedback")
