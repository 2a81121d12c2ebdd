# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole test sets at circuit level: figures, draws, refusals, the command; knows no simulator's text."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from needed import needs

from memnet.circuit import build_block
from memnet.commands.app import main
from memnet.commands.evaluate import show
from memnet.deployment.activations import buffered_term
from memnet.deployment.stages import middle_of
from memnet.devices.spread import DeviceSpread
from memnet.errors import DataError, MemnetError, SetupError
from memnet.flow.chip import Chip
from memnet.flow.settings import Setup
from memnet.measurement import cross_check

SMALL = Setup("DARTS_V1", channels=2)


def evaluate(setup, **options):
    return Chip(setup).evaluate(**options)


def test_figures_of_nominal_devices():
    figures = evaluate(SMALL, images=40, references=30).figures()
    assert figures["images"] == 40 and figures["reference_images"] == 30 and figures["engine"] == "numeric"
    assert figures["agreement"] == 1.0 and 0 < figures["logit_error"] < 0.01
    assert figures["accuracy_std"] == 0.0 and len(figures["accuracy_by_seed"]) == 1
    assert figures["memristors"] > 10_000 and figures["opamps"] > 1_000 and figures["images_per_s"] > 0
    assert figures["spice_check"] is None and not figures["saturated"]
    assert any("seeded" in line for line in figures["warnings"])


def test_accuracies_of_circuit_and_float_network_are_of_the_same_images(capsys):
    """Where references run on fewer images than are classified, the accuracy of the circuit on these stands beside."""
    whole, some = evaluate(SMALL, references=360), evaluate(SMALL)
    figures, fewer = whole.figures(), some.figures()
    assert figures["reference_images"] == figures["images"] == 360
    assert figures["accuracy_on_reference_images"] == figures["accuracy"]
    right = whole.samples[0].logits.argmax(axis=1) == whole.labels
    assert fewer["accuracy_on_reference_images"] == right[:100].mean() != fewer["accuracy"] == right.mean()
    assert fewer["float_accuracy"] == (some.float_logits.argmax(axis=1) == some.labels[:100]).mean()
    for found, said in ((whole, "the same 360 images"), (some, "first 100 images, of which the circuit has")):
        show(found)
        assert said in capsys.readouterr().out


def test_what_is_measured_with_nominal_devices_says_so():
    needs("engine")
    varied = replace(SMALL, devices=DeviceSpread(variation=0.1))
    options = {"images": 4, "transitions": 1, "spice_blocks": 1}
    for setup, said in ((SMALL, False), (varied, True)):
        figures = evaluate(setup, **options).figures()
        assert figures["spice_check"]["devices"] == figures["cost_devices"] == "nominal"
        line = "SPICE check and delay and power are those of nominal devices, unlike the accuracy"
        assert (line in figures["warnings"]) is said


def test_sampled_blocks_of_memristors_with_a_law_have_it_in_spice_too(monkeypatch):
    needs("ngspice")
    curved = replace(SMALL, memristor="sinh")
    figures = evaluate(curved, images=4, spice_blocks=3, engine="ngspice").figures()
    assert figures["spice_check"]["largest_deviation"] < 1e-5
    monkeypatch.setattr(cross_check, "build_block", lambda deployment, name, _devices: build_block(deployment, name))
    figures = evaluate(curved, images=4, spice_blocks=3, engine="ngspice").figures()
    assert figures["spice_check"]["largest_deviation"] > 1e-3


def test_ideal_blocks_leave_rounding_alone():
    figures = evaluate(Setup(genotype="DARTS_V1", channels=2, ideal=True), images=20, references=20).figures()
    assert figures["logit_error"] < 1e-4


def test_every_seed_draws_another_chip_and_can_be_repeated():
    varied = replace(SMALL, devices=DeviceSpread(variation=0.3, stuck=0.01))
    first, again = (evaluate(varied, images=30, references=5, seeds=3) for _ in range(2))
    logits = [sample.logits for sample in first.samples]
    assert [sample.seed for sample in first.samples] == [0, 1, 2]
    assert not np.allclose(logits[0], logits[1]) and not np.allclose(logits[1], logits[2])
    assert all(np.array_equal(a.logits, b.logits) for a, b in zip(first.samples, again.samples, strict=True))
    nominal = evaluate(SMALL, images=30, references=5).samples[0].logits
    assert np.abs(logits[0] - nominal).max() > 0.1 * np.abs(nominal).max()


def test_rows_of_open_switches_are_not_held_against_the_read_limit():
    found = evaluate(Setup(genotype="DARTS_V1", channels=1, on="shared"), images=8, references=2)
    plan, peaks = found.chip.deployment.plan, found.samples[0].peaks_v
    lent = {middle_of(stage.name) for stage in plan.stages if buffered_term(stage, plan)}
    firsts = {name for name in peaks if name.endswith(middle_of(""))}
    assert lent and lent < firsts
    assert {name for name in found.row_peaks_v() if name in firsts} == lent
    assert found.figures()["largest_row_v"] == max(found.row_peaks_v().values())


def test_bits_reach_the_levels():
    coarse, fine = (
        evaluate(Setup(genotype="DARTS_V1", channels=2, bits=bits), images=30, references=30) for bits in (3, 8)
    )
    errors = [np.abs(found.samples[0].logits - found.float_logits).max() for found in (coarse, fine)]
    assert errors[0] > 5 * errors[1]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"images": 361}, DataError, "360 test"),
        ({"images": 0}, SetupError, "images = 0: give at least 1"),
        ({"seeds": 0}, SetupError, "seeds"),
        ({"images": 5, "references": 6}, SetupError, "references = 6: only 5 images are classified; give at most 5"),
        ({"references": 361}, SetupError, "references = 361: only 360 images are classified"),
        ({"transitions": 360}, DataError, "360 transitions asked for, but it has 360 test images"),
    ],
)
def test_impossible_calls_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        evaluate(SMALL, **options)


def test_an_engine_that_is_not_there_is_found_before_the_work():
    with pytest.raises(MemnetError, match="nosuch"):
        evaluate(SMALL, images=2, spice_blocks=2, engine="nosuch")


def test_the_command_prints_and_writes_the_figures(tmp_path, capsys):
    needs("engine")
    where = tmp_path / "out.json"
    status = main(
        [
            "evaluate",
            "DARTS_V1",
            "--channels",
            "2",
            "--images",
            "24",
            "--references",
            "10",
            "--spice-check",
            "6",
            "--variation",
            "0.02",
            "--seeds",
            "2",
            "--on",
            "shared",
            "--transitions",
            "1",
            "--json",
            str(where),
        ]
    )
    printed = capsys.readouterr().out
    figures = json.loads(where.read_text())
    assert status == 0 and "SPICE check" in printed and "2 chips" in printed
    assert figures["on"] == "shared" and figures["variation"] == 0.02
    assert figures["spice_check"]["blocks"] == 6 and figures["spice_check"]["largest_deviation"] < 1e-5
    assert 50e-9 < figures["delay_s"] < 2e-6 and figures["transitions"] == 1
    assert figures["power_w"] * figures["delay_s"] == pytest.approx(figures["energy_j"])
    assert "delay" in printed and "of it opamps" in printed


def test_a_wrong_variation_leaves_nothing_behind(tmp_path, capsys):
    where = tmp_path / "out.json"
    assert main(["evaluate", "DARTS_V1", "--variation", "-1", "--json", str(where)]) == 2
    assert not where.exists() and list(tmp_path.iterdir()) == []


def test_the_usual_size_is_that_of_trained_networks():
    from memnet.flow.chosen import sizes_of

    assert sizes_of(Setup("PDARTS")) == (4, 3)
    assert sizes_of(Setup("PDARTS", dataset="cifar10")) == (16, 8)
    assert sizes_of(Setup("PDARTS", dataset="cifar10", channels=4)) == (4, 8)
    assert sizes_of(Setup("PDARTS", dataset="cifar10", layers=5)) == (16, 5)
