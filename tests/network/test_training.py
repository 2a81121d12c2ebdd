# SPDX-License-Identifier: GPL-3.0-or-later
"""Training is repeatable and can be resumed, and its network gives the outputs of the reference; needs PyTorch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from needed import needs

from memnet.commands.app import main
from memnet.errors import NetworkError, WeightsError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.datasets.base import Dataset
from memnet.network.datasets.load import DATA_SOURCES, data_source, load_dataset
from memnet.network.recipe import Recipe, TrainingNoise
from memnet.network.reference import fold, forward
from memnet.network.training.augmentation import augmented
from memnet.network.training.run import _optimisers, evaluate, initial_tensors, train
from memnet.network.training.schedule import noise_in_epoch, rate_share
from memnet.network.training.torch_network import TorchNetwork
from memnet.network.weights import load, read_metadata, save, seeded_weights

torch = needs("torch")
QUICK = Recipe(
    epochs=2,
    batch_size=16,
    shift=1,
    cutout=2,
    muon_rate=0.02,
    disturbance=TrainingNoise(weight_bits=8, weight_noise=0.02, drop_path=0.1),
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Let PyTorch use one thread: for such small networks, waiting for other threads takes longer than computing."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def digits():
    whole = load_dataset("digits")
    return Dataset(
        name="digits",
        classes=whole.classes,
        train_images=whole.train_images[:32],
        train_labels=whole.train_labels[:32],
        test_images=whole.test_images[:40],
        test_labels=whole.test_labels[:40],
    )


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
    recipe = Recipe(warm_up=0.1)
    rates = [rate_share(recipe, step, 100) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[10] == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0.0)


def test_augmentation_shifts_mirrors_and_blanks():
    torch.manual_seed(0)
    images = torch.arange(1.0, 65.0).reshape(1, 1, 8, 8).repeat(200, 1, 1, 1)
    same_size = augmented(images, shift=2, flip=False, cutout=0)
    assert same_size.shape == images.shape
    inner = {(int(image[0, 4, 4]) - 1) for image in same_size}
    assert inner == {8 * y + x for y in range(2, 7) for x in range(2, 7)}
    mirrored = augmented(images, shift=0, flip=True, cutout=0)
    assert {int(image[0, 0, 0]) for image in mirrored} == {1, 8}
    blanked = (augmented(images, shift=0, flip=False, cutout=4) == 0).sum(dim=(1, 2, 3))
    assert blanked.max() == 16
    assert blanked.min() >= 4


def test_rounded_weights_have_the_levels_of_the_devices(network, digits):
    weight = torch.tensor([[0.3, -1.0, 0.6], [0.02, 0.008, 0.0]], requires_grad=True)
    rounded = TorchNetwork._disturbed(weight, TrainingNoise(weight_bits=2), True)
    np.testing.assert_allclose(rounded.detach(), [[1 / 3, -1.0, 2 / 3], [0.02, 0.02 / 3, 0.0]], atol=1e-6)
    rounded.sum().backward()
    assert torch.equal(weight.grad, torch.ones(2, 3))
    noisy = TorchNetwork._disturbed(torch.ones(50, 400), TrainingNoise(weight_noise=0.1), True)
    assert float(noisy.std()) == pytest.approx(0.1, rel=0.05)
    assert torch.equal(TorchNetwork._disturbed(weight, TrainingNoise(weight_noise=0.1), False), weight)


def test_drop_path_rises_in_a_straight_line_to_what_was_asked_for():
    recipe = Recipe(epochs=5, disturbance=TrainingNoise(drop_path=0.2, weight_noise=0.1))
    shares = [noise_in_epoch(recipe, number).drop_path for number in range(5)]
    assert shares == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2])
    assert noise_in_epoch(recipe, 2).weight_noise == 0.1
    assert noise_in_epoch(replace(recipe, epochs=1), 0).drop_path == 0.0


def test_dropped_edges_change_what_later_epochs_learn(network, digits):
    dropping = replace(QUICK, disturbance=TrainingNoise(drop_path=0.5))
    kept, dropped = (
        train(network, digits, recipe=recipe).history
        for recipe in (replace(dropping, disturbance=TrainingNoise()), dropping)
    )
    assert kept[0].loss == dropped[0].loss and kept[1].loss != dropped[1].loss


def test_a_start_gives_its_weights_and_nothing_else(tmp_path, network, digits):
    path, checkpoint = tmp_path / "half.npz", tmp_path / "checkpoint.npz"
    before = train(network, digits, seed=1, recipe=QUICK)
    save(path, network, before.tensors, before.metadata, dtype=np.float16)
    still = replace(QUICK, epochs=1, learning_rate=1e-12, muon_rate=0.0, warm_up=0.0, sides=((0.0, 6),))
    after = train(network, digits, recipe=still, start=[path], checkpoint=checkpoint)
    held, _ = load(path, network)
    assert [epoch.side for epoch in after.history] == [8]  # a run with `start` uses images of full size only
    assert after.metadata["start"] == ["half.npz"]
    weights = [name for name in held if ".running_" not in name]
    assert all(np.allclose(after.tensors[name], held[name], atol=1e-9) for name in weights)
    assert same(train(network, digits, recipe=still, start=[path], checkpoint=checkpoint).tensors, after.tensors)
    with pytest.raises(WeightsError, match=r"checkpoint of start \['half.npz'\], not None"):
        train(network, digits, recipe=still, checkpoint=checkpoint)


def test_several_starts_give_their_mean(tmp_path, network, digits):
    paths = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for seed, path in enumerate(paths):
        save(path, network, initial_tensors(network, seed), {})
    still = replace(QUICK, epochs=1, learning_rate=1e-12, muon_rate=0.0, warm_up=0.0)
    after = train(network, digits, recipe=still, start=paths)
    one, two = (load(path, network)[0] for path in paths)
    weights = [name for name in one if ".running_" not in name]
    assert all(np.allclose(after.tensors[name], (one[name] + two[name]) / 2, atol=1e-7) for name in weights)
    assert after.metadata["start"] == ["one.npz", "two.npz"]


def test_the_command_takes_a_recipe(tmp_path, capsys, monkeypatch):
    ours = data_source("digits").recipe
    growing = replace(data_source("digits"), recipe=replace(ours, sides=((0.0, 6), (0.5, 8))))
    monkeypatch.setitem(DATA_SOURCES, "digits", growing)
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    size = ["train", "DARTS_V1", "--channels", "1", "--epochs", "1"]
    told = [
        "--cutout",
        "2",
        "--drop-path",
        "0.2",
        "--weight-bits",
        "6",
        "--weight-noise",
        "0.02",
        "--learning-rate",
        "0.05",
        "--muon-rate",
        "0.02",
        "--batch-size",
        "64",
    ]
    assert main([*size, *told, "-o", str(first)]) == 0
    assert main([*size, "--start", str(first), "-o", str(second)]) == 0
    said = capsys.readouterr().out
    assert "test accuracy" in said and "epoch 1 of 1, loss " in said
    recipe, plain = read_metadata(first)["recipe"], read_metadata(second)["recipe"]
    assert (recipe["cutout"], recipe["learning_rate"], recipe["batch_size"]) == (2, 0.05, 64)
    assert (recipe["muon_rate"], plain["muon_rate"]) == (0.02, 0.0)
    assert recipe["disturbance"] == {"weight_bits": 6, "weight_noise": 0.02, "drop_path": 0.2}
    assert read_metadata(second)["start"] == ["first.npz"] and "start" not in read_metadata(first)
    assert (plain["cutout"], plain["learning_rate"], plain["batch_size"]) == (0, ours.learning_rate, ours.batch_size)
    epochs = [read_metadata(path)["history"][0] for path in (first, second)]
    assert epochs[1]["loss"] < epochs[0]["loss"]
    assert [epoch["side"] for epoch in epochs] == [6, 8]  # a run with `start` uses images of full size only


def test_a_start_that_is_not_there_is_refused_and_leaves_nothing(tmp_path, capsys):
    status = main(
        ["train", "DARTS_V1", "--channels", "1", "--start", str(tmp_path / "no.npz"), "-o", str(tmp_path / "out.npz")]
    )
    assert status == 2 and list(tmp_path.iterdir()) == []


def test_orthogonal_steps_keep_the_directions_and_level_the_singular_values():
    from memnet.network.training.muon import orthogonal

    torch.manual_seed(0)
    for shape in ((3, 16, 64), (2, 64, 16), (1, 8, 8)):
        matrices = torch.randn(shape)
        steps = orthogonal(matrices)
        left, _, right = torch.linalg.svd(matrices, full_matrices=False)
        levelled = left.mT @ steps @ right.mT
        values = torch.diagonal(levelled, dim1=1, dim2=2)
        assert float((levelled - torch.diag_embed(values)).abs().max()) < 1e-4
        assert float(values.min()) > 0.3 and float(values.max()) < 1.3


def test_muon_moves_pointwise_weights_and_sgd_the_rest(network, digits):
    tensors = seeded_weights(network, 0, digits.train_images)
    still = Recipe(epochs=1, batch_size=32, learning_rate=1e-12, muon_rate=0.1, muon_decay=0.0, warm_up=0.0)
    model = TorchNetwork(network, tensors)
    (_, others), (rate, muon) = _optimisers(model, still)
    assert rate == 0.1
    loss = model.forward(torch.tensor(digits.test_images, dtype=torch.float32), training=True).square().sum()
    loss.backward()
    others.step()
    muon.step()
    moved = {
        name
        for name, value in model.tensors().items()
        if ".running_" not in name and not np.allclose(value, tensors[name], atol=1e-6)
    }
    shapes = network.tensor_shapes()
    assert moved == {name for name, shape in shapes.items() if len(shape) == 4 and shape[2] == 1}
