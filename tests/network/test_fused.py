# SPDX-License-Identifier: GPL-3.0-or-later
"""Fused units give the outputs, gradients and statistics of PyTorch's layers; needs PyTorch, g++ and AVX2."""

from __future__ import annotations

import numpy as np
import pytest
from needed import needs

from memnet.genotype.operations import OPERATIONS, Operation
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.edges import EDGE_BUILDERS
from memnet.network.recipe import TrainingNoise
from memnet.network.training.run import initial_tensors
from memnet.network.training.torch_network import TorchNetwork

torch = needs("torch")
needs("fused")

from memnet.network.reference import BATCH_NORM_EPS  # noqa: E402
from memnet.network.training.fused.functions import Geometry, Norm, SeparableConvolution, Unit  # noqa: E402
from memnet.network.training.fused.network import FusedNetwork, trainable  # noqa: E402


def reference(inputs, depthwise, pointwise, gamma, beta, geometry):
    """Return the output of one unit, computed with PyTorch's layers."""
    from torch.nn import functional

    x = torch.cat(inputs, dim=3).permute(0, 3, 1, 2)
    x = torch.relu(x) if geometry.relu else x
    if depthwise is not None:
        x = functional.conv2d(x, depthwise, None, geometry.stride, geometry.padding, geometry.dilation, len(depthwise))
    x = functional.conv2d(x, pointwise)
    return functional.batch_norm(x, None, None, gamma, beta, True, 0.1, BATCH_NORM_EPS).permute(0, 2, 3, 1)


def sampled(*shapes):
    return [torch.randn(shape, requires_grad=True) for shape in shapes]


def norm(channels):
    return Norm(mean=torch.zeros(channels), variance=torch.ones(channels))


def assert_equal_outputs_and_gradients(given, ours, expected):
    """Compare outputs, and gradients of a random linear combination of them, with those computed in float64."""
    wide = [value.detach().double().requires_grad_() for value in given]
    one, other = ours(*given), expected(*wide)
    assert one.shape == other.shape
    assert float((one - other).detach().abs().max()) < 2e-4
    mixture = torch.randn(one.shape)
    (one * mixture).sum().backward()
    (other * mixture.double()).sum().backward()
    for mine, theirs in zip(given, wide, strict=True):
        assert float((mine.grad - theirs.grad).norm()) < 2e-4 * float(theirs.grad.norm()), mine.shape


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (5, 1), (3, 2), (5, 2)])
@pytest.mark.parametrize(("stride", "channels", "side"), [(1, 16, 12), (2, 16, 12), (2, 32, 8), (1, 64, 5)])
def test_a_unit_is_pytorchs(kernel, dilation, stride, channels, side):
    torch.manual_seed(0)
    geometry = Geometry(stride=stride, padding=dilation * (kernel - 1) // 2, dilation=dilation)
    given = sampled(
        (3, side, side, channels),
        (channels, 1, kernel, kernel),
        (2 * channels, channels, 1, 1),
        (2 * channels,),
        (2 * channels,),
    )
    assert_equal_outputs_and_gradients(
        given,
        lambda x, *rest: Unit.apply(geometry, norm(2 * channels), *rest, x),
        lambda x, *rest: reference([x], *rest, geometry),
    )


@pytest.mark.parametrize("relu", [True, False])
def test_a_pointwise_unit_reads_inputs_side_by_side(relu):
    torch.manual_seed(1)
    geometry = Geometry(relu=relu)
    given = sampled((2, 7, 7, 16), (2, 7, 7, 16), (2, 7, 7, 16), (32, 48, 1, 1), (32,), (32,))
    assert_equal_outputs_and_gradients(
        given,
        lambda a, b, c, *rest: Unit.apply(geometry, norm(32), None, *rest, a, b, c),
        lambda a, b, c, *rest: reference([a, b, c], None, *rest, geometry),
    )


@pytest.mark.parametrize("stride", [1, 2])
def test_a_separable_convolution_is_two_units(stride):
    torch.manual_seed(2)
    first, second = Geometry(stride=stride, padding=2), Geometry(padding=2)
    half = (16, 1, 5, 5), (16, 16, 1, 1), (16,), (16,)
    given = sampled((2, 8, 8, 16), *half, *half)

    def expected(x, *rest):
        return reference([reference([x], *rest[:4], first)], *rest[4:], second)

    assert_equal_outputs_and_gradients(
        given, lambda x, *rest: SeparableConvolution.apply(first, norm(16), norm(16), *rest, x), expected
    )


@pytest.mark.parametrize("name", ["PDARTS", "DARTS_V2", "random:3"])
def test_a_whole_network_is_pytorchs(name):
    network = build_network(read_genotype(name), channels=16, layers=3, image_shape=(3, 16, 16))
    torch.manual_seed(0)
    images, labels = torch.randn(8, 3, 16, 16), torch.randint(0, 10, (8,))
    disturbance = TrainingNoise(weight_bits=4)
    models = [make(network, initial_tensors(network, 0)) for make in (FusedNetwork, TorchNetwork)]
    losses = []
    for model in models:
        loss = torch.nn.functional.cross_entropy(model.forward(images, training=True, disturbance=disturbance), labels)
        loss.backward()
        losses.append(float(loss.detach()))
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    fused, plain = models
    for key, value in fused.statistics.items():
        np.testing.assert_allclose(value, plain.statistics[key], atol=1e-4, rtol=1e-3, err_msg=key)
    mine, theirs = (torch.cat([value.grad.flatten() for value in model.parameters.values()]) for model in models)
    assert float(torch.nn.functional.cosine_similarity(mine, theirs, dim=0)) > 0.999


def test_networks_that_do_not_fit_are_trained_with_pytorchs_layers():
    narrow = build_network(read_genotype("PDARTS"), channels=4)
    wide = build_network(read_genotype("PDARTS"), channels=16, layers=3, image_shape=(3, 16, 16))
    assert type(trainable(narrow, initial_tensors(narrow, 0))) is TorchNetwork
    assert type(trainable(wide, initial_tensors(wide, 0))) is FusedNetwork


def test_operations_outside_units_cpp_are_trained_with_pytorchs_layers(monkeypatch):
    """units.cpp computes every kernel but 3 as 5x5, every dilation but 1 as 2, and no other layer inside an edge."""

    def plain(builder, operation, place):
        channels, tensors = builder.shape(place.source)[0], place.tensors
        return builder.conv(
            place.name,
            place.source,
            channels,
            weight=f"{tensors}.op.1.weight",
            batch_norm=f"{tensors}.op.2",
            kernel=operation.kernel,
            stride=place.stride,
        )

    monkeypatch.setitem(EDGE_BUILDERS, "plain", plain)
    images, labels = torch.randn(4, 3, 16, 16), torch.randint(0, 10, (4,))
    for family, kernel, dilation in (("separable", 7, 1), ("dilated", 3, 3), ("plain", 3, 1)):
        other = Operation(name="other", family=family, kernel=kernel, dilation=dilation)
        monkeypatch.setitem(OPERATIONS, "other", other)
        genotype = read_genotype(read_genotype("PDARTS").to_text().replace("sep_conv_3x3", "other"))
        network = build_network(genotype, channels=16, layers=3, image_shape=(3, 16, 16))
        model = trainable(network, initial_tensors(network, 0))
        assert type(model) is TorchNetwork
        torch.nn.functional.cross_entropy(model.forward(images, training=True), labels).backward()
        assert all(value.grad is not None for value in model.parameters.values())


@pytest.mark.parametrize(("kernel", "dilation"), [(7, 1), (1, 1), (3, 3)])
def test_a_unit_refuses_what_units_cpp_would_compute_as_another_convolution(kernel, dilation):
    geometry = Geometry(padding=dilation * (kernel - 1) // 2, dilation=dilation)
    given = sampled((1, 8, 8, 16), (16, 1, kernel, kernel), (16, 16, 1, 1), (16,), (16,))
    with pytest.raises(RuntimeError, match=f"a depthwise convolution of {kernel}x{kernel}, dilation {dilation}"):
        Unit.apply(geometry, norm(16), *given[1:], given[0])
