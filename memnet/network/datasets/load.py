# SPDX-License-Identifier: GPL-3.0-or-later
"""`DATA_SOURCES`: the data sets by name; `load_dataset` loads one of them."""

from __future__ import annotations

from pathlib import Path

from memnet.errors import DataError, SetupError, as_known, choices
from memnet.network.datasets.base import Dataset, DataSource
from memnet.network.datasets.cifar10 import CIFAR10
from memnet.network.datasets.digits import DIGITS
from memnet.network.datasets.own_file import is_own_file, read_own_file
from memnet.network.recipe import Recipe

DATA_SOURCES: dict[str, DataSource] = {source.name: source for source in (DIGITS, CIFAR10)}


def data_source(name: str) -> DataSource:
    """Return what is known of the data set of that name, without loading it.

    Raises
    ------
    DataError
        there is none of that name; the message has similar names, or all
    """
    name = as_known(name, DATA_SOURCES)
    if name not in DATA_SOURCES:
        raise DataError(f"unknown data set {name!r}: {choices(name, DATA_SOURCES)}")
    return DATA_SOURCES[name]


def recipe_of(name: str) -> Recipe:
    """Return the usual training recipe of the data set of that name; for a file of one's own that of digits.

    Raises
    ------
    DataError
        there is none of that name
    """
    return (DIGITS if is_own_file(name) else data_source(name)).recipe


def load_dataset(name: str, data_dir: Path | str | None = None) -> Dataset:
    """Load a data set: `digits`, which comes with memnet, `cifar10` from a folder or archive, or an npz file.

    Parameters
    ----------
    name : one of `DATA_SOURCES`, or the path of a file that `read_own_file` reads
    data_dir : the folder or archive with its files, for `cifar10` the folder ``cifar-10-batches-py``, the folder that
        holds it, or its ``.tar.gz``; none for `digits`.

    Raises
    ------
    DataError
        An unknown name, files that are missing, truncated or mislabelled, or contain other classes than arrays, or
        images that are not as the data source says.
    SetupError
        A folder for a data set that reads none.

    Examples
    --------
    >>> digits = load_dataset("digits")
    >>> digits.test_images.shape, digits.test_labels.shape
    ((360, 1, 8, 8), (360,))
    """
    if is_own_file(name):
        if data_dir is not None:
            raise SetupError(f"data_dir = {str(data_dir)!r} has no effect on the data set {name}, a file: leave it out")
        return read_own_file(Path(name))
    source = data_source(name)
    if data_dir is not None and not source.reads_files:
        raise SetupError(
            f"data_dir = {str(data_dir)!r} has no effect on the data set {name}, which needs no files: leave it out"
        )
    dataset = source.load(None if data_dir is None else Path(data_dir))
    found = (dataset.name, dataset.image_shape, len(dataset.classes))
    if found != (source.name, source.image_shape, source.classes):
        raise DataError(
            f"{name}: loaded as {found[0]!r} with images of {found[1]} in {found[2]} classes, but its data source says "
            f"{source.name!r}, {source.image_shape} and {source.classes}; make the two agree"
        )
    return dataset
