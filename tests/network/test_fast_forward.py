# SPDX-License-Identifier: GPL-3.0-or-later
"""The float32 network gives what the float64 reference gives, to float32's digits, for every kind of layer."""

from __future__ import annotations

import numpy as np
import pytest
from deployments import whole

from memnet.deployment import deploy, individual_plan, programmed_parameters
from memnet.network.fast_forward import FastNetwork, images_last
from memnet.network.reference import fold, forward
from memnet.network.weights import seeded_weights
from memnet.technology import load_technology

CASES = ["PDARTS", "DARTS_V1", "random:3", "random:7", "random:2"]


def layers_and_parameters(name):
    network = whole(name, channels=2)
    images = np.random.RandomState(1).standard_normal((5, *network.image_shape))
    tensors = seeded_weights(network, 0, images)
    quantised = programmed_parameters(deploy(network, individual_plan(network), tensors, images, load_technology()))
    return network, images, (fold(network, tensors), quantised)


@pytest.mark.parametrize("name", CASES)
def test_every_layer_is_that_of_the_reference(name):
    """The quantised parameters have biases of whole nodes, the float ones of each edge."""
    network, images, parameters = layers_and_parameters(name)
    for each in parameters:
        wanted = forward(network, each, images, record=[layer.name for layer in network.layers]).values
        alone = [layer.name for layer in network.layers]
        nodes = [layer.name for layer in network.layers if layer.kind in ("sum", "linear", "concat")]
        for recorded in (alone, nodes):
            found = FastNetwork(network, each, recorded)(images_last(images))
            assert set(found.values) == set(found.extremes) == set(recorded)
            for layer in recorded:
                exact = images_last(wanted[layer], np.float64)
                bound = 1e-5 * max(1.0, np.abs(exact).max())
                assert np.abs(found.values[layer] - exact).max() <= bound, layer
                channels = exact.reshape(len(exact), -1)
                assert np.abs(found.extremes[layer].high - channels.max(axis=1, initial=0.0)).max() <= bound
                assert np.abs(found.extremes[layer].low - channels.min(axis=1, initial=0.0)).max() <= bound


def test_cases_have_every_kind_of_layer():
    kinds = {layer.kind for name in CASES for layer in whole(name, channels=2).layers}
    assert kinds == {
        "conv",
        "factorized_reduce",
        "max_pool",
        "avg_pool",
        "identity",
        "zero",
        "sum",
        "concat",
        "global_pool",
        "linear",
    }
