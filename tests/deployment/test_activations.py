# SPDX-License-Identifier: GPL-3.0-or-later
"""Scales come from the float64 reference to the last digit, although float32 finds the images to compute them on."""

from __future__ import annotations

import numpy as np
import pytest
from deployments import deployed, whole

from memnet.deployment import activations
from memnet.deployment.activations import measure_activations, stage_activations
from memnet.errors import MappingError
from memnet.network.fast_forward import images_last
from memnet.network.reference import fold, forward
from memnet.network.weights import seeded_weights

NETWORK = whole(channels=2)
IMAGES = np.random.RandomState(2).standard_normal((40, *NETWORK.image_shape))
WEIGHTS = seeded_weights(NETWORK, 0, IMAGES)


def by_reference(plan, images):
    """Return all activations in float64, (channels, pixels, images)."""
    values = forward(NETWORK, fold(NETWORK, WEIGHTS), images, record=[layer.name for layer in NETWORK.layers]).values
    last = {name: images_last(value, np.float64) for name, value in values.items()}
    return stage_activations(plan, last, images_last(images, np.float64))


@pytest.mark.parametrize("structure", ["", "shared", "duplicated"])
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_largest_activations_are_those_of_the_reference(structure, chunk, monkeypatch):
    monkeypatch.setattr(activations, "LEAST_CHUNK", chunk)
    monkeypatch.setattr(activations, "CHUNK_VALUES", 1)
    plan = deployed(NETWORK, structure=structure).deployment.plan
    found = measure_activations(NETWORK, plan, fold(NETWORK, WEIGHTS), IMAGES)
    assert found.peaks == {name: np.abs(value).max() for name, value in by_reference(plan, IMAGES).items()}
    assert not found.chunks
    near = measure_activations(NETWORK, plan, fold(NETWORK, WEIGHTS), IMAGES, exact=False).peaks
    assert near == pytest.approx(found.peaks, rel=1e-5) and near != found.peaks


def test_first_images_are_kept_and_any_of_them_is_computed_in_float64(monkeypatch):
    monkeypatch.setattr(activations, "LEAST_CHUNK", 8)
    monkeypatch.setattr(activations, "CHUNK_VALUES", 1)
    plan = deployed(NETWORK).deployment.plan
    chunks = measure_activations(NETWORK, plan, fold(NETWORK, WEIGHTS), IMAGES, held=20).chunks
    wanted = by_reference(plan, IMAGES)
    assert [len(chunk.activations["input"][0, 0]) for chunk in chunks] == [8, 8, 4]
    for name, value in wanted.items():
        kept = np.concatenate([chunk.activations[name] for chunk in chunks], axis=2)
        np.testing.assert_allclose(kept, value[..., :20], rtol=0, atol=1e-5 * np.abs(value).max())
        np.testing.assert_array_equal(chunks[2].exact(1)[name], value[..., 17:18])


def test_activations_that_are_not_finite_are_refused_with_their_stage():
    plan, parameters = deployed(NETWORK).deployment.plan, fold(NETWORK, WEIGHTS)
    parameters.kernels["stem"][0] = 1e300  # beyond float32
    with pytest.raises(MappingError, match="net/stem: activations are not finite"), np.errstate(all="ignore"):
        measure_activations(NETWORK, plan, parameters, IMAGES)
