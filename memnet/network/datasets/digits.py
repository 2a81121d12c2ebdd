# SPDX-License-Identifier: GPL-3.0-or-later
"""Handwritten digits, 8x8 pixels in 10 classes, from the file `digits.npz` beside this one.

They are those that scikit-learn contains; `digits.md` has their source and their licence.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memnet.errors import DataError
from memnet.files import ContentsError, read_npz
from memnet.network.datasets.base import Dataset, DataSource
from memnet.network.recipe import Recipe

FILE = Path(__file__).with_name("digits.npz")
MOST_PIXEL = 16.0  # of the 4x4 points of a pixel all are ink


def load_digits(data_dir: Path | None = None) -> Dataset:
    """Load the 1,797 digits, pixel values 0 to 1; 360 of them, stratified and always the same, are test images.

    Parameters
    ----------
    data_dir : ignored, since the images come with memnet; `load_dataset` refuses one

    Raises
    ------
    DataError
        the file with the images is missing or damaged
    """
    try:
        arrays = read_npz(FILE)
    except (ContentsError, FileNotFoundError) as error:
        raise DataError(f"{FILE}: missing or damaged ({error}); install memnet again") from error
    return Dataset(
        name="digits",
        classes=tuple("0123456789"),
        train_images=arrays["train_images"] / MOST_PIXEL,
        train_labels=arrays["train_labels"].astype(np.int64),
        test_images=arrays["test_images"] / MOST_PIXEL,
        test_labels=arrays["test_labels"].astype(np.int64),
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
