# SPDX-License-Identifier: GPL-3.0-or-later
"""CIFAR-10 from the files of its Python version, which are pickles; code that a file contains is never executed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import DataError
from memnet.network.datasets.base import Dataset, DataSource
from memnet.network.datasets.cifar_files import CIFAR_FOLDER, CifarFiles
from memnet.network.datasets.parts import PartedArray
from memnet.network.datasets.plain_pickle import PickleError, read_dictionary
from memnet.network.recipe import Recipe

CIFAR_MEAN = (0.4914, 0.4822, 0.4465)  # of red, green and blue in the training set, scale 0 to 1; the usual values
CIFAR_STD = (0.2470, 0.2435, 0.2616)
CIFAR_PIXELS = 3 * 32 * 32
MOST_IMAGES = 50_000  # in one file
TRAINING_FILES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_FILE = "test_batch"
FIRST_FILES = ("batches.meta", TRAINING_FILES[0], TEST_FILE)  # all that is read unless a network is trained


def load_cifar10(data_dir: Path | None) -> Dataset:
    """Return CIFAR-10, whose images are normalised as they are asked for.

    The test images and the first file of training images are read at once; `notes` says if these files differ from the
    original. The other files must be there and large enough; each is read and checked once an image in it is asked for.

    Parameters
    ----------
    data_dir : the folder ``cifar-10-batches-py``, the folder that holds it, or its ``.tar.gz``

    Raises
    ------
    DataError
        no folder is given, or its files are bad; also, from the images or labels, once a bad file is read
    """
    if data_dir is None:
        raise DataError(f"cifar10: say where it is: --data DIR, the folder {CIFAR_FOLDER} or its .tar.gz")
    files = CifarFiles(data_dir, FIRST_FILES)
    batches = _Batches(files)
    test_labels = batches.read(TEST_FILE)[1]
    for name in TRAINING_FILES:
        batches.look_at(name)
    differ = f"{len(files.altered)} of the {len(FIRST_FILES)} files read first differ from the original CIFAR-10 (MD5)"
    return Dataset(
        name="cifar10",
        classes=batches.classes,
        notes=(f"{differ}: a re-encoded copy",) if files.altered else (),
        train_images=batches.images(TRAINING_FILES),
        train_labels=batches.labels(TRAINING_FILES),
        test_images=batches.images((TEST_FILE,)),
        test_labels=test_labels,
    )


class _Batches:
    """The files of images and labels; each is read and checked once, when it is first needed, and then kept."""

    def __init__(self, files: CifarFiles) -> None:
        self.files = files
        self.classes, self.count = _meta(files.read("batches.meta"), files.path("batches.meta"))
        self.kept: dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]] = {}

    def look_at(self, name: str) -> None:
        """Read a file of FIRST_FILES; of another one look whether it may have all its images."""
        if name in FIRST_FILES:
            self.read(name)
        elif (size := self.files.sizes[name]) < _least_bytes(self.count):
            found = f"{size} bytes found, {_expected(self.count)}"
            raise DataError(f"{self.files.path(name)}: is too small: {found}; fetch it again")

    def read(self, name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return the pixels (count, 3072) and labels (count,) of a file."""
        if name not in self.kept:
            self.kept[name] = _batch(self.files.read(name), self.files.path(name), name, self.count)
        return self.kept[name]

    def images(self, names: Sequence[str]) -> PartedArray:
        """Return the images of some files, normalised."""
        return PartedArray(
            shape=(len(names) * self.count, 3, 32, 32),
            dtype=np.dtype(np.float32),
            part_length=self.count,
            read=lambda number: self.read(names[number])[0],
            finish=_normalised,
        )

    def labels(self, names: Sequence[str]) -> PartedArray:
        """Return the labels of some files."""
        return PartedArray(
            shape=(len(names) * self.count,),
            dtype=np.dtype(np.int64),
            part_length=self.count,
            read=lambda number: self.read(names[number])[1],
        )


def _least_bytes(count: int) -> int:
    """Return how many bytes images and their labels take at least."""
    return count * (CIFAR_PIXELS + 1)


def _expected(count: int) -> str:
    return f"at least {_least_bytes(count)} expected for {count} images"


def _unpickle(data: bytes, path: str, expected: str) -> dict[str, Any]:
    try:
        return read_dictionary(data)
    except PickleError as error:
        raise DataError(f"{path}: {error}: {len(data)} bytes found, {expected}") from error


def _meta(data: bytes, path: str) -> tuple[tuple[str, ...], int]:
    """Return the names of the classes and the images in each file, checked."""
    meta = _unpickle(data, path, "158 in the original")
    names, count = meta.get("label_names"), meta.get("num_cases_per_batch")
    pixels = meta.get("num_vis", CIFAR_PIXELS)
    named = isinstance(names, list) and len(names) == 10 and all(isinstance(name, str) for name in names)
    sized = isinstance(pixels, int) and pixels == CIFAR_PIXELS
    if named and sized and isinstance(count, int) and 0 < count <= MOST_IMAGES:
        return tuple(names or ()), count
    raise DataError(f"{path}: does not describe ten classes of 32x32x3 images")


def _batch(data: bytes, path: str, name: str, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the pixels (count, 3072) and labels (count,) of one file, checked."""
    content = _unpickle(data, path, _expected(count))
    pixels, labels = content.get("data"), content.get("labels")
    labels = labels.tolist() if isinstance(labels, np.ndarray) else labels
    if not isinstance(pixels, np.ndarray) or not isinstance(labels, list):
        keys = ascii(", ".join(sorted(content))[:80])
        raise DataError(f"{path}: has {keys}, but CIFAR-10 has data and labels; is this CIFAR-100?")
    if pixels.dtype != np.uint8 or pixels.shape != (count, CIFAR_PIXELS) or len(labels) != count:
        raise DataError(
            f"{path}: expected {count} images of {CIFAR_PIXELS} bytes and {count} labels, "
            f"found {pixels.dtype} {pixels.shape} and {len(labels)} labels; fetch it again"
        )
    if not all(isinstance(label, int) and 0 <= label < 10 for label in labels):
        raise DataError(f"{path}: has labels outside 0 to 9; it is no file of CIFAR-10")
    label = content.get("batch_label", name)  # such as `training batch 1 of 5` or `testing batch 1 of 1`
    own = r"test" if name == TEST_FILE else rf"(?!.*test).*batch.{name[-1]}(\D|$)"
    if not isinstance(label, str) or not re.match(own, label):
        said = ascii(str(label)[:80]) if isinstance(label, str) else "something else"
        raise DataError(f"{path}: calls itself {said}, so it stands under a wrong name; restore the original names")
    return pixels, np.asarray(labels, dtype=np.int64)


def _normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return images (n, 3, 32, 32) of pixels (n, 3072): (pixel / 255 - mean) / standard deviation of each colour."""
    images = np.empty((len(pixels), 3, 32, 32), dtype=np.float32)
    for channel, (mean, std) in enumerate(zip(CIFAR_MEAN, CIFAR_STD, strict=True)):
        table = ((np.arange(256) / 255.0 - mean) / std).astype(np.float32)
        images[:, channel] = table[pixels.reshape(-1, 3, 32, 32)[:, channel]]
    return images


CIFAR10 = DataSource(
    name="cifar10",
    image_shape=(3, 32, 32),
    classes=10,
    channels=16,
    layers=8,
    recipe=Recipe(
        epochs=30,
        batch_size=64,
        learning_rate=0.08,
        muon_rate=0.04,
        label_smoothing=0.05,
        sides=((0.0, 16), (0.3, 24), (0.65, 32)),
    ),
    load=load_cifar10,
)
