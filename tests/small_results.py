# SPDX-License-Identifier: GPL-3.0-or-later
"""Small data and simulations that several test files share, each made once a worker; conftest.py imports them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from needed import needs

from memnet.flow.chip import simulate
from memnet.network.datasets.base import Dataset
from memnet.network.datasets.digits import DIGITS
from memnet.network.datasets.load import DATA_SOURCES, load_dataset

# One convolution, one pool and skips: every kind of stage, few amplifiers.
SMALL = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('skip_connect', 0), ('max_pool_3x3', 1), "
    "('skip_connect', 0), ('skip_connect', 1), ('avg_pool_3x3', 0), ('skip_connect', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('skip_connect', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('skip_connect', 2), "
    "('skip_connect', 3), ('skip_connect', 2), ('skip_connect', 3)], reduce_concat=range(2, 6))"
)


@pytest.fixture(scope="session")
def small_digits():
    """Return the digits at 4x4 pixels, the mean of four each."""
    digits = load_dataset("digits")

    def halve(images):
        return images.reshape(len(images), 1, 4, 2, 4, 2).mean(axis=(3, 5))

    return Dataset(
        name="digits4x4",
        classes=digits.classes,
        train_images=halve(digits.train_images)[:200],
        train_labels=digits.train_labels[:200],
        test_images=halve(digits.test_images)[:30],
        test_labels=digits.test_labels[:30],
    )


@pytest.fixture
def digits_of_half_the_size(small_digits, monkeypatch):
    """Let the data set `digits` be the small one: commands and snippets, which have no size of their own, are quick."""

    def load(_data_dir=None):
        return replace(small_digits, name="digits")

    monkeypatch.setitem(DATA_SOURCES, "digits", replace(DIGITS, image_shape=(1, 4, 4), load=load))


@pytest.fixture(scope="session")
def small_genotype():
    """Return a genotype whose circuit is small."""
    return SMALL


@pytest.fixture(scope="session")
def dc_result(small_digits):
    """Return a dc simulation of six small images."""
    return simulate(SMALL, channels=1, dataset=small_digits, images=6)


@pytest.fixture(scope="session")
def transient_result(small_digits):
    """Return a transient simulation of a small network."""
    needs("ngspice")
    return simulate(SMALL, channels=1, dataset=small_digits, images=6, analysis="transient")
