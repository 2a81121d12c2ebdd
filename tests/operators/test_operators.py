# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators on values (channels, pixels, images): maps, sums with a finishing pass, extremes and max pools."""

from __future__ import annotations

import numpy as np
import pytest

from memnet.operators import (
    DenseMap,
    Extremes,
    Finish,
    SparseMap,
    Window,
    channel_map,
    dense_pieces,
    extremes,
    finished,
    max_pool,
    unroll,
    weighted_sum,
)

SOURCE = (4, 9, 7)
WINDOWS = [
    (Window.square(3, padding=1), (4, 9, 7)),
    (Window.square(5, padding=2, stride=2), (4, 5, 4)),
    (Window.square(3, padding=2, dilation=2), (4, 9, 7)),
]
DENSE = [
    (Window(offsets=((0, 0),), dense=True), (6, 9, 7)),
    (Window.square(3, padding=1, stride=2, dense=True), (6, 5, 4)),
    (Window(offsets=((0, 0), (1, 1)), stride=2, dense=True, per_output=True), (6, 4, 3)),
]


def drawn(*shape: int, dtype: type = np.float64) -> np.ndarray:
    return np.random.RandomState(sum(shape)).standard_normal(shape).astype(dtype)


def direct(window: Window, kernel: np.ndarray, values: np.ndarray, target: tuple[int, int, int]) -> np.ndarray:
    """Return the sums (channels, pixels, images) of a window, crossing by crossing; `kernel`: (out, in, taps)."""
    crossings, images = unroll(window, SOURCE, target), values.shape[-1]
    sums, flat = np.zeros((int(np.prod(target)), images)), values.reshape(-1, images)
    np.add.at(sums, crossings.columns, kernel.reshape(-1)[crossings.weight][:, None] * flat[crossings.rows])
    return sums.reshape(target[0], -1, images)


@pytest.mark.parametrize(("window", "target"), WINDOWS)
def test_channels_apart_are_summed_through_their_window(window, target):
    values, kernel = drawn(4, 63, 5), drawn(4, len(window.offsets))
    expected = direct(window, kernel[:, None], values, target)
    np.testing.assert_allclose(channel_map(window, kernel, SOURCE, target)(values), expected, atol=1e-12)
    crossings = unroll(window, SOURCE, target)
    factors = drawn(len(crossings.rows))
    each = SparseMap.of(crossings, factors, SOURCE, target)
    flat, sums = values.reshape(-1, 5), np.zeros((len(crossings.starts) - 1, 5))
    np.add.at(sums, crossings.columns, factors[:, None] * flat[crossings.rows])
    np.testing.assert_allclose(each(values).reshape(sums.shape), sums, atol=1e-12)


@pytest.mark.parametrize(("window", "target"), DENSE)
def test_a_matrix_for_all_pixels_or_one_for_each(window, target):
    values = drawn(4, 63, 5)
    kernel = drawn(6, 4, 1 if window.per_output else len(window.offsets))
    expected, matrix = direct(window, kernel, values, target), kernel.reshape(6, -1)
    pieces, pixels = dense_pieces(window, 6), target[1] * target[2]
    np.testing.assert_allclose(DenseMap(pieces, matrix, SOURCE, target)(values), expected, atol=1e-12)
    wide = matrix * np.arange(1.0, pixels + 1)[:, None, None]
    found = DenseMap(pieces, wide, SOURCE, target)(values)
    np.testing.assert_allclose(found, expected * np.arange(1.0, pixels + 1)[:, None], atol=1e-10)


@pytest.mark.parametrize("wide", [True, False])
def test_a_sum_is_finished_with_constant_slope_and_extremes(wide):
    window, target = WINDOWS[0]
    maps = [channel_map(window, drawn(4, 9), SOURCE, target), channel_map(window, -drawn(4, 9), SOURCE, target)]
    sources = [drawn(4, 63, 5), drawn(4, 63, 5)[:, ::-1].copy()]
    constant, slope = drawn(4, 63 if wide else 1), np.abs(drawn(4, 63 if wide else 1)) / 4
    out, found = weighted_sum(maps, sources, Finish(gain=0.5, constant=constant, slope=slope))
    total = 0.5 * sum(each(values) for each, values in zip(maps, sources, strict=True)) + constant[:, :, None]
    expected = np.where(total < 0, slope[:, :, None] * total, total)
    assert (total < 0).any() and (slope > 0).all()
    np.testing.assert_allclose(out, expected, atol=1e-12)
    np.testing.assert_allclose(found.low, np.minimum(expected.min(axis=(1, 2)), 0))
    np.testing.assert_allclose(found.high, np.maximum(expected.max(axis=(1, 2)), 0))


def test_finishing_leaves_its_input_unless_told():
    values = drawn(2, 3, 4)
    before = values.copy()
    for finish in (Finish(), Finish(gain=2.0), Finish(slope=np.zeros((2, 1)))):
        out, _ = finished(values, finish)
        assert out is not values
        np.testing.assert_array_equal(values, before)
    assert finished(values, Finish(slope=np.zeros((2, 1))), out=values)[0] is values and values.min() == 0.0


def test_extremes_hold_zero_and_join():
    values = np.array([[[1.0, 2.0]], [[-3.0, -1.0]]])
    found = extremes(values)
    assert found.low.tolist() == [0, -3] and found.high.tolist() == [2, 0] and found.peaks.tolist() == [2, 3]
    assert Extremes.joined([found, extremes(5 * values)]).peaks.tolist() == [2, 3, 10, 15] and found.peak == 3


@pytest.mark.parametrize(("window", "target"), WINDOWS[:2])
def test_max_pools_take_the_largest_in_the_map(window, target):
    values = drawn(4, 63, 5) - 10.0  # the padding, if it counted 0, would be the largest
    crossings = unroll(window, SOURCE, target)
    flat = values.reshape(-1, 5)[crossings.rows]
    expected = np.maximum.reduceat(flat, crossings.starts[:-1], axis=0).reshape(4, -1, 5)
    np.testing.assert_array_equal(max_pool(values, window, SOURCE, target), expected)
    leaky = max_pool(values, window, SOURCE, target, leak=1e-3)
    assert (leaky <= expected).all() and 0 < (expected - leaky).max() < 0.05
