# SPDX-License-Identifier: GPL-3.0-or-later
"""`Dataset`: the images and labels of a data set in memory; `DataSource`: what is known of one before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import DataError
from memnet.network.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Normalised images and their labels, always in the same order.

    Attributes
    ----------
    train_images, test_images : (n, channels, height, width), normalised; float64, or to save memory float32 (CIFAR-10).
    train_labels, test_labels : (n,), 0 to len(classes) - 1.
    classes : names of the classes, by label.
    notes : remarks that belong beside figures obtained with this data, such as that its files are a re-encoded copy.

    Raises
    ------
    DataError
        a label has no class
    """

    name: str
    train_images: NDArray[Any]
    train_labels: NDArray[np.int64]
    test_images: NDArray[Any]
    test_labels: NDArray[np.int64]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a label without a class: no output of a circuit stands for it, so it would count as an error."""
        for name in ("train_labels", "test_labels"):
            labels, count = np.asarray(getattr(self, name)), len(self.classes)
            wrong = np.flatnonzero(~np.isin(labels, np.arange(count)))
            if len(wrong):
                raise DataError(
                    f"{self.name}: {name}[{wrong[0]}] is {labels.flat[wrong[0]]}, outside the {count} classes, whose "
                    f"labels are 0 to {count - 1}: correct it, or name all classes"
                )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Return (channels, height, width) of one image."""
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """A data set by name: its sizes, the usual network and training recipe for it, and how it is loaded.

    Attributes
    ----------
    image_shape : (channels, height, width) of one image
    classes : number of classes
    channels, layers : C and L that networks for it usually have
    recipe : settings of training, where none are given
    load : returns the data set, given the folder or archive that holds it, or None; raises `DataError` where it needs
        one and there is none, or where the files are bad
    reads_files : whether it reads a folder or archive; if not, a folder that is given is refused
    """

    name: str
    image_shape: tuple[int, int, int]
    classes: int
    channels: int
    layers: int
    recipe: Recipe
    load: Callable[[Path | None], Dataset]
    reads_files: bool = True
