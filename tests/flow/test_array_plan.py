# SPDX-License-Identifier: GPL-3.0-or-later
"""The arrays of a chip: figures, the drop on its largest tile, and pictures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from memnet.commands.app import main
from memnet.errors import SetupError
from memnet.flow import Chip, chip_arrays, on_arrays
from memnet.report import arrays_svg


@pytest.fixture(scope="module")
def wired():
    return chip_arrays(Chip.of("PDARTS", channels=1, wires=True, wire_ohm=2.5, array="16x16"))


def test_the_drop_is_that_of_the_largest_tile_and_grows_away_from_driver_and_ground(wired):
    drop = wired.drop
    sizes = [rows * columns for rows, columns in wired.tiles.shapes]
    assert drop.lost.size == max(sizes)
    assert (drop.lost > 0).all()
    assert (drop.lost[0] > drop.lost[-1]).all(), "the first row stands farthest from the virtual grounds"
    assert (drop.lost[-1, 1:] > drop.lost[-1, :1]).all(), "the first column stands nearest to the drivers"


def test_twice_the_resistance_takes_nearly_twice_the_voltage(wired):
    more = chip_arrays(wired.chip.change(wire_ohm=5.0)).drop
    assert 1.8 < more.mean / wired.drop.mean < 2.0


def test_figures_are_those_of_the_chip(wired):
    figures = json.loads(wired.to_json())
    assert figures["tiles"] == wired.chip.tiles.tiles
    assert figures["drop"]["shape"] == list(wired.drop.lost.shape)
    assert figures["floor_plan_crosspoints"][0] * figures["floor_plan_crosspoints"][1] >= figures["crosspoints"]


def test_the_picture_stands_alone_and_without_wires_has_no_drop(wired):
    texts = [arrays_svg(each) for each in (wired, chip_arrays(wired.chip.change(wires=False, wire_ohm=None)))]
    assert [len(ET.fromstring(text).findall("{*}svg")) for text in texts] == [3, 2]
    assert "var(--" not in "".join(texts)


def test_a_chip_without_an_array_has_its_technologys_or_is_refused():
    assert str(on_arrays(Chip.of("PDARTS", channels=1)).tiles.size) == "128x128"
    bare = replace(Chip.of("PDARTS", channels=1).technology, name="bare", array=None, wire=None)
    with pytest.raises(SetupError, match=r"bare.* has no section \[array\]"):
        on_arrays(Chip.of("PDARTS", channels=1, technology=bare))


def test_the_command_writes_figures_and_picture(tmp_path, capsys):
    arguments = ["arrays", "DARTS_V2", "--channels", "1", "--wires", "--array", "32x32"]
    written = [tmp_path / name for name in ("a.json", "a.svg")]
    assert main([*arguments, "--json", str(written[0]), "--svg", str(written[1])]) == 0
    printed = capsys.readouterr().out
    figures = json.loads(written[0].read_text(encoding="utf-8"))
    assert f"{figures['drop']['largest']:.2%}" in printed
    assert "classifier" in printed
    ET.parse(written[1])
