# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators on values (channels, pixels, images): maps, sums with a finishing pass, extremes and max pools."""

from __future__ import annotations

import numpy as np
import pytest

from memnet.operators import (
    ChannelMap,
    DenseMap,
    Extremes,
    Finish,
    LinearMap,
    NegativeCoupling,
    Window,
    dense_pieces,
    extremes,
    finished,
    max_pool,
    unroll,
    weighted_sum,
)

SOURCE = (4, 9, 7)
KINDS = [(np.float64, 1e-12), (np.float32, 2e-6)]  # float32 values go through the compiled kernels where there are any
IMAGES = (5, 16, 75)  # vectors in part, whole ones, and both
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


def drawn(*shape: int, kind: type = np.float64) -> np.ndarray:
    return np.random.RandomState(sum(shape)).standard_normal(shape).astype(kind)


def direct(window: Window, kernel: np.ndarray, values: np.ndarray, target: tuple[int, int, int]) -> np.ndarray:
    """Return the sums (channels, pixels, images) of a window, crossing by crossing; `kernel`: (out, in, taps)."""
    crossings, images = unroll(window, SOURCE, target), values.shape[-1]
    sums, flat = np.zeros((int(np.prod(target)), images)), values.reshape(-1, images)
    np.add.at(sums, crossings.columns, kernel.reshape(-1)[crossings.weight][:, None] * flat[crossings.rows])
    return sums.reshape(target[0], -1, images)


@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize(("kind", "near"), KINDS)
@pytest.mark.parametrize(("window", "target"), WINDOWS)
def test_channels_apart_are_summed_through_their_window(window, target, kind, near, images):
    values, kernel = drawn(4, 63, images, kind=kind), drawn(4, len(window.offsets), kind=kind)
    expected = direct(window, kernel[:, None], values, target)
    shared = ChannelMap(window, kernel, SOURCE, target)
    check_sum(shared, values, expected, near)
    crossings = unroll(window, SOURCE, target)
    factors = drawn(4, len(crossings.rows) // 4, kind=kind)
    flat, sums = values.reshape(-1, images), np.zeros((len(crossings.starts) - 1, images))
    np.add.at(sums, crossings.columns, factors.reshape(-1)[:, None] * flat[crossings.rows])
    each = ChannelMap(window, factors, SOURCE, target, each=True)
    check_sum(each, values, sums.reshape(4, -1, images), near)
    some = np.array([1, 3])
    check_sum(ChannelMap(window, kernel, SOURCE, target, channels=some), values, expected[some], near)


@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize(("kind", "near"), KINDS)
@pytest.mark.parametrize(("window", "target"), DENSE)
def test_a_matrix_for_all_pixels_or_one_for_each(window, target, kind, near, images):
    """11 channels are no whole number of the tiles in which kernels compute them."""
    values, target = drawn(4, 63, images, kind=kind), (11, *target[1:])
    kernel = drawn(11, 4, 1 if window.per_output else len(window.offsets), kind=kind)
    expected, matrix = direct(window, kernel, values, target), kernel.reshape(11, -1)
    pieces, pixels = dense_pieces(window, 11), target[1] * target[2]
    check_sum(DenseMap(pieces, matrix, SOURCE, target), values, expected, near)
    step = np.linspace(0.5, 1.0, pixels, dtype=kind)
    wide, each = matrix * step[:, None, None], expected * step[:, None]
    check_sum(DenseMap(pieces, wide, SOURCE, target), values, each, near)
    for some in (np.array([2, 7, 8]), np.array([9])):
        check_sum(DenseMap(pieces, matrix, SOURCE, target, channels=some), values, expected[some], near)
        check_sum(DenseMap(pieces, wide, SOURCE, target, channels=some), values, each[some], near)


def check_sum(each: LinearMap, values: np.ndarray, expected: np.ndarray, near: float) -> None:
    """Hold a map against sums that are known: called, and as the only one of a weighted sum with two finishes."""
    near *= np.abs(expected).max()
    assert each.shape == expected.shape[:2]
    np.testing.assert_allclose(each(values), expected, rtol=0, atol=near)
    out, found = weighted_sum([each], [values], Finish())
    np.testing.assert_allclose(out, expected, rtol=0, atol=near)
    check_extremes(found, expected, near)
    given = np.full_like(out, np.nan)
    out, found = weighted_sum([each], [values], Finish(gain=-2.0, slope=np.zeros((len(out), 1))), out=given)
    assert out is given and (found.low == 0).all()
    np.testing.assert_allclose(out, np.maximum(-2.0 * expected, 0.0), rtol=0, atol=2 * near)


def check_extremes(found: Extremes, expected: np.ndarray, near: float) -> None:
    np.testing.assert_allclose(found.low, np.minimum(expected.min(axis=(1, 2)), 0), rtol=0, atol=near)
    np.testing.assert_allclose(found.high, np.maximum(expected.max(axis=(1, 2)), 0), rtol=0, atol=near)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize(("kind", "near"), KINDS)
def test_maps_of_all_kinds_add_up_and_are_finished(kind, near, wide):
    """A pointwise map, one over halves of the channels, and two that read channels apart."""
    target, images = DENSE[2][1], 21
    apart = Window(offsets=((0, 0), (1, 0)), stride=2)
    maps = [
        DenseMap(dense_pieces(DENSE[2][0], 12), drawn(12, 4, kind=kind), SOURCE, (12, 4, 3)),
        ChannelMap(apart, drawn(12, 2, kind=kind), (12, 9, 7), (12, 4, 3)),
        DenseMap(dense_pieces(DENSE[0][0], 12), drawn(12, 12, 5, kind=kind), (5, 4, 3), (12, 4, 3)),
        ChannelMap(apart, drawn(12, 24, kind=kind), (12, 9, 7), (12, 4, 3), each=True),
    ]
    pixels = target[1] * target[2]
    sources = [drawn(*shape, images, kind=kind) for shape in ((4, 63), (12, 63), (5, pixels), (12, 63))]
    constant, slope = (
        drawn(12, pixels if wide else 1, kind=kind),
        np.abs(drawn(12, pixels if wide else 1, kind=kind)) / 4,
    )
    before = [values.copy() for values in sources]
    out, found = weighted_sum(maps, sources, Finish(gain=0.5, constant=constant, slope=slope))
    total = 0.5 * sum(each(values.astype(np.float64)) for each, values in zip(maps, sources, strict=True))
    total = total + constant[:, :, None]
    expected = np.where(total < 0, slope[:, :, None] * total, total)
    assert (total < 0).any() and (slope > 0).all() and out.dtype == kind
    near *= np.abs(expected).max()
    np.testing.assert_allclose(out, expected, rtol=0, atol=near)
    check_extremes(found, expected, near)
    for values, old in zip(sources, before, strict=True):
        np.testing.assert_array_equal(values, old)


@pytest.mark.parametrize(("kind", "near"), KINDS)
def test_maps_that_read_channels_apart_add_up_without_a_dense_one(kind, near):
    (window, target), values = WINDOWS[0], drawn(4, 63, 21, kind=kind)
    maps = [ChannelMap(window, drawn(4, 9 + shift, kind=kind)[:, shift:], SOURCE, target) for shift in range(3)]
    out, found = weighted_sum(maps, [values] * 3, Finish())
    expected = sum(direct(window, each.factors[:, None], values, target) for each in maps)
    near *= np.abs(expected).max()
    np.testing.assert_allclose(out, expected, rtol=0, atol=near)
    check_extremes(found, expected, near)


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


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_value_that_is_no_number_shows_in_the_extremes_of_its_channel(kind):
    """Comparisons with it are false, so kernels that only compare would pass over it."""
    values, window, target = drawn(4, 63, 21, kind=kind), *DENSE[0]
    values[2, 5, 3] = np.nan
    apart = ChannelMap(WINDOWS[0][0], np.ones((4, 9), dtype=kind), SOURCE, SOURCE)
    assert np.isnan(finished(values, Finish())[1].peaks).tolist() == [False, False, True, False]
    assert np.isnan(weighted_sum([apart], [values], Finish())[1].peaks).tolist() == [False, False, True, False]
    whole = DenseMap(dense_pieces(window, 6), np.ones((6, 4), dtype=kind), SOURCE, target)
    assert np.isnan(weighted_sum([whole], [values], Finish())[1].peaks).all()


@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize(("kind", "near"), KINDS)
@pytest.mark.parametrize(("window", "target"), WINDOWS[:2])
def test_max_pools_take_the_largest_in_the_map(window, target, kind, near, images):
    values = drawn(4, 63, images, kind=kind) - kind(10.0)  # the padding, if it counted 0, would be the largest
    crossings = unroll(window, SOURCE, target)
    flat = values.reshape(-1, images)[crossings.rows]
    expected = np.maximum.reduceat(flat, crossings.starts[:-1], axis=0).reshape(4, -1, images)
    out, found = max_pool(values, window, SOURCE, target)
    np.testing.assert_array_equal(out, expected)
    check_extremes(found, expected, 0.0)
    finish = Finish(gain=0.5, constant=drawn(4, target[1] * target[2], kind=kind))
    finished_pool, found = max_pool(values, window, SOURCE, target, finish=finish, out=np.empty_like(out))
    np.testing.assert_allclose(finished_pool, 0.5 * expected + finish.constant[:, :, None], atol=20 * near)


@pytest.mark.parametrize(("kind", "near"), KINDS)
def test_a_compared_value_loses_its_leak(kind, near):
    """Of three values in a row, 1, 2 and 4, the chain leaves 4 - leak (4 - (2 - leak))."""
    window = Window(offsets=((0, -1), (0, 0), (0, 1)))
    values = np.array([1.0, 2.0, 4.0], dtype=kind).reshape(1, 3, 1)
    out, _ = max_pool(values, window, (1, 1, 3), (1, 1, 3), leak=0.01)
    expected = [2 - 0.01, 4 - 0.01 * (4 - 1.99), 4 - 0.01 * 2]
    np.testing.assert_allclose(out[0, :, 0], expected, atol=4 * near)


@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize(("kind", "near"), KINDS)
@pytest.mark.parametrize("channels", [3, 11])
def test_negative_values_change_the_other_channels_of_their_pixel(channels, kind, near, images):
    """Pixels of two kinds in several blocks, three rounds; 11 channels are no whole number of the tiles of kernels."""
    values, gains = drawn(channels, 130, images, kind=kind), 0.1 * drawn(2, channels, channels, kind=kind)
    values[1] = np.abs(values[1])  # a channel without negative values
    kinds, slope = (np.arange(130) % 3 // 2).astype(np.int32), drawn(channels, 130, kind=kind) ** 2
    expected = values.astype(np.float64)
    for _ in range(3):
        expected = values - np.einsum("pck,kpi->cpi", gains[kinds].astype(np.float64), np.minimum(expected, 0))
    expected = np.maximum(expected, slope[:, :, None] * expected)
    coupling, given = NegativeCoupling(gains=gains, kinds=kinds, rounds=3), values.copy()
    found = coupling.finished(given, Finish(slope=slope))
    near *= np.abs(expected).max()
    np.testing.assert_allclose(given, expected, rtol=0, atol=near)
    check_extremes(found, expected, near)
