# SPDX-License-Identifier: GPL-3.0-or-later
"""A data set of one's own from an npz file, as `numpy.savez` writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memnet.errors import DataError
from memnet.files import ContentsError, read_npz
from memnet.network.datasets.base import Dataset

SUFFIX = ".npz"
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
NAMES = "classes"


def is_own_file(name: str) -> bool:
    """Return whether the name of a data set is that of a file with arrays."""
    return name.lower().endswith(SUFFIX)


def read_own_file(path: Path) -> Dataset:
    """Return the data set of a file with the arrays in ARRAYS, and the names of classes in `classes`.

    Images are (n, channels, height, width) floats, normalised; labels (n,) integers from 0. Without names, classes are
    called after their labels, up to the largest of them. The data set is called after the file.

    Raises
    ------
    DataError
        there is no such file, it is damaged, lacks an array, or holds what `Dataset` refuses
    """
    try:
        arrays = read_npz(path, (*ARRAYS, NAMES))
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; give an npz file with {', '.join(ARRAYS)}") from error
    except ContentsError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        raise DataError(f"{path}: has no array {' and no '.join(missing)}; it needs {', '.join(ARRAYS)}")
    labels = {name: arrays[name] for name in ARRAYS[1::2]}
    whole = {name: values.astype(np.int64) for name, values in labels.items() if values.dtype.kind in "iu"}
    if NAMES in arrays:
        classes = tuple(str(name) for name in arrays[NAMES].reshape(-1).tolist())
    else:
        largest = max((int(values.max(initial=-1)) for values in whole.values()), default=-1)
        classes = tuple(str(label) for label in range(largest + 1))
    labels |= whole
    return Dataset(
        name=path.name,
        train_images=arrays["train_images"],
        train_labels=labels["train_labels"],
        test_images=arrays["test_images"],
        test_labels=labels["test_labels"],
        classes=classes,
    )
