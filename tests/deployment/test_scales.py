# SPDX-License-Identifier: GPL-3.0-or-later
"""Scales follow from the largest voltages on all training images, with the margin that is promised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deployments import primitive

from memnet import Chip
from memnet.deployment import activations, deploying
from memnet.deployment.activations import stage_activations
from memnet.deployment.deploying import deploy
from memnet.deployment.first_amplifiers import FirstAmplifiers
from memnet.deployment.individual import individual_plan
from memnet.deployment.mapping import MARGIN, Deployment
from memnet.deployment.stages import INPUT
from memnet.flow.chosen import calibration_images
from memnet.measurement.headroom import measure_headroom
from memnet.network.fast_forward import images_last
from memnet.network.reference import fold, forward
from memnet.network.weights import seeded_weights
from memnet.technology import load_technology

NETWORK = primitive("sep_conv_3x3")
IMAGES = np.random.RandomState(0).standard_normal((16, *NETWORK.image_shape))
WEIGHTS = seeded_weights(NETWORK, 0, IMAGES)


def deployed(images: np.ndarray, saturation_v: float = 0.8) -> Deployment:
    technology = load_technology()
    technology = replace(technology, opamp=replace(technology.opamp, saturation_v=saturation_v))
    return deploy(NETWORK, individual_plan(NETWORK), WEIGHTS, images, technology)


def first_amplifiers(deployment, stage, dtype):
    program, scales = deployment.programs[stage.name], deployment.scale_rows()
    return FirstAmplifiers(stage, program, scales, deployment.technology, dtype)


def test_scales_are_those_of_the_largest_image_wherever_it_stands(monkeypatch):
    largest = int(np.abs(IMAGES).max(axis=(1, 2, 3)).argmax())
    for name in ("LEAST_CHUNK", "CHUNK_VALUES", "EXACT_VALUES"):
        monkeypatch.setattr(activations, name, 1)  # every image is a chunk
    for place_of_it in (0, 5, 15):
        order = np.r_[np.delete(np.arange(16), largest)[:place_of_it], largest]
        order = np.r_[order, np.setdiff1d(np.arange(16), order)]
        found = deployed(IMAGES[order])
        limit_v = found.technology.memristor.read_limit_v
        assert found.scales[INPUT] == pytest.approx(limit_v / MARGIN / np.abs(IMAGES).max())


def test_first_tias_keep_the_margin_below_saturation():
    saturation_v = 0.1
    found = deployed(IMAGES, saturation_v)
    values = forward(NETWORK, fold(NETWORK, WEIGHTS), IMAGES, [layer.name for layer in NETWORK.layers])
    last = {name: images_last(value, np.float64) for name, value in values.values.items()}
    shown = stage_activations(found.plan, last, images_last(IMAGES, np.float64))
    largest = max(
        np.abs(first_amplifiers(found, stage, np.float64)(shown)).max()
        for stage in found.plan.stages
        if stage.name in found.programs
    )
    assert largest == pytest.approx(saturation_v / MARGIN, rel=1e-9)


@pytest.mark.parametrize("structure", ["individual", "shared"])
def test_rows_keep_the_read_limit_where_levels_are_few(structure, monkeypatch):
    """With 2 bits the activations of the network are twice as large as those of the float network."""

    def largest_v() -> float:
        chip = Chip.of("PDARTS", channels=4, bits=2, on=structure)
        few = calibration_images(chip.network, chip.dataset)[:40]
        found = measure_headroom(chip.deployment, chip.level_parameters, few, few[:0])
        return max(stage.row_v for stage in found.train)

    limit_v = load_technology().memristor.read_limit_v
    assert largest_v() <= limit_v
    monkeypatch.setattr(deploying, "MOST_ROUNDS", 1)
    assert largest_v() > 1.2 * limit_v
