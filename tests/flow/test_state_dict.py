# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights in memory: a state dict of arrays or tensors, or the module of PyTorch that has it."""

from __future__ import annotations

import numpy as np
import pytest
from needed import needs

import memnet
from memnet.errors import SetupError, WeightsError
from memnet.network import build_network, fold, forward, seeded_weights

SIZES = {"channels": 1, "layers": 3}


class Tensor:
    """A tensor as PyTorch has them, as far as memnet asks: `detach().cpu().double().numpy()`."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    cpu = double = detach

    def numpy(self):
        return np.asarray(self.values, dtype=np.float64)


class Module:
    """Something with a `state_dict`, as every module of PyTorch has."""

    def __init__(self, state):
        self.state_dict = lambda: state


def state():
    network = build_network(memnet.read_genotype("DARTS_V1"), channels=1)
    return seeded_weights(network, 3, np.random.RandomState(0).rand(8, 1, 8, 8))


def chip(weights):
    return memnet.Chip.of("DARTS_V1", weights=weights, **SIZES)


def test_a_state_dict_and_a_module_are_weights():
    arrays = state()
    wrapped = {f"module.{name}": Tensor(value) for name, value in arrays.items()}
    extra = {"module.stem.1.num_batches_tracked": Tensor(5), "module.auxiliary_head.classifier.weight": Tensor([1.0])}
    expected = chip(memnet.Chip.of("DARTS_V1", seed=3, **SIZES).weights).weights
    for given in (arrays, wrapped, wrapped | extra, Module(wrapped)):
        made = chip(given)
        assert made.weights.origin == "given" and made.notes == ()
        assert made.weights.tensors.keys() == expected.tensors.keys()
        for name, value in arrays.items():
            assert np.array_equal(made.weights.tensors[name], value)
    assert chip(arrays).evaluate(images=2).figures()["weights"] == "given"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stem.0.weight": "text"}, "weights: stem.0.weight is no tensor of numbers"),
        (
            {"stem.0.weight": np.zeros((6, 1, 3, 3))},
            "weights: is of a network with C=1 and L=3|its stem has 6 channels",
        ),
        ({"classifier.bias": np.full(10, np.nan)}, "weights: classifier.bias holds 10 NaN"),
        ({"classifier.bias": np.zeros(10, dtype=int)}, "weights: classifier.bias holds int64, not floating-point"),
        ({"more.weight": np.zeros(3)}, "weights: more.weight is foreign"),
        ({"module.classifier.bias": np.zeros(10)}, "weights: holds classifier.bias twice"),
    ],
)
def test_a_state_dict_that_does_not_fit_is_refused(change, message):
    with pytest.raises(WeightsError, match=message):
        chip(state() | change)


def test_what_is_no_state_dict_is_refused():
    with pytest.raises(SetupError, match=r"weights = 3: give a path or Weights, a state dict or a torch.nn.Module"):
        chip(3)
    with pytest.raises(
        WeightsError, match=r"is of a network with C=1 and L=3, not C=2 and L=3; say channels=1, layers=3"
    ):
        memnet.Chip.of("DARTS_V1", weights=state(), channels=2)


def test_a_module_of_pytorch_classifies_as_its_chip_is_told_to():
    torch = needs("torch")
    from darts_network import DartsNetwork

    genotype = memnet.read_genotype("PDARTS")
    torch.manual_seed(0)
    module = DartsNetwork(genotype, 1, 3, 3, 10)
    for _ in range(3):
        module.train()(torch.randn(8, 3, 8, 8))
    module = module.bfloat16().eval()  # a kind of number that NumPy has not
    images = np.random.RandomState(0).standard_normal((12, 3, 8, 8))
    labels = np.arange(12) % 10
    names = tuple("0123456789")
    parts = {"train_images": images, "train_labels": labels, "test_images": images, "test_labels": labels}
    made = memnet.Chip.of(
        genotype, weights=module, dataset=memnet.Dataset(name="mine", classes=names, **parts), **SIZES
    )
    with torch.no_grad():
        expected = module.double()(torch.tensor(images)).numpy()
    logits = forward(made.network, fold(made.network, made.weights.tensors), images).logits
    np.testing.assert_allclose(logits, expected, atol=1e-5)
