# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of stages: of what was simulated, up to the class outputs, and only of stages in use."""

from __future__ import annotations

import numpy as np
import pytest

from memnet import simulate
from memnet.flow import Chip
from memnet.measurement import kept_group, measure_stage_errors
from memnet.numeric import NumericCircuit


def kept_volts(chip, images):
    """Return the voltages of all stages by the numeric engine, by net group."""
    plan = chip.deployment.plan
    groups = [kept_group(stage, chip.circuit.groups) for stage in plan.stages]
    keep = [name for name in groups if name]
    return dict(NumericCircuit(chip.devices).run(chip.input_volts(images), keep=keep).volts)


def test_last_error_is_that_of_the_logits_and_each_stage_has_one(dc_result):
    errors = dc_result.stage_errors
    assert errors[-1].share == pytest.approx(dc_result.accuracy.logit_error, rel=1e-6)
    assert len({error.stage for error in errors}) == len(errors) > 10
    assert 0.0 < max(error.share for error in errors) < 1e-3
    assert dc_result.figures()["stage_errors"][0].keys() == {"stage", "error_v", "largest_v"}


def test_an_error_shows_in_its_stage_alone(dc_result):
    chip, images = dc_result.chip, dc_result.chip.dataset.test_images[:2]
    volts = kept_volts(chip, images)
    before = measure_stage_errors(chip.deployment, chip.parameters, images, volts)
    stage = chip.deployment.plan.stages[2]
    group = kept_group(stage, volts)
    volts[group] = volts[group] + 0.05 * np.eye(*volts[group].shape)
    after = measure_stage_errors(chip.deployment, chip.parameters, images, volts)
    assert [one.stage for one, other in zip(before, after, strict=True) if one != other] == [stage.name]
    assert next(each for each in after if each.stage == stage.name).error_v == pytest.approx(0.05, rel=1e-2)


def test_stages_without_power_have_none(small_digits, small_genotype):
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, on="shared")
    errors = measure_stage_errors(
        chip.deployment, chip.parameters, small_digits.test_images[:2], kept_volts(chip, small_digits.test_images[:2])
    )
    plan = chip.deployment.plan
    assert errors and all(plan.on(plan.stage(error.stage).gate) for error in errors)
    assert max(error.share for error in errors) < 1e-2


def test_a_flat_deck_saves_class_outputs_alone(small_digits, small_genotype):
    assert simulate(small_genotype, channels=1, dataset=small_digits, images=1, flat=True).stage_errors == ()
