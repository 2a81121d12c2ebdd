# SPDX-License-Identifier: GPL-3.0-or-later
"""CIFAR-10 from the files of its Python version, which are pickles; code that a file contains is never executed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import DataError
from memnet.network.datasets.base import Dataset, DataSource
from memnet.network.datasets.cifar_files import CIFAR_FOLDER, CIFAR_MD5, CifarFiles
from memnet.network.datasets.plain_pickle import PickleError, read_dictionary
from memnet.network.recipe import Recipe

CIFAR_MEAN = (0.4914, 0.4822, 0.4465)  # of red, green and blue in the training set, scale 0 to 1; the usual values
CIFAR_STD = (0.2470, 0.2435, 0.2616)
CIFAR_PIXELS = 3 * 32 * 32
MOST_IMAGES = 50_000  # in one file


def load_cifar10(data_dir: Path | None) -> Dataset:
    """Return CIFAR-10, normalised; `notes` says if files differ from the original.

    Parameters
    ----------
    data_dir : the folder ``cifar-10-batches-py``, the folder that holds it, or its ``.tar.gz``

    Raises
    ------
    DataError
        no folder is given, or its files are bad
    """
    if data_dir is None:
        raise DataError(f"cifar10: say where it is: --data DIR, the folder {CIFAR_FOLDER} or its .tar.gz")
    files = CifarFiles(data_dir)
    meta_bytes = files.read("batches.meta")
    classes, count = _meta(meta_bytes, files.path("batches.meta"))
    altered = [] if hashlib.md5(meta_bytes).hexdigest() == CIFAR_MD5["batches.meta"] else ["batches.meta"]
    parts: dict[str, list[tuple[NDArray[np.uint8], NDArray[np.int64]]]] = {"train": [], "test": []}
    for name in CIFAR_MD5:
        if name != "batches.meta":
            data = files.read(name)
            if hashlib.md5(data).hexdigest() != CIFAR_MD5[name]:
                altered.append(name)
            parts["test" if name == "test_batch" else "train"].append(_batch(data, files.path(name), name, count))
    note = f"{len(altered)} of {len(CIFAR_MD5)} files differ from the original CIFAR-10 (MD5): a re-encoded copy"
    images = {split: _normalised(np.concatenate([pixels for pixels, _ in pairs])) for split, pairs in parts.items()}
    labels = {split: np.concatenate([labels for _, labels in pairs]) for split, pairs in parts.items()}
    return Dataset(
        name="cifar10",
        classes=classes,
        notes=(note,) if altered else (),
        train_images=images["train"],
        train_labels=labels["train"],
        test_images=images["test"],
        test_labels=labels["test"],
    )


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
    content = _unpickle(data, path, f"at least {count * (CIFAR_PIXELS + 1)} expected for {count} images")
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
    own = r"test" if name == "test_batch" else rf"(?!.*test).*batch.{name[-1]}(\D|$)"
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
