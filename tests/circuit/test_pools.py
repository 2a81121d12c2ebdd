# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of selectors give the largest of each window and share comparators between neighbouring windows."""

from __future__ import annotations

import numpy as np
import pytest

from memnet.circuit.pools import count_selectors, max_tree
from memnet.operators import Window


def tree(stride, height, width, channels=2):
    """Return the selectors of a pool over nets 1, 2, ..., the input nets and the output nets."""
    inputs = np.arange(1, 1 + channels * height * width).reshape(channels, height, width)
    last = [inputs.size]

    def allocate(_name, count):
        last[0] += count
        return np.arange(last[0] - count + 1, last[0] + 1)

    window = Window.square(3, stride=stride, padding=1)
    target = (channels, height // stride, width // stride)
    return (*max_tree(window, inputs, target, allocate), inputs, window, target)


@pytest.mark.parametrize(
    ("stride", "height", "width"), [(1, 1, 1), (1, 2, 2), (1, 4, 4), (1, 5, 3), (1, 8, 8), (2, 2, 2), (2, 8, 4)]
)
def test_every_output_is_the_largest_of_its_window(stride, height, width):
    selectors, out, inputs, window, target = tree(stride, height, width)
    volts = np.zeros(1 + out.size + inputs.size + sum(3 * len(bank.out) for bank in selectors))
    volts[inputs] = np.random.RandomState(0).standard_normal(inputs.shape) - 3.0  # negative, so that padding would win
    for bank in selectors:
        volts[bank.out] = np.maximum(volts[bank.first], volts[bank.second])
    padded = np.pad(volts[inputs], ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    for y in range(target[1]):
        for x in range(target[2]):
            seen = padded[:, y * stride : y * stride + 3, x * stride : x * stride + 3]
            assert np.array_equal(volts[out[:, y, x]], seen.max(axis=(1, 2)))
    made = sum(len(bank.out) for bank in selectors)
    assert count_selectors(window, inputs.shape, target) == made


def test_aligned_pairs_serve_two_windows_at_stride_one():
    selectors, out, *_ = tree(1, 8, 8, channels=1)
    assert sum(len(bank.out) for bank in selectors) == 2.5 * out.size  # a chain for each output takes 3.5
