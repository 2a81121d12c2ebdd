"""Training: repeatable, resumable, and the same network as the reference; skipped where PyTorch is not installed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memnet.datasets import Dataset, load_dataset
from memnet.errors import NetworkError, WeightsError
from memnet.genotype import read_genotype
from memnet.network import build_network
from memnet.reference import fold, forward
from memnet.torch_network import Disturbance, TorchNetwork
from memnet.training import Recipe, _augmented, _rate, evaluate, train
from memnet.weights import save, seeded_weights

torch = pytest.importorskip("torch")
QUICK = Recipe(
    epochs=2, batch_size=16, shift=1, cutout=2, disturbance=Disturbance(weight_bits=8, weight_noise=0.02, drop_path=0.1)
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep PyTorch to one thread: these nets are too small to share, and waiting on a busy machine costs most."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def digits():
    whole = load_dataset("digits")
    return Dataset(
        name="digits", classes=whole.classes,
        train_images=whole.train_images[:32], train_labels=whole.train_labels[:32],
        test_images=whole.test_images[:40], test_labels=whole.test_labels[:40],
    )  # fmt: skip


@pytest.fixture(scope="module")
def network():
    return build_network(read_genotype("DARTS_V2"), channels=1)


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in one)


def test_the_torch_network_is_the_reference(digits):
    network = build_network(read_genotype("random:8"), channels=2)
    tensors = seeded_weights(network, 0, digits.train_images)
    with torch.no_grad():
        images = torch.tensor(digits.test_images, dtype=torch.float32)
        logits = TorchNetwork(network, tensors).forward(images, training=False).numpy()
    expected = forward(network, fold(network, tensors), digits.test_images).logits
    np.testing.assert_allclose(logits, expected, atol=2e-4)
    right = float(np.mean(expected.argmax(1) == digits.test_labels))
    assert evaluate(network, tensors, digits.test_images, digits.test_labels) == pytest.approx(right)


def test_two_epochs_are_repeatable_and_learn(network, digits):
    seen = []
    first = train(network, digits, seed=1, recipe=QUICK, progress=lambda epoch, tensors: seen.append(epoch.number))
    second = train(network, digits, seed=1, recipe=QUICK)
    assert seen == [1, 2]
    assert same(first.tensors, second.tensors)
    assert first.history[1].loss < first.history[0].loss
    assert not same(first.tensors, train(network, digits, seed=2, recipe=replace(QUICK, epochs=1)).tensors)


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tmp_path, network, digits):
    class InterruptedRun(Exception):
        pass

    def interrupt(epoch, tensors):
        raise InterruptedRun

    path = tmp_path / "checkpoint.npz"
    with pytest.raises(InterruptedRun):
        train(network, digits, seed=1, recipe=QUICK, checkpoint=path, progress=interrupt)
    resumed = train(network, digits, seed=1, recipe=QUICK, checkpoint=path)
    assert [epoch.number for epoch in resumed.history] == [1, 2]
    assert same(resumed.tensors, train(network, digits, seed=1, recipe=QUICK).tensors)
    assert list(tmp_path.iterdir()) == [path]


def test_half_precision_weights_alone_are_a_warm_restart(tmp_path, network, digits):
    first = train(network, digits, seed=1, recipe=QUICK)
    path = tmp_path / "half.npz"
    about = {**first.metadata, "epoch": 1, "history": first.metadata["history"][:1]}
    save(path, network, first.tensors, about, dtype=np.float16)
    assert len(train(network, digits, seed=1, recipe=QUICK, checkpoint=path).history) == 2


def test_a_checkpoint_of_another_run_is_refused(tmp_path, network, digits):
    path = tmp_path / "checkpoint.npz"
    train(network, digits, seed=1, recipe=replace(QUICK, epochs=1), checkpoint=path)
    with pytest.raises(WeightsError, match=r"checkpoint of seed 1, not 2"):
        train(network, digits, seed=2, recipe=replace(QUICK, epochs=1), checkpoint=path)
    with pytest.raises(WeightsError, match=r"checkpoint of recipe"):
        train(network, digits, seed=1, recipe=QUICK, checkpoint=path)


def test_images_that_do_not_fit_the_network_are_refused(digits):
    network = build_network(read_genotype("PDARTS"), channels=1, image_shape=(3, 32, 32))
    with pytest.raises(NetworkError, match=r"\(1, 8, 8\).*\(3, 32, 32\)"):
        train(network, digits, recipe=QUICK)


def test_global_randomness_is_left_as_it_was(network, digits):
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    train(network, digits, recipe=replace(QUICK, epochs=1))
    assert torch.rand(1) == expected


def test_the_rate_rises_and_falls_to_zero():
    recipe = Recipe(warm_up=0.1, learning_rate=0.2)
    rates = [_rate(recipe, step, 100) for step in range(101)]
    assert rates[0] == pytest.approx(0.02)
    assert max(rates) == rates[10] == pytest.approx(0.2)
    assert rates[55] == pytest.approx(0.1)
    assert rates[100] == pytest.approx(0.0)


def test_augmentation_shifts_mirrors_and_blanks():
    torch.manual_seed(0)
    images = torch.arange(1.0, 65.0).reshape(1, 1, 8, 8).repeat(200, 1, 1, 1)
    same_size = _augmented(images, Recipe(shift=2, flip=False))
    assert same_size.shape == images.shape
    inner = {(int(image[0, 4, 4]) - 1) for image in same_size}
    assert inner == {8 * y + x for y in range(2, 7) for x in range(2, 7)}
    mirrored = _augmented(images, Recipe(shift=0, flip=True))
    assert {int(image[0, 0, 0]) for image in mirrored} == {1, 8}
    blanked = (_augmented(images, Recipe(shift=0, flip=False, cutout=4)) == 0).sum(dim=(1, 2, 3))
    assert blanked.max() == 16
    assert blanked.min() >= 4


def test_rounded_weights_have_the_levels_of_the_devices(network, digits):
    weight = torch.tensor([[0.3, -1.0, 0.6], [0.02, 0.008, 0.0]], requires_grad=True)
    rounded = TorchNetwork._disturbed(weight, Disturbance(weight_bits=2), True)
    np.testing.assert_allclose(rounded.detach(), [[1 / 3, -1.0, 2 / 3], [0.02, 0.02 / 3, 0.0]], atol=1e-6)
    rounded.sum().backward()
    assert torch.equal(weight.grad, torch.ones(2, 3))
    noisy = TorchNetwork._disturbed(torch.ones(50, 400), Disturbance(weight_noise=0.1), True)
    assert float(noisy.std()) == pytest.approx(0.1, rel=0.05)
    assert torch.equal(TorchNetwork._disturbed(weight, Disturbance(weight_noise=0.1), False), weight)
