# SPDX-License-Identifier: GPL-3.0-or-later
"""The handwritten digits that scikit-learn contains: 8x8 pixels, 10 classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memnet.network.datasets.base import Dataset, DataSource
from memnet.network.recipe import Recipe


def load_digits(data_dir: Path | None = None) -> Dataset:
    """Load the 1,797 digits, pixel values 0 to 1; 360 of them, stratified and always the same, are test images.

    Parameters
    ----------
    data_dir : ignored, since scikit-learn contains the images; `load_dataset` refuses one
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    train, test = train_test_split(np.arange(len(labels)), test_size=360, stratify=labels, random_state=0)
    scaled = images.reshape(-1, 1, 8, 8).astype(np.float64) / 16.0
    labels = labels.astype(np.int64)
    return Dataset(
        name="digits",
        classes=tuple("0123456789"),
        train_images=scaled[train],
        train_labels=labels[train],
        test_images=scaled[test],
        test_labels=labels[test],
    )


DIGITS = DataSource(
    name="digits",
    image_shape=(1, 8, 8),
    classes=10,
    channels=4,
    layers=3,
    recipe=Recipe(epochs=100, batch_size=48, shift=1, flip=False),
    load=load_digits,
    reads_files=False,
)
