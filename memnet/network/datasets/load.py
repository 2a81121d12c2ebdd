"""Loads a data set by name."""

from __future__ import annotations

from pathlib import Path

from memnet.errors import DataError, choices
from memnet.network.datasets.base import Dataset
from memnet.network.datasets.cifar10 import CIFAR_FOLDER, _CifarFiles, load_cifar10
from memnet.network.datasets.digits import load_digits


def load_dataset(name: str, data_dir: Path | str | None = None) -> Dataset:
    """Load `digits` (comes with scikit-learn) or `cifar10` (from a folder or archive the user names).

    Parameters
    ----------
    data_dir : the folder ``cifar-10-batches-py``, one that holds it, or its ``.tar.gz``; digits need none.

    Raises
    ------
    DataError
        An unknown name, or files that are missing, truncated, mislabelled or hold foreign classes.
    """
    if name == "digits":
        return load_digits()
    if name == "cifar10":
        if data_dir is None:
            raise DataError(f"cifar10: say where it is: --data DIR, the folder {CIFAR_FOLDER} or its .tar.gz")
        return load_cifar10(_CifarFiles(Path(data_dir)))
    raise DataError(f"{name}: no such data set; {choices(name, ('digits', 'cifar10'))}")
