# SPDX-License-Identifier: GPL-3.0-or-later
"""`load_dataset`: loads a data set, given its name."""

from __future__ import annotations

from pathlib import Path

from memnet.errors import DataError, choices
from memnet.network.datasets.base import Dataset
from memnet.network.datasets.cifar10 import CIFAR_FOLDER, _CifarFiles, load_cifar10
from memnet.network.datasets.digits import load_digits


def load_dataset(name: str, data_dir: Path | str | None = None) -> Dataset:
    """Load `digits`, which scikit-learn contains, or `cifar10`, from a folder or archive.

    Parameters
    ----------
    data_dir : the folder ``cifar-10-batches-py``, the folder that holds it, or its ``.tar.gz``; `digits` ignores it.

    Raises
    ------
    DataError
        An unknown name, or files that are missing, truncated or mislabelled, or contain other classes than arrays.
    """
    if name == "digits":
        return load_digits()
    if name == "cifar10":
        if data_dir is None:
            raise DataError(f"cifar10: say where it is: --data DIR, the folder {CIFAR_FOLDER} or its .tar.gz")
        return load_cifar10(_CifarFiles(Path(data_dir)))
    raise DataError(f"{name}: no such data set; {choices(name, ('digits', 'cifar10'))}")
