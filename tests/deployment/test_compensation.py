# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels compensated for curved memristors: the factor, what it wins in whole networks, and who else knows of it."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from needed import needs

from memnet.deployment import mapping
from memnet.deployment.compensation import mean_slope, pair_shape
from memnet.deployment.stages import BIAS_RAIL
from memnet.devices import DeviceSpread, memristor_model
from memnet.errors import SetupError
from memnet.flow import Chip
from memnet.measurement.class_outputs import logit_error
from memnet.network import forward
from memnet.numeric import NumericCircuit
from memnet.numeric.stage_errors import added_errors
from memnet.technology import load_technology

LAWS = ("sinh", "cubic", "yakopcic:aguirre")
LEAST_WIN = 2.0  # by which the logit error falls at least


@cache
def linear() -> Chip:
    return Chip.of("PDARTS")


def error_of(chip: Chip) -> float:
    """Return the largest difference of class outputs from the quantised reference, as a share of full scale."""
    images = chip.dataset.test_images[:20]
    outputs_v = NumericCircuit(chip.devices).run(chip.input_volts(images)).outputs_v
    reference = forward(chip.network, chip.level_parameters, images).logits
    return logit_error(outputs_v / chip.deployment.scales["classifier"], reference)


@pytest.mark.parametrize("name", LAWS)
def test_the_factor_is_the_weighted_least_squares_of_the_current(name):
    law, volts = memristor_model(name), np.random.RandomState(0).uniform(-0.2, 0.3, (2, 3, 50))
    root, read = np.sqrt(np.abs(volts)).ravel(), law.shape(volts).ravel()
    (factor,), *_ = np.linalg.lstsq((root * read)[:, None], root * volts.ravel())
    assert mean_slope(law.shape, iter(volts)) == pytest.approx(1.0 / factor, abs=1e-4)
    assert mean_slope(law.shape, [np.full((1, 4), 0.16)]) == pytest.approx(
        float(law.shape(np.array(0.16))) / 0.16, abs=1e-4
    )
    assert mean_slope(law.shape, [np.zeros((2, 3))]) == mean_slope(law.shape, []) == 1.0


@pytest.mark.parametrize("name", LAWS)
def test_the_logit_error_of_a_whole_network_falls(name):
    plain = linear().change(memristor=name)
    assert error_of(plain.change(compensated=True)) < error_of(plain) / LEAST_WIN


@pytest.mark.parametrize("genotype", ["DARTS_V1", "DARTS_V2"])
def test_the_logit_error_falls_where_the_shape_of_the_law_moves_with_the_state(genotype):
    plain = Chip.of(genotype, memristor="jart-vcm-v1b", technology="jart-130nm")
    assert error_of(plain.change(compensated=True)) < error_of(plain) / LEAST_WIN


def test_the_factor_of_a_moving_law_is_that_of_a_pair_of_full_weight():
    law, technology, sinh = memristor_model("jart-vcm-v1b"), load_technology("jart-130nm"), memristor_model("sinh")
    volts, ends = np.linspace(-0.1, 0.1, 21), [technology.memristor.g_max_siemens, technology.memristor.g_min_siemens]
    most, least = (law.current_a(volts, np.full(21, siemens)) for siemens in ends)
    np.testing.assert_allclose(pair_shape(law, technology)(volts), (most - least) / (ends[0] - ends[1]), rtol=1e-12)
    np.testing.assert_allclose(pair_shape(sinh, technology)(volts), sinh.shape(volts))


def test_each_stage_is_judged_with_what_its_own_memristors_read():
    """Signals that memristors of the ideal circuit had read were taken for those of the curved one."""
    chip = linear().change(memristor="sinh", compensated=True)
    circuits = [NumericCircuit(each) for each in (chip.devices, replace(chip.devices, memristor=None))]
    volts = chip.input_volts(chip.dataset.test_images[:3])
    stem, classifier = (chip.deployment.plan.stages[at].name for at in (0, -1))
    curved, straight = (each.run(volts, keep=(out := f"{stem}/rectified",)).volts[out] for each in circuits)
    expected = np.abs(curved - straight).max() / np.abs(straight).max()
    found = added_errors(*circuits, volts)
    assert found[stem] == pytest.approx(expected, rel=1e-6)
    assert 0 < found[classifier] < found[stem]


def test_another_factor_is_noticed(monkeypatch):
    plain = linear().change(memristor="sinh")
    whole = error_of(plain)
    for wrong in (lambda slope: 1.0 / slope, lambda slope: slope**2):
        monkeypatch.setattr(mapping, "mean_slope", lambda shape, volts, wrong=wrong: wrong(mean_slope(shape, volts)))
        assert error_of(plain.change(compensated=True)) > whole / LEAST_WIN


def test_references_have_the_weights_of_the_network_and_levels_stay_in_their_range():
    chip = linear().change(memristor="sinh", compensated=True)
    levels, table, wanted = chip.level_parameters, chip.parameters, chip.float_parameters
    for name, kernel in levels.kernels.items():
        placed = table.kernels[name]  # without taps that are on padding everywhere
        np.testing.assert_allclose(placed, np.where(placed == 0.0, 0.0, kernel), rtol=1e-12)
        np.testing.assert_allclose(table.biases[name], levels.biases.get(name, 0.0), rtol=1e-12, atol=1e-12)
        assert np.abs(kernel - wanted.kernels[name]).max() < 0.02 * np.abs(wanted.kernels[name]).max()
    held = np.concatenate([levels.biases[name] for name in levels.biases])
    biases = np.concatenate([linear().level_parameters.biases[name] for name in levels.biases])
    assert held @ biases == pytest.approx(biases @ biases, rel=5e-3)  # each is rounded to a level
    pairs = [pair for program in chip.deployment.programs.values() for pair in program.pairs.values()]
    assert max(side.max(initial=0) for pair in pairs for side in (pair.plus, pair.minus)) == 255
    rail = chip.deployment.scales[BIAS_RAIL]
    law = float(memristor_model("sinh").shape(np.array(rail)))
    assert chip.deployment.slopes[BIAS_RAIL, False] == pytest.approx(law / rail, abs=1e-4)


def test_rows_at_their_mean_slopes_are_the_reference():
    chip = linear().change(memristor="sinh", compensated=True)
    assert error_of(chip) > 1e-2
    chip.devices = replace(chip.devices, memristor=None)
    assert error_of(chip) < 1e-4


@pytest.mark.parametrize("structure", ["shared", "slotted"])
def test_hypernetworks_are_compensated_too(structure):
    plain = Chip.of("PDARTS", channels=1, on=structure, memristor="sinh")
    assert error_of(plain.change(compensated=True)) < error_of(plain) / LEAST_WIN


def test_circuit_export_and_json_have_the_same_compensated_chip(small_genotype, small_digits, tmp_path):
    needs("ngspice")
    spread = DeviceSpread(variation=0.05, stuck=0.002, seed=3)
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, memristor="sinh", compensated=True, devices=spread)
    numeric = NumericCircuit(chip.devices).run(chip.input_volts(small_digits.test_images[:2])).outputs_v
    result = chip.simulate(images=2, workers=1)
    scale = np.abs(numeric).max()
    assert np.abs(numeric - result.outputs_v).max() / scale < 1e-5
    manifest = chip.export(tmp_path, images=2)
    with (tmp_path / "expected.csv").open(newline="") as stream:
        head, *rows = csv.reader(stream)
    written = np.array([row[head.index("class") + 1 :] for row in rows], dtype=float)
    np.testing.assert_allclose(written, numeric, atol=1e-6 * scale)
    low, high = manifest["mean_slopes"]
    assert manifest["compensated"] and 1.0 <= low < high < 1.2
    assert result.figures()["mean_slopes"] == [low, high] == chip.evaluate(images=2).figures()["mean_slopes"]
    assert f"levels are compensated for rows that carry {low:g} to {high:g} times" in " ".join(result.warnings)
    assert "compensated" not in chip.change(compensated=False).evaluate(images=2).figures()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"compensated": True}, "compensated = True has no effect where I = G V: leave it out, or add"),
        ({"compensated": True, "memristor": "linear"}, "its law is I = G V"),
    ],
)
def test_compensation_of_linear_memristors_is_refused(settings, message):
    with pytest.raises(SetupError, match=message):
        Chip.of("PDARTS", channels=1, **settings)
