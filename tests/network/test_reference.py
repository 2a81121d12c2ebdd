# SPDX-License-Identifier: GPL-3.0-or-later
"""The NumPy reference against the DARTS network in PyTorch, and against loops over pixels."""

from __future__ import annotations

import numpy as np
import pytest
from frozen_logits import CASES, frozen, random_tensors
from needed import needs

from memnet.errors import NetworkError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.layers import Layer
from memnet.network.reference import Parameters, apply, fold, forward


@pytest.mark.parametrize("case", CASES, ids=str)
def test_logits_equal_those_of_darts_in_pytorch(case):
    """PyTorch computed them once, with a network of its own code; `python tests/darts_network.py` does it again."""
    network, expected = case.network(), frozen()[str(case)]
    found = forward(network, fold(network, case.tensors()), case.images()).logits
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_frozen_logits_are_those_that_pytorch_computes_now(case):
    needs("torch")
    from darts_network import fresh

    expected = fresh(case)
    np.testing.assert_allclose(frozen()[str(case)], expected, rtol=0, atol=1e-9 * np.abs(expected).max())


def test_no_frozen_logits_are_left_over():
    assert list(frozen()) == [str(case) for case in CASES]


def by_loops(layer, image, kernel):
    """Compute a conv or pool of one image (C, H, W) pixel by pixel, skipping taps outside the map."""
    if layer.relu:
        image = np.where(image > 0, image, 0.0)
    out = np.zeros(layer.shape)
    for channel, y, x in np.ndindex(*layer.shape):
        taps = []
        for row, column in np.ndindex(layer.kernel, layer.kernel):
            source_y = y * layer.stride + row * layer.dilation - layer.padding
            source_x = x * layer.stride + column * layer.dilation - layer.padding
            if 0 <= source_y < image.shape[1] and 0 <= source_x < image.shape[2]:
                taps.append((row, column, image[:, source_y, source_x]))
        if layer.kind == "max_pool":
            out[channel, y, x] = max(pixel[channel] for _, _, pixel in taps)
        elif layer.kind == "avg_pool":
            out[channel, y, x] = sum(pixel[channel] for _, _, pixel in taps) / len(taps)
        elif layer.groups == 1:
            out[channel, y, x] = sum(kernel[channel, :, row, column] @ pixel for row, column, pixel in taps)
        else:
            out[channel, y, x] = sum(kernel[channel, 0, row, column] * pixel[channel] for row, column, pixel in taps)
    return out


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("max_pool", {"kernel": 3, "padding": 1}),
        ("avg_pool", {"kernel": 3, "padding": 1}),
        ("conv", {"kernel": 3, "padding": 1, "groups": 3, "relu": True}),
        ("conv", {"kernel": 5, "padding": 2, "groups": 3, "relu": True}),
        ("conv", {"kernel": 3, "padding": 2, "dilation": 2, "groups": 3, "relu": True}),
        ("conv", {"kernel": 5, "padding": 4, "dilation": 2, "groups": 3, "relu": True}),
        ("conv", {"kernel": 3, "padding": 1}),
        ("conv", {}),
    ],
)
def test_windows_equal_loops_over_pixels(kind, options, stride):
    random = np.random.default_rng(0)
    shape = (3, 6 // stride, 8 // stride)
    layer = Layer(name="x", kind=kind, inputs=("input",), shape=shape, stride=stride, **options)
    image = random.standard_normal((3, 6, 8)) - 1.5  # mostly negative: a pool padded with zeros would show
    kernel = random.standard_normal((3, 3 // layer.groups, layer.kernel, layer.kernel)) if kind == "conv" else None
    np.testing.assert_allclose(apply(layer, [image[None]], kernel)[0], by_loops(layer, image, kernel), atol=1e-12)


def test_factorized_reduce_shifts_its_second_half():
    layer = Layer(name="x", kind="factorized_reduce", inputs=("input",), shape=(2, 2, 2), relu=True, stride=2)
    image = np.arange(-3.0, 13.0).reshape(1, 1, 4, 4)
    out = apply(layer, [image], np.array([[1.0], [10.0]]), np.array([0.5, 0.0]))
    np.testing.assert_array_equal(out[0, 0], [[0.5, 0.5], [5.5, 7.5]])
    np.testing.assert_array_equal(out[0, 1], [[20.0, 40.0], [100.0, 120.0]])


def test_a_bias_may_stand_at_a_sum():
    network = build_network(read_genotype("DARTS_V1"), channels=1)
    bare = fold(network, random_tensors(network, 0))
    biased = Parameters(kernels=bare.kernels, biases={**bare.biases, "cell0/node3": np.array([0.25])})
    images = np.ones((2, 1, 8, 8))
    before, after = (forward(network, p, images, record=["cell0/node3"]).values["cell0/node3"] for p in (bare, biased))
    np.testing.assert_allclose(after - before, 0.25, atol=1e-12)


def test_folding_uses_epsilon():
    network = build_network(read_genotype("DARTS_V1"), channels=1)
    tensors = {name: np.ones(shape) for name, shape in network.tensor_shapes().items()}
    tensors["stem.1.running_var"] = np.array([0.0, 3.99999, 0.99999])
    kernel = fold(network, tensors).kernels["stem"]
    np.testing.assert_allclose(kernel[:, 0, 0, 0], [1e5**0.5, 0.5, 1.0], rtol=1e-12)


def test_batches_give_the_same_as_one_pass(monkeypatch):
    network = build_network(read_genotype("PDARTS"), channels=2)
    parameters = fold(network, random_tensors(network, 3))
    images = np.random.default_rng(0).standard_normal((7, 1, 8, 8))
    whole = forward(network, parameters, images, record=["cell2"])
    monkeypatch.setattr("memnet.network.reference.BATCH_VALUES", 20000)
    parts = forward(network, parameters, images, record=["cell2"])
    np.testing.assert_allclose(parts.logits, whole.logits, rtol=1e-12)
    assert parts.values["cell2"].shape == (7, 32, 2, 2)


def test_images_of_another_shape_are_refused():
    network = build_network(read_genotype("DARTS_V1"), channels=1)
    with pytest.raises(NetworkError, match=r"net/input: .*\(1, 8, 8\).*\(2, 3, 32, 32\)"):
        forward(network, fold(network, random_tensors(network, 0)), np.zeros((2, 3, 32, 32)))
