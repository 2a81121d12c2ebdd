# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of accuracies and costs says what there is and what there is not; knows no network's figures."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.tensors import Weights
from memnet.network.weights import load, shipped_file

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "cifar10_table.py"
DOCS = Path(__file__).parents[1] / "docs"
SHAPES = {"digits": (1, 8, 8), "cifar10": (3, 32, 32)}


@pytest.fixture(scope="module")
def table():
    spec = importlib.util.spec_from_file_location("cifar10_table", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(table, monkeypatch, out, *told):
    monkeypatch.setattr(
        sys,
        "argv",
        ["cifar10_table.py", "DARTS_V1", "--channels", "1", "--images", "20", "--seeds", "2", "--out", str(out), *told],
    )
    table.main()
    return json.loads((out / "table.json").read_text()), (out / "table.md").read_text()


def test_a_network_without_weights_has_costs_and_no_accuracy(table, monkeypatch, tmp_path):
    found, text = run(table, monkeypatch, tmp_path, "--structures", "shared")
    assert found["accuracy"]["DARTS_V1"] == {} and found["about"]["DARTS_V1"]["reached"] == "not trained"
    assert "| 8-bit circuit | not trained |" in text and (tmp_path / "table.png").exists()
    alone, shared = (found["about"]["DARTS_V1"]["cost"][kind] for kind in ("individual", "shared"))
    assert 0 < alone["delay_s"] < 1e-6 and 0 < alone["power_w"] < shared["power_w"]
    assert 2 < shared["core_area_m2"] / alone["core_area_m2"] < 4
    assert f"({shared['power_w'] / alone['power_w']:.2f})" in text and "1.22 to 1.25" in text


def test_trained_networks_have_every_row_and_a_second_call_goes_on(table, monkeypatch, tmp_path):
    monkeypatch.setattr(table, "reached", lambda weights: "trained")
    monkeypatch.setattr(table, "BITS", (3, 8))
    monkeypatch.setattr(table, "SPREADS", {"8-bit, variation 10 %": table.DeviceSpread(variation=0.1)})
    first, text = run(table, monkeypatch, tmp_path, "--transitions", "0")
    rows = first["accuracy"]["DARTS_V1"]
    assert {name: len(values) for name, values in rows.items()} == {
        "float": 1,
        "8-bit ideal": 1,
        "8-bit circuit, hypernetwork": 1,
        "8-bit circuit": 1,
        "3-bit circuit": 1,
        "8-bit, variation 10 %": 2,
    }
    assert "+-" in text and "Paper" not in text
    monkeypatch.setattr(table, "sample_chip", None)
    assert run(table, monkeypatch, tmp_path, "--transitions", "0")[0] == first


def test_what_was_measured_with_other_weights_is_measured_again(table, monkeypatch, tmp_path):
    monkeypatch.setattr(table, "reached", lambda weights: "trained")
    monkeypatch.setattr(table, "BITS", (8,))
    monkeypatch.setattr(table, "SPREADS", {})
    first, _ = run(table, monkeypatch, tmp_path, "--transitions", "0")
    stale = {name: [0.123] for name in first["accuracy"]["DARTS_V1"]}
    for fingerprint, expected in (("another", first["accuracy"]["DARTS_V1"]), (None, stale)):
        before = {**first, "accuracy": {"DARTS_V1": stale}, "about": {"DARTS_V1": dict(first["about"]["DARTS_V1"])}}
        before["about"]["DARTS_V1"]["tensors_sha256"] = fingerprint or first["about"]["DARTS_V1"]["tensors_sha256"]
        (tmp_path / "table.json").write_text(json.dumps(before))
        again, _ = run(table, monkeypatch, tmp_path, "--transitions", "0")
        assert again["accuracy"]["DARTS_V1"] == expected
        assert again["about"] == first["about"]


@pytest.mark.parametrize("dataset", ["digits", "cifar10"])
def test_the_docs_hold_the_table_of_the_weights_that_are_shipped(table, dataset):
    folder = DOCS / "tables" / dataset
    kept = json.loads((folder / "table.json").read_text())
    assert kept["paper"] == table.PAPER.get(dataset, {})
    made = table.Table(argparse.Namespace(out=folder, **kept["settings"]))
    text = made.markdown()
    assert made.found and text == (folder / "table.md").read_text() and text in (DOCS / "cifar10.md").read_text()
    size = {key: int(kept["settings"][key]) for key in ("channels", "layers")}
    for name, about in kept["about"].items():
        network = build_network(read_genotype(name), **size, image_shape=SHAPES[dataset], classes=10)
        assert table.fingerprint(load(shipped_file(network, dataset), network)[0]) == about["tensors_sha256"]


def test_the_readme_gives_the_accuracy_of_the_table(table):
    kept = json.loads((DOCS / "tables" / "cifar10" / "table.json").read_text())
    found = kept["accuracy"]["PDARTS"][table.HYPERNETWORK]
    readme = " ".join((DOCS.parent / "README.md").read_text().split())
    assert f"PDARTS on its hypernetwork classifies {100 * found[0]:.2f} %" in readme


@pytest.mark.parametrize(
    ("origin", "metadata", "said"),
    [
        ("seeded", {}, "not trained"),
        ("file", {"epoch": 3, "recipe": {"epochs": 18}}, "training in progress, 3 of 18 epochs"),
        ("file", {"epoch": 18, "recipe": {"epochs": 18}}, "trained"),
        ("shipped", {}, "trained"),
    ],
)
def test_what_weights_have_reached(table, origin, metadata, said):
    weights = Weights(tensors={"a": np.zeros(1)}, origin=origin, note="", metadata=metadata)
    assert table.reached(weights) == said
