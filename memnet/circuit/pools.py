"""Max pools as trees of comparator-controlled selectors; knows no conductances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from memnet.circuit.banks import Nets, Selectors
from memnet.stages import Window

Allocate = Callable[[str, int], Nets]


def max_tree(window: Window, inputs: Nets, target: tuple[int, int, int], allocate: Allocate) -> tuple[tuple[Selectors, ...], Nets]:
    """Build the selectors of a square max pool: along rows first, so that windows share, then down columns.

    Parameters
    ----------
    inputs : (channels, height, width) nets
    target : (channels, rows, columns) of the output
    allocate : makes new nets, given a name and a count

    Returns
    -------
    selectors : in the order signals pass them
    out : (channels, rows, columns) nets that carry the maxima, not buffered
    """
    offsets = np.array(window.offsets)
    across = _candidates(inputs, np.unique(offsets[:, 1]), window.stride, target[2])
    first, wide = _select(across, allocate, "row")
    down = _candidates(wide.swapaxes(1, 2), np.unique(offsets[:, 0]), window.stride, target[1])
    second, out = _select(down, allocate, "column")
    return first + second, out.swapaxes(1, 2)


def _candidates(nets: Nets, offsets: Nets, stride: int, size: int) -> Nets:
    """Return (channels, lines, size, offsets) nets along the last axis of `nets`, 0 where padding (minus infinity) lies."""
    at = np.arange(size)[:, None] * stride + offsets[None, :]
    inside = (at >= 0) & (at < nets.shape[-1])
    return np.where(inside, nets[..., np.clip(at, 0, nets.shape[-1] - 1)], 0)


def _select(candidates: Nets, allocate: Allocate, name: str) -> tuple[tuple[Selectors, ...], Nets]:
    """Chain selectors over the last axis; a position with one candidate is a wire."""
    best = candidates[..., 0].copy()
    selectors = []
    for step in range(1, candidates.shape[-1]):
        other = candidates[..., step]
        both = (best != 0) & (other != 0)
        count = int(both.sum())
        decision, out = allocate(f"{name}{step}/decision", count), allocate(f"{name}{step}/larger", count)
        selectors.append(Selectors(first=best[both], second=other[both], decision=decision, out=out))
        best = np.where(best == 0, other, best)
        best[both] = out
    return tuple(selector for selector in selectors if len(selector.out)), best
