# SPDX-License-Identifier: GPL-3.0-or-later
"""Data sets: the fixed split of the digits, and CIFAR-10 from small generated folders, intact and damaged."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import tarfile
from dataclasses import asdict, replace

import numpy as np
import pytest

from memnet.errors import DataError, SetupError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.datasets.base import Dataset
from memnet.network.datasets.cifar10 import CIFAR_FOLDER, CIFAR_MEAN, CIFAR_STD
from memnet.network.datasets.digits import FILE
from memnet.network.datasets.load import DATA_SOURCES, data_source, load_dataset
from memnet.network.recipe import Recipe
from memnet.network.weights import SHIPPED, read_metadata

META = {"label_names": list("abcdefghij"), "num_cases_per_batch": 4, "num_vis": 3072}
NAMES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


def batch(name, count=4, **changes):
    pixels = np.random.default_rng(list(name.encode())).integers(0, 256, (count, 3072), dtype=np.uint8)
    content = {"batch_label": name, "labels": [i % 10 for i in range(count)], "data": pixels}
    return {**content, **changes}


def write(path, content, protocol=2):
    path.write_bytes(pickle.dumps(content, protocol=protocol))


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / CIFAR_FOLDER
    place.mkdir()
    write(place / "batches.meta", META)
    for name in NAMES:
        write(place / name, batch(name))
    return place


def test_digits_are_split_once_and_for_all():
    digits = load_dataset("digits")
    assert digits.train_images.shape == (1437, 1, 8, 8)
    assert digits.test_images.shape == (360, 1, 8, 8)
    assert digits.image_shape == (1, 8, 8)
    assert (digits.train_images.min(), digits.train_images.max()) == (0.0, 1.0)
    assert np.bincount(digits.test_labels).tolist() == [36, 36, 35, 37, 36, 37, 36, 36, 35, 36]
    digest = hashlib.sha256((digits.test_images * 16).astype(np.uint8).tobytes()).hexdigest()
    assert digest[:16] == "3cc232bd25364446"  # the accuracies recorded in shipped weights hold for exactly these images


def test_digits_are_those_of_scikit_learn():
    datasets, selection = pytest.importorskip("sklearn.datasets"), pytest.importorskip("sklearn.model_selection")
    images, labels = datasets.load_digits(return_X_y=True)
    train, test = selection.train_test_split(np.arange(len(labels)), test_size=360, stratify=labels, random_state=0)
    images, labels, ours = images.reshape(-1, 1, 8, 8) / 16.0, labels.astype(np.int64), load_dataset("digits")
    for found, expected in (
        (ours.train_images, images[train]),
        (ours.train_labels, labels[train]),
        (ours.test_images, images[test]),
        (ours.test_labels, labels[test]),
    ):
        assert (found.dtype, found.shape, found.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())


def test_a_damaged_file_of_digits_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("memnet.network.datasets.digits.FILE", tmp_path / "digits.npz")
    with pytest.raises(DataError, match=r"digits\.npz: missing or damaged .*; install memnet again"):
        load_dataset("digits")
    content = bytearray(FILE.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "digits.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"digits\.npz: missing or damaged .*; install memnet again"):
        load_dataset("digits")


@pytest.mark.parametrize("protocol", [2, 5])
def test_cifar_folder_is_read_and_normalised(folder, protocol):
    write(folder / "data_batch_2", batch("data_batch_2"), protocol)
    data = load_dataset("cifar10", folder.parent)
    assert data.train_images.shape == (20, 3, 32, 32)
    assert data.test_images.shape == (4, 3, 32, 32)
    assert data.test_labels.tolist() == [0, 1, 2, 3]
    assert data.classes == tuple("abcdefghij")
    pixel = batch("test_batch")["data"].reshape(-1, 3, 32, 32)[2, 1, 5, 7]
    expected = (pixel / 255 - CIFAR_MEAN[1]) / CIFAR_STD[1]
    assert data.test_images[2, 1, 5, 7] == pytest.approx(expected, abs=1e-6)
    assert "3 of the 3 files read first differ" in data.notes[0]


def test_the_mean_colour_of_the_training_images_becomes_zero(folder):
    """The means of the 50,000 training images are 125.3, 123.0 and 113.9 of 255, the deviations 63.0, 62.1 and 66.7."""
    mean = np.repeat(np.array([125, 123, 114], dtype=np.uint8), 1024)
    brighter = np.repeat(np.array([125 + 63, 123 + 62, 114 + 67], dtype=np.uint8), 1024)
    write(folder / "test_batch", batch("test_batch", data=np.stack([mean, brighter, mean, brighter])))
    images = load_dataset("cifar10", folder).test_images
    np.testing.assert_allclose(images[0], 0.0, atol=0.01)
    np.testing.assert_allclose(images[1], 1.0, atol=0.01)


def test_archive_gives_the_same_as_the_folder(folder, tmp_path):
    archive = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=CIFAR_FOLDER)
    packed, loose = load_dataset("cifar10", archive), load_dataset("cifar10", folder)
    np.testing.assert_array_equal(packed.train_images, loose.train_images)
    np.testing.assert_array_equal(packed.train_labels, loose.train_labels)


def test_an_archive_without_one_of_the_files_is_refused(folder, tmp_path):
    (folder / "data_batch_3").unlink()
    archive = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=CIFAR_FOLDER)
    with pytest.raises(DataError, match=r"cifar-10-python\.tar\.gz:data_batch_3: missing or unreadable"):
        load_dataset("cifar10", archive)


@pytest.mark.parametrize("packed", [False, True])
def test_a_training_file_is_read_and_checked_once_an_image_in_it_is_asked_for(folder, tmp_path, packed):
    """Voltages are chosen on the first file's images, so the other four are read for training only."""
    write(folder / "data_batch_3", batch("data_batch_3", labels=[0, 1, 2, 10]))
    place = folder
    if packed:
        place = tmp_path / "cifar-10-python.tar.gz"
        with tarfile.open(place, "w:gz") as tar:
            tar.add(folder, arcname=CIFAR_FOLDER)
    data = load_dataset("cifar10", place)
    assert data.train_images[:8].shape == (8, 3, 32, 32)
    assert data.train_labels[:8].tolist() == [0, 1, 2, 3] * 2
    for ask in (lambda: data.train_images[8], lambda: data.train_labels[:], lambda: np.asarray(data.train_images)):
        with pytest.raises(DataError, match=r"data_batch_3: has labels outside 0 to 9"):
            ask()


@pytest.mark.parametrize(
    "which",
    [
        *(0, 19, -1, slice(None), slice(3, 9), slice(0, 0), slice(None, None, -3), [7, 2, 2], np.arange(20) > 11),
        *((5, 1), (slice(2, 6), 0, slice(4)), (-1, ..., 3)),
    ],
)
def test_images_read_in_parts_are_indexed_as_an_array_is(folder, which):
    images = load_dataset("cifar10", folder).train_images
    pixels = np.concatenate([batch(name)["data"] for name in NAMES[:5]]).reshape(-1, 3, 32, 32)
    mean, deviation = (np.reshape(each, (3, 1, 1)) for each in (CIFAR_MEAN, CIFAR_STD))
    whole, found = ((pixels / 255.0 - mean) / deviation).astype(np.float32), images[which]
    assert (found.dtype, found.shape) == (np.dtype(np.float32), whole[which].shape)
    np.testing.assert_array_equal(found, whole[which])


def test_images_beyond_the_last_are_refused(folder):
    with pytest.raises(IndexError):
        load_dataset("cifar10", folder).train_images[20]


def test_a_truncated_archive_is_refused(folder, tmp_path):
    archive = tmp_path / "cifar.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=CIFAR_FOLDER)
    archive.write_bytes(archive.read_bytes()[:20000])
    with pytest.raises(DataError, match=r"cifar\.tar\.gz: no whole \.tar\.gz \(20000 bytes found"):
        load_dataset("cifar10", archive)
    archive.write_bytes(b"noise")
    with pytest.raises(DataError, match=r"\(5 bytes found; file could not be opened successfully\); fetch it again$"):
        load_dataset("cifar10", archive)


def in_bytes(value):
    """Return a value as loaded from a pickle of Python 2 with texts taken as bytes."""
    if isinstance(value, dict):
        return {in_bytes(key): in_bytes(each) for key, each in value.items()}
    if isinstance(value, list):
        return [in_bytes(each) for each in value]
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_with_bytes_in_place_of_texts_are_read(folder, protocol):
    expected = load_dataset("cifar10", folder)
    for name, content in {"batches.meta": META, **{name: batch(name) for name in NAMES}}.items():
        write(folder / name, in_bytes(content), protocol)
    data = load_dataset("cifar10", folder)
    assert data.classes == expected.classes
    np.testing.assert_array_equal(data.train_images, expected.train_images)


@pytest.mark.parametrize("labels", [np.arange(4), np.arange(4, dtype=">i2"), [np.int64(i) for i in range(4)]])
def test_labels_may_be_numbers_of_numpy(folder, labels):
    write(folder / "test_batch", batch("test_batch", labels=labels), protocol=4)
    assert load_dataset("cifar10", folder).test_labels.tolist() == [0, 1, 2, 3]


ARRAY = b"cnumpy\nndarray\n(K\x04M\x00\x0ctR"  # an array as it is called, not as it is packed
HOSTILE = {
    "a kept value under a huge number": b"\x80\x04Nr\xfe\xff\xff\xff.",
    "bytes without end": b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.",
    "lists in lists without end": b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "an array of any size": b"\x80\x04}X\x04\x00\x00\x00data"
    + ARRAY.replace(b"K\x04M\x00\x0c", b"J\xff\xff\xff\x7f")
    + b"s.",
    "no pickle": b"\x89HDF\r\n\x1a\n",
    "no dictionary": pickle.dumps([1, 2]),
    "nothing": b"",
    "numbers as keys": pickle.dumps({1: 2}),
}


@pytest.mark.parametrize("name", ["data_batch_1", "data_batch_2"])  # read at once, and when an image is asked for
@pytest.mark.parametrize("case", HOSTILE)
def test_pickles_made_to_harm_are_refused_in_a_sentence(folder, case, name):
    (folder / name).write_bytes(HOSTILE[case].ljust(4 * 3073, b"\0"))
    with pytest.raises(DataError, match=rf"{name}: (is truncated|has a key|keeps|holds)") as refused:
        load_dataset("cifar10", folder).train_images[4]
    assert len(str(refused.value)) < 500


OTHERS = {
    "images.npz": (b"", "an npz file"),
    "images.npy": (b"\x93NUMPY\x01\0", r"a single NumPy array \(.npy\)"),
    "images.h5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    "images.parquet": (b"PAR1", "a Parquet file"),
    "train-images-idx3-ubyte": (b"\0\0\x08\x03" + b"\0" * 12, r"an idx file \(as of MNIST\)"),
    "train-images-idx3-ubyte.gz": (gzip.compress(b"\0\0\x08\x03" + b"\0" * 12), r"idx files \(as of MNIST\)"),
    "data_batch_1.bin": (b"\x07" * 3073, "the binary version of CIFAR-10"),
    "data_batch_1": (pickle.dumps({}), "a pickle"),
    "page.tar.gz": (b"<!DOCTYPE html>", "an HTML page"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_kind_is_called_what_it_is(tmp_path, name):
    content, kind = OTHERS[name]
    (tmp_path / name).write_bytes(content)
    if name.endswith(".npz"):
        np.savez(tmp_path / name, x=np.zeros(3))
    with pytest.raises(
        DataError, match=rf"{name}: (is|has) {kind}.*; cifar10 is read from the folder {CIFAR_FOLDER} of"
    ):
        load_dataset("cifar10", tmp_path / name)


FOLDERS = {
    "the binary version of CIFAR-10": ["data_batch_1.bin", "test_batch.bin", "batches.meta.txt"],
    "CIFAR-100": ["train", "test", "meta"],
    "idx files": ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"],
    "Parquet files": ["train-00000-of-00001.parquet", "README.md"],
    "pictures": ["0001.PNG"],
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_or_archive_of_another_kind_is_called_what_it_is(tmp_path, kind):
    (tmp_path / "data").mkdir()
    for name in FOLDERS[kind]:
        (tmp_path / "data" / name).touch()
    with tarfile.open(tmp_path / "data.tar", "w") as archive:
        archive.add(tmp_path / "data", arcname="data")
    for place in (tmp_path / "data", tmp_path / "data.tar"):
        with pytest.raises(DataError, match=rf"{place}: has {kind}.*; cifar10 is read from the folder"):
            load_dataset("cifar10", place)


def test_an_archive_that_links_or_unpacks_without_end_is_refused(tmp_path):
    archive = tmp_path / "cifar.tar"
    for member, said in (
        ({"type": tarfile.SYMTYPE, "linkname": "batches.meta"}, "has no file of CIFAR-10"),
        ({"size": 2**50}, "has 1,125,899,906,842,624 bytes, but CIFAR-10 has no such file"),
        ({"size": -512}, "has -512 bytes"),
    ):
        info = tarfile.TarInfo("batches.meta")
        for key, value in member.items():
            setattr(info, key, value)
        archive.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
        with pytest.raises(DataError, match=said):
            load_dataset("cifar10", archive)


class Foreign:
    """An object whose pickle creates the file `trace` if it is executed."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return eval, (f"open({str(self.trace)!r}, 'w').close()",)


def test_foreign_classes_are_refused_without_running_them(folder, tmp_path):
    write(folder / "data_batch_3", {"data": Foreign(tmp_path / "trace"), "labels": [0] * 4, "filenames": "x" * 12288})
    with pytest.raises(DataError, match=r"data_batch_3: asks for .*eval.*refused"):
        load_dataset("cifar10", folder).train_images[8]
    assert not (tmp_path / "trace").exists()


def test_a_truncated_file_is_refused_with_both_sizes(folder):
    path = folder / "data_batch_4"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"data_batch_4: .*5000 bytes found, at least 12292 expected for 4 images"):
        load_dataset("cifar10", folder)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": np.zeros((3, 3072), np.uint8)}, r"expected 4 images of 3072 bytes and 4 labels.*\(3, 3072\)"),
        ({"data": np.zeros((4, 3072), np.float32)}, r"found float32"),
        ({"data": np.zeros((4, 784), np.uint8)}, r"found uint8 \(4, 784\)"),
        ({"labels": [1, 2]}, r"4 labels.* and 2 labels"),
        ({"labels": [0, 1, 2, 10]}, r"labels outside 0 to 9"),
        ({"batch_label": "testing batch 1 of 1"}, r"calls itself 'testing batch 1 of 1'"),
        ({"batch_label": "training batch 3 of 6"}, r"calls itself"),
        ({"batch_label": "training batch 3 of 1"}, r"calls itself"),
        ({"batch_label": 1}, r"calls itself"),
        ({"labels": None, "fine_labels": [0] * 4}, r"CIFAR-100"),
    ],
)
def test_wrong_contents_are_refused(folder, changes, words):
    write(folder / "data_batch_1", batch("data_batch_1", **changes))
    with pytest.raises(DataError, match=rf"data_batch_1: .*{words}"):
        load_dataset("cifar10", folder)


def test_a_training_file_under_the_test_files_name_is_refused(folder):
    (folder / "test_batch").write_bytes((folder / "data_batch_1").read_bytes())
    with pytest.raises(DataError, match=r"test_batch: calls itself 'data_batch_1'"):
        load_dataset("cifar10", folder)


def test_missing_things_are_named(folder, tmp_path):
    (folder / "data_batch_5").unlink()
    with pytest.raises(DataError, match=r"data_batch_5: missing"):
        load_dataset("cifar10", folder)
    with pytest.raises(DataError, match=r"nowhere: no such file or folder"):
        load_dataset("cifar10", tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"--data DIR"):
        load_dataset("cifar10")
    with pytest.raises(DataError, match=r"did you mean digits"):
        load_dataset("digit")


@pytest.mark.parametrize("name", list(DATA_SOURCES))
def test_each_data_source_has_all_that_is_asked_of_it(name, folder):
    """It loads what it says, and a network of the usual size can be built for it and has a recipe."""
    source = data_source(name)
    loaded = load_dataset(name, folder if source.reads_files else None)
    assert source.name == loaded.name == name
    assert (loaded.image_shape, len(loaded.classes)) == (source.image_shape, source.classes)
    network = build_network(
        read_genotype("PDARTS"),
        channels=source.channels,
        layers=source.layers,
        image_shape=source.image_shape,
        classes=source.classes,
    )
    assert network.layer("classifier").shape == (source.classes, 1, 1)
    assert source.recipe.epochs > 0
    assert all(share < 1 and 0 < side <= source.image_shape[1] for share, side in source.recipe.sides)


def test_unknown_ones_are_refused_with_the_nearest():
    for ask in (data_source, load_dataset):
        with pytest.raises(DataError, match=r"unknown data set 'cifar': did you mean cifar10\?"):
            ask("cifar")


def toy(**changes):
    """Return a data set of four images of 8x8 in three classes, changed as told."""
    data = {f"{split}_images": np.zeros((4, 1, 8, 8)) for split in ("train", "test")}
    data |= {f"{split}_labels": np.array([0, 1, 2, 0]) for split in ("train", "test")}
    return Dataset(**{"name": "toy", "classes": ("a", "b", "c"), **data, **changes})


def with_a_pixel(value, dtype=np.float64):
    images = np.zeros((4, 1, 8, 8), dtype)
    images[2, 0, 3, 5] = value
    return images


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("label", [7, 3, -1])
def test_a_label_without_a_class_is_refused(split, label):
    with pytest.raises(DataError, match=rf"toy: {split}_labels\[2\] is {label}, outside the 3 classes, .* 0 to 2"):
        toy(**{f"{split}_labels": np.array([0, 1, label, 0])})


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("images", with_a_pixel(np.nan), r"images\[2\] has NaN or infinity at \(0, 3, 5\): correct it"),
        ("images", with_a_pixel(-np.inf, np.float32), r"images\[2\] has NaN or infinity"),
        ("images", np.zeros((4, 8, 8)), r"images is float64 \(4, 8, 8\): give floats \(n, channels, height, width\)"),
        ("images", np.zeros((4, 1, 8, 8), np.uint8), r"images is uint8 \(4, 1, 8, 8\): give floats .*, normalised"),
        ("images", [[[[0.0]]]] * 4, "images is of type list"),
        ("images", np.zeros((5, 1, 8, 8)), r"labels is int64 \(4,\): give integers, one for each of the 5 images"),
        (
            "images",
            np.zeros((4, 1, 8, 9)),
            r"images are \(1, 8, [89]\), but test_images \(1, 8, [89]\): make them equal",
        ),
        ("labels", np.zeros((4, 3)), r"labels is float64 \(4, 3\): give integers"),
        ("labels", np.array([0.0, 1, 2, 0]), "labels is float64"),
        ("labels", [0, 1, 2, 0], "labels is of type list: give integers"),
    ],
)
def test_own_arrays_that_are_no_images_or_labels_are_refused(split, name, value, said):
    with pytest.raises(DataError, match=f"^toy: (train|{split})_{said}"):
        toy(**{f"{split}_{name}": value})


def test_data_without_training_images_or_names_of_classes_is_refused():
    assert len(toy(test_images=np.zeros((0, 1, 8, 8)), test_labels=np.zeros(0, np.int64)).test_labels) == 0
    with pytest.raises(DataError, match="toy: train_images is empty, but voltages are chosen on them"):
        toy(train_images=np.zeros((0, 1, 8, 8)), train_labels=np.zeros(0, np.int64))
    for classes in ("abc", ["a", "b", "c"], (0, 1, 2)):
        with pytest.raises(DataError, match="toy: classes: give a tuple of names"):
            toy(classes=classes)


def test_a_folder_is_refused_by_a_data_set_that_reads_none(tmp_path):
    with pytest.raises(SetupError, match="has no effect on the data set digits, which needs no files"):
        load_dataset("digits", tmp_path)


@pytest.mark.parametrize("change", [{"classes": 9}, {"image_shape": (1, 8, 9)}, {"name": "other"}])
def test_data_that_is_not_as_its_source_says_is_refused(change, monkeypatch):
    """An estimate takes the source's word, and the loaded data's name finds weights and recipe."""
    monkeypatch.setitem(DATA_SOURCES, "digits", replace(data_source("digits"), **change))
    with pytest.raises(DataError, match=r"digits: loaded as 'digits' with images of \(1, 8, 8\) in 10 classes, but"):
        load_dataset("digits")


def test_recipes_are_recorded_as_in_the_shipped_weights():
    """A run is resumed only from a checkpoint whose recorded recipe is equal, key by key."""
    recorded = read_metadata(SHIPPED / "cifar10-PDARTS-C16-L8.npz")["recipe"]
    assert list(recorded) == list(asdict(Recipe()))
    assert list(recorded["disturbance"]) == list(asdict(Recipe().disturbance))
