# SPDX-License-Identifier: GPL-3.0-or-later
"""Weight files (shipped ones, damaged ones, a full disk) and weights sampled with a seed."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from memnet.errors import OutputError, WeightsError
from memnet.files import write_aside
from memnet.genotype.cells import Cell, Edge, Genotype
from memnet.genotype.read import read_genotype
from memnet.measurement.class_outputs import accuracy
from memnet.network.build import build_network
from memnet.network.datasets.load import load_dataset
from memnet.network.reference import fold, forward
from memnet.network.weights import load, load_for, read_metadata, save, seeded_weights, shipped_file, validate


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def network():
    return build_network(read_genotype("DARTS_V1"), channels=2)


@pytest.fixture(scope="module")
def seeded(network, digits):
    return seeded_weights(network, 0, digits.train_images[:64])


@pytest.mark.parametrize("name", ["DARTS_V1", "DARTS_V2", "PDARTS"])
def test_shipped_digits_weights_reach_what_they_record(name, digits):
    network = build_network(read_genotype(name))
    weights = load_for(network, digits)
    assert weights.origin == "shipped"
    found = accuracy(forward(network, fold(network, weights.tensors), digits.test_images).logits, digits.test_labels)
    assert found == pytest.approx(weights.metadata["float_accuracy"], abs=1e-6)
    assert found >= 0.95
    assert shipped_file(network, "digits").stat().st_size < 1_000_000


def test_without_shipped_weights_there_are_seeded_ones_and_it_says_so(network, digits):
    weights = load_for(network, digits, seed=5)
    assert weights.origin == "seeded"
    assert "digits-DARTS_V1-C2-L3" in weights.note
    assert "seed 5" in weights.note


def test_an_own_genotype_under_a_known_name_does_not_get_that_ones_weights(digits):
    other = read_genotype("DARTS_V2")
    network = build_network(Genotype(name="DARTS_V1", normal=other.normal, reduce=other.reduce))
    assert load_for(network, digits).origin == "seeded"


def test_a_file_comes_back_as_it_was_written(tmp_path, network, seeded):
    path = tmp_path / "new" / "w.npz"
    save(path, network, seeded, {"dataset": "digits"}, dtype=np.float16)
    tensors, about = load(path, network)
    assert read_metadata(path) == about
    assert (about["dataset"], about["name"], about["channels"], about["layers"]) == ("digits", "DARTS_V1", 2, 3)
    for name, tensor in seeded.items():
        kept = np.float32 if tensor.ndim == 1 else np.float16
        np.testing.assert_array_equal(tensors[name], tensor.astype(kept).astype(np.float64))
    first = path.read_bytes()
    save(path, network, seeded, {"dataset": "digits"}, dtype=np.float16)
    assert path.read_bytes() == first


def test_another_genotypes_file_is_refused(tmp_path, network, seeded):
    save(tmp_path / "w.npz", network, seeded, {})
    with pytest.raises(WeightsError, match="made for DARTS_V1, whose edges differ from those of PDARTS"):
        load(tmp_path / "w.npz", build_network(read_genotype("PDARTS"), channels=2))


def test_a_file_of_another_width_is_refused_with_both_shapes(tmp_path, network, seeded):
    save(tmp_path / "w.npz", network, seeded, {})
    with pytest.raises(WeightsError, match=r"stem\.0\.weight has shape \(6, 1, 3, 3\).*needs \(12, 1, 3, 3\)"):
        load(tmp_path / "w.npz", build_network(network.genotype, channels=4))


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", b"no zip at all"])
def test_damaged_files_are_refused(tmp_path, network, damage):
    path = tmp_path / "w.npz"
    path.write_bytes(damage)
    with pytest.raises(WeightsError, match=r"w\.npz: no whole weight file"):
        load(path, network)
    with pytest.raises(WeightsError, match="no such weight file"):
        load(tmp_path / "none.npz", network)


def test_truncated_and_pickled_files_are_refused(tmp_path, network, seeded):
    path = tmp_path / "w.npz"
    save(path, network, seeded, {})
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(WeightsError, match="no whole weight file"):
        load(path, network)
    np.savez(path, metadata=np.array([{}], dtype=object))
    with pytest.raises(WeightsError, match="no whole weight file"):
        load(path, network)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("classifier.bias"), r"classifier\.bias is missing"),
        (lambda w: w.update(extra=np.zeros(1)), r"extra is foreign"),
        (lambda w: w.update({"stem.1.bias": np.full(6, np.nan)}), r"stem\.1\.bias holds 6 NaN or infinite"),
        (lambda w: w.update({"stem.1.weight": np.array([1, 1, np.inf, 1, 1, 1])}), r"stem\.1\.weight holds 1 NaN"),
        (lambda w: w.update({"stem.1.running_var": np.full(6, -1.0)}), r"stem\.1\.running_var holds a negative"),
    ],
)
def test_unfit_tensors_are_named(network, seeded, change, words):
    tensors = dict(seeded)
    change(tensors)
    with pytest.raises(WeightsError, match=words):
        validate(network, tensors)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "w.npz"
    path.write_bytes(b"old")

    def fill(stream):
        stream.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match=r"w\.npz: not written \(No space left on device\)"):
        write_aside(path, fill)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError):
        write_aside(path / "below" / "a_file.npz", fill)
    assert not Path(path / "below").exists()


def test_seeded_weights_follow_from_the_seed(network, digits, seeded):
    again, other = (seeded_weights(network, seed, digits.train_images[:64]) for seed in (0, 1))
    assert all(np.array_equal(again[name], seeded[name]) for name in seeded)
    assert not np.array_equal(other["stem.0.weight"], seeded["stem.0.weight"])


def test_seeded_weights_do_not_depend_on_the_batches_they_are_computed_in(digits, monkeypatch):
    images = digits.train_images[:20]
    for name in ("DARTS_V1", "PDARTS"):
        small = build_network(read_genotype(name), channels=2)
        once = seeded_weights(small, 0, images)
        for size in (1, 2**11, 2**30):
            monkeypatch.setattr("memnet.network.weights.CACHED_VALUES", size)
            again = seeded_weights(small, 0, images)
            assert all(np.array_equal(again[name], once[name]) for name in once)


def test_seeded_batch_norm_has_the_statistics_of_the_images(network, digits, seeded):
    values = forward(network, fold(network, seeded), digits.train_images[:64], record=["stem"]).values["stem"]
    np.testing.assert_allclose(values.mean(axis=(0, 2, 3)), seeded["stem.1.bias"], atol=1e-9)
    np.testing.assert_allclose(values.std(axis=(0, 2, 3)), seeded["stem.1.weight"], rtol=1e-3)


def cells_of(op):
    nodes = tuple(tuple(Edge(op=op, source=source) for source in range(2 + node)) for node in range(4))
    return Cell(nodes=nodes, concat=(2, 3, 4, 5))


@pytest.mark.parametrize("op", ["none", "skip_connect", "max_pool_3x3", "dil_conv_5x5"])
def test_extreme_cells_neither_blow_up_nor_break(op, digits):
    network = build_network(Genotype(name="extreme", normal=cells_of(op), reduce=cells_of(op)), channels=1, layers=6)
    tensors = seeded_weights(network, 0, digits.train_images[:64])
    validate(network, tensors)
    record = [layer.name for layer in network.layers]
    values = forward(network, fold(network, tensors), digits.test_images[:64], record=record).values
    assert max(np.abs(value).max() for value in values.values()) < 200.0
    for name, variance in tensors.items():
        if name.endswith("running_var"):
            assert variance.min() > 0.04 * variance.mean() > 1e-9  # no channel is divided by a tiny standard deviation
