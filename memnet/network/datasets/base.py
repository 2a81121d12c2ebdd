# SPDX-License-Identifier: GPL-3.0-or-later
"""`Dataset`: the images and labels of a data set in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Normalised images and their labels, always in the same order.

    Attributes
    ----------
    train_images, test_images : (n, channels, height, width), normalised; float64, or to save memory float32 (CIFAR-10).
    train_labels, test_labels : (n,), 0 to len(classes) - 1.
    classes : names of the classes, by label.
    notes : remarks that belong beside figures obtained with this data, such as that its files are a re-encoded copy.
    """

    name: str
    train_images: NDArray[Any]
    train_labels: NDArray[np.int64]
    test_images: NDArray[Any]
    test_labels: NDArray[np.int64]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Return (channels, height, width) of one image."""
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width
