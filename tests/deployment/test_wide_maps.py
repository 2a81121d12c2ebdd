# SPDX-License-Identifier: GPL-3.0-or-later
"""On maps wider than those of the digits, windows read every pixel they should, by the definition written as loops."""

from __future__ import annotations

import numpy as np
import pytest

from memnet.operators import Window, count_crossings, inside, unroll
from memnet.operators.patches import patches

SHAPES = [((2, 11, 13), 1), ((2, 12, 10), 2), ((1, 17, 16), 1), ((1, 34, 33), 1)]


def read_by(window: Window, source: tuple[int, int, int], y: int, x: int) -> list[tuple[int, int, int]]:
    """Return tap, row and column of the pixels that an output pixel reads."""
    places = [(y * window.stride + dy, x * window.stride + dx) for dy, dx in window.offsets]
    return [
        (tap, *place)
        for tap, place in enumerate(places)
        if place[0] in range(source[1]) and place[1] in range(source[2])
    ]


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (5, 2)])
@pytest.mark.parametrize(("source", "stride"), SHAPES)
def test_every_tap_on_the_map_is_read(source, stride, kernel, dilation):
    window = Window.square(kernel, stride=stride, dilation=dilation, padding=dilation * (kernel // 2), dense=True)
    target = (1, -(-source[1] // stride), -(-source[2] // stride))
    values = np.arange(1.0, 1.0 + np.prod(source)).reshape(source)
    rows, expected = [], np.zeros((source[0], len(window.offsets), *target[1:]))
    for y in range(target[1]):
        for x in range(target[2]):
            read = read_by(window, source, y, x)
            for tap, row, column in read:
                expected[:, tap, y, x] = values[:, row, column]
            rows += [(c * source[1] + row) * source[2] + column for _, row, column in read for c in range(source[0])]
    unrolled = unroll(window, source, target)
    assert unrolled.rows.tolist() == rows
    assert count_crossings(window, source, target) == len(rows)
    assert np.array_equal(inside(window, source, target).reshape(expected.shape[1:]), expected[0] > 0)
    found = patches(window, source, target, values.reshape(source[0], -1, 1))
    assert np.array_equal(found.reshape(expected.shape), expected)
