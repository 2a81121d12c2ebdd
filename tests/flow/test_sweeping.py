# SPDX-License-Identifier: GPL-3.0-or-later
"""A sweep is what single calls give, row by row."""

from __future__ import annotations

import sys

import pytest

import memnet
from memnet.errors import DataError, SetupError
from memnet.flow import Chip
from memnet.flow.deployed import DeployedChip

pytestmark = pytest.mark.usefixtures("digits_of_half_the_size")


def test_rows_are_what_single_calls_give_and_the_network_is_read_once(monkeypatch):
    deployed, start = [], DeployedChip.__init__

    def counted(self, setup, *, like=None):
        deployed.append(like)
        start(self, setup, like=like)

    monkeypatch.setattr(DeployedChip, "__init__", counted)
    over = {"bits": [2, 8], "variation": [0.0, 0.2]}
    found = memnet.sweep("PDARTS", over, channels=1, images=30)
    assert [(row["bits"], row["variation"]) for row in found.rows] == [(2, 0.0), (2, 0.2), (8, 0.0), (8, 0.2)]
    assert [like is None for like in deployed] == [True, False, False, False]
    spread = memnet.DeviceSpread(variation=0.2)
    single = Chip.of("PDARTS", channels=1, bits=2, devices=spread).evaluate(images=30).figures()
    assert found.rows[1]["logit_error"] == single["logit_error"]
    assert found.rows[1]["accuracy"] == single["accuracy"]
    assert found.rows[0]["logit_error"] < found.rows[1]["logit_error"]


def test_networks_and_settings_of_the_run_are_swept_too():
    found = memnet.sweep("PDARTS", {"genotype": ["DARTS_V1", "DARTS_V2"], "images": [2, 3]}, channels=1, layers=3)
    assert [(row["genotype"], row["images"]) for row in found.rows] == [
        ("DARTS_V1", 2), ("DARTS_V1", 3), ("DARTS_V2", 2), ("DARTS_V2", 3),
    ]  # fmt: skip
    assert len({row["memristors"] for row in found.rows}) == 2


def test_spice_gives_figures_of_simulations():
    row = memnet.sweep("DARTS_V2", {"bits": [4]}, spice=True, channels=1, images=2).rows[0]
    assert row["solver"] != "closed form"
    assert row["logit_error"] < 1e-2


def test_rows_become_a_table():
    pytest.importorskip("pandas")
    table = memnet.sweep("DARTS_V2", {"bits": [3, 4]}, channels=1, images=5).to_pandas()
    assert list(table["bits"]) == [3, 4]
    assert table["accuracy"].between(0, 1).all()


def test_without_pandas_a_table_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SetupError, match="pip install pandas"):
        memnet.sweep("DARTS_V2", {"bits": [4]}, channels=1, images=2).to_pandas()


@pytest.mark.parametrize(
    ("over", "settings", "error", "message"),
    [
        ({}, {}, SetupError, "nothing to sweep"),
        ({"bits": []}, {}, SetupError, "nothing to sweep"),
        ({"bit": [1]}, {}, SetupError, "unknown setting 'bit': did you mean bits"),
        ({"bits": [1]}, {"bits": 2}, SetupError, "bits is swept and given"),
        ({"images": [1, 10**6]}, {"channels": 1}, DataError, "images=1000000: digits: 1000000 images asked for"),
        ({"bits": [8, 40]}, {"channels": 1, "images": 1}, SetupError, "bits=40: bits = 40: give at most 12"),
    ],
)
def test_what_cannot_be_swept_is_refused(over, settings, error, message):
    with pytest.raises(error, match=message):
        memnet.sweep("PDARTS", over, **settings)
