# SPDX-License-Identifier: GPL-3.0-or-later
"""Max pools as trees of selectors: comparators with two switches that pass the larger of two voltages on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from memnet.circuit.banks import Selectors
from memnet.circuit.base import Nets
from memnet.operators import Shape, Window

Allocate = Callable[[str, int], Nets]
OVERLAPPING = (-1, 0, 1)  # at stride 1, two neighbouring windows of three share two inputs


def max_tree(window: Window, inputs: Nets, target: Shape, allocate: Allocate) -> tuple[tuple[Selectors, ...], Nets]:
    """Build the selectors of a square max pool: maxima along rows first, then down columns of these maxima.

    Windows above one another share the maxima along their common rows.

    Parameters
    ----------
    inputs : (channels, height, width) nets
    target : (channels, rows, columns) of the output
    allocate : returns new nets, given a name and a count

    Returns
    -------
    selectors : banks in the order in which signals pass them
    out : (channels, rows, columns) nets that carry the maxima, not buffered
    """
    offsets = np.array(window.offsets)
    first, row_maxima = _lines(inputs, np.unique(offsets[:, 1]), window.stride, target[2], allocate, "row")
    columns = row_maxima.swapaxes(1, 2)
    second, out = _lines(columns, np.unique(offsets[:, 0]), window.stride, target[1], allocate, "column")
    return first + second, out.swapaxes(1, 2)


@lru_cache(maxsize=256)
def count_selectors(window: Window, source: Shape, target: Shape) -> int:
    """Return how many comparators a max pool has, from the tree of one channel."""

    def allocate(_name: str, count: int) -> Nets:
        return np.ones(count, dtype=np.int64)

    inputs = np.ones((1, *source[1:]), dtype=np.int64)
    selectors, _ = max_tree(window, inputs, (1, *target[1:]), allocate)
    return source[0] * sum(len(bank.out) for bank in selectors)


def _lines(
    nets: Nets, offsets: Nets, stride: int, size: int, allocate: Allocate, name: str
) -> tuple[tuple[Selectors, ...], Nets]:
    """Select the maxima of windows along the last axis of `nets`; return selectors and (channels, lines, size) nets."""
    if stride == 1 and tuple(offsets.tolist()) == OVERLAPPING:
        return _paired(nets, allocate, name)
    positions = np.arange(size)[:, None] * stride + offsets[None, :]
    names = [f"{name}{number}" for number in range(1, len(offsets))]
    return _select([_picked(nets, positions[:, tap]) for tap in range(len(offsets))], allocate, names)


def _paired(nets: Nets, allocate: Allocate, name: str) -> tuple[tuple[Selectors, ...], Nets]:
    """Select the maxima of overlapping windows of three (van Herk 1992).

    The maximum of an aligned pair of nets serves two windows, each of which adds its third net: three comparators for
    two outputs, where a chain for each output takes four.
    """
    size = nets.shape[-1]
    first, pairs = _select([nets[..., 0::2], _picked(nets, np.arange(1, size + 1, 2))], allocate, (f"{name}1",))
    output = np.arange(size)
    third = np.where(output % 2 == 0, output - 1, output + 1)
    second, out = _select([pairs[..., output // 2], _picked(nets, third)], allocate, (f"{name}2",))
    return first + second, out


def _picked(nets: Nets, positions: Nets) -> Nets:
    """Return the nets at positions of the last axis, 0 on the padding, which never is the maximum."""
    inside = (positions >= 0) & (positions < nets.shape[-1])
    return np.where(inside, nets[..., np.clip(positions, 0, nets.shape[-1] - 1)], 0)


def _select(candidates: Sequence[Nets], allocate: Allocate, names: Sequence[str]) -> tuple[tuple[Selectors, ...], Nets]:
    """Chain selectors over candidates of equal shape; where all but one are 0, no selector is needed."""
    best = candidates[0].copy()
    selectors = []
    for name, other in zip(names, candidates[1:], strict=True):
        both = (best != 0) & (other != 0)
        count = int(both.sum())
        decision, out = allocate(f"{name}/decision", count), allocate(f"{name}/larger", count)
        selectors.append(Selectors(first=best[both], second=other[both], decision=decision, out=out))
        best = np.where(best == 0, other, best)
        best[both] = out
    return tuple(selector for selector in selectors if len(selector.out)), best
