# SPDX-License-Identifier: GPL-3.0-or-later
"""`Dataset`: the images and labels of a data set; `DataSource`: what is known of one before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from memnet.errors import DataError
from memnet.network.datasets.parts import PartedArray
from memnet.network.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Normalised images and their labels, always in the same order.

    What a `PartedArray` has was checked by whoever made it, in other ways than its type and shape.

    Attributes
    ----------
    train_images, test_images : (n, channels, height, width), normalised; float64, or to save memory float32 (CIFAR-10).
        Those of CIFAR-10 are read and normalised when they are asked for; `numpy.asarray` makes an array of all.
    train_labels, test_labels : (n,), 0 to len(classes) - 1.
    classes : names of the classes, by label.
    notes : remarks that belong beside figures obtained with this data, such as that its files are a re-encoded copy.

    Raises
    ------
    DataError
        an array is of another type or shape, train and test images differ in shape, a value is NaN or infinite, a label
        has no class, or there is no training image

    Examples
    --------
    >>> import numpy as np
    >>> images, labels = np.zeros((2, 1, 8, 8)), np.array([0, 1])
    >>> Dataset(name="two", train_images=images, train_labels=labels, test_images=images, test_labels=labels,
    ...         classes=("dark", "bright")).test_images.shape
    (2, 1, 8, 8)
    """

    name: str
    train_images: NDArray[Any] | PartedArray
    train_labels: NDArray[np.int64] | PartedArray
    test_images: NDArray[Any] | PartedArray
    test_labels: NDArray[np.int64] | PartedArray
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be classified; a label without a class would count as an error of the circuit."""
        if not isinstance(self.classes, tuple) or not all(isinstance(name, str) for name in self.classes):
            raise DataError(f"{self.name}: classes: give a tuple of names")
        for split, images, labels in (
            ("train", self.train_images, self.train_labels),
            ("test", self.test_images, self.test_labels),
        ):
            _check_images(f"{self.name}: {split}_images", images)
            _check_labels(f"{self.name}: {split}_labels", labels, len(images), len(self.classes))
        if not len(self.train_images):
            raise DataError(f"{self.name}: train_images is empty, but voltages are chosen on them: give at least one")
        shapes = self.train_images.shape[1:], self.test_images.shape[1:]
        if shapes[0] != shapes[1]:
            raise DataError(f"{self.name}: train_images are {shapes[0]}, but test_images {shapes[1]}: make them equal")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Return (channels, height, width) of one image.

        >>> load_dataset("digits").image_shape
        (1, 8, 8)
        """
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width


def _check_images(what: str, images: object) -> None:
    if not _is_array(images) or images.dtype not in (np.float32, np.float64) or len(images.shape) != 4:
        raise DataError(f"{what} is {_called(images)}: give floats (n, channels, height, width), normalised")
    if isinstance(images, PartedArray):
        return
    # Extremes show whether all is finite, and take no memory; the mask is made where something is not.
    if images.size and not np.isfinite([images.min(), images.max()]).all():
        image, *pixel = (int(at[0]) for at in np.nonzero(~np.isfinite(images)))
        raise DataError(f"{what}[{image}] has NaN or infinity at {tuple(pixel)}: correct it or leave it out")


def _check_labels(what: str, labels: object, images: int, classes: int) -> None:
    if not _is_array(labels) or labels.dtype.kind not in "iu" or labels.shape != (images,):
        raise DataError(f"{what} is {_called(labels)}: give integers, one for each of the {images} images")
    if isinstance(labels, PartedArray):
        return
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        raise DataError(
            f"{what}[{wrong[0]}] is {labels[wrong[0]]}, outside the {classes} classes, whose labels are 0 to "
            f"{classes - 1}: correct it, or name all classes"
        )


def _is_array(value: object) -> TypeGuard[NDArray[Any] | PartedArray]:
    return isinstance(value, np.ndarray | PartedArray)


def _called(value: object) -> str:
    """Return what an argument is, in words."""
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else f"of type {type(value).__name__}"


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
