# SPDX-License-Identifier: GPL-3.0-or-later
"""Weighted sums over several sources, with a finishing pass: what one node of a network or circuit computes."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.operators.finishing import Extremes, Finish, finish_struct, finished, no_extremes
from memnet.operators.kernels import ChannelSums, DenseSums, DenseTerm, library_for, plain, pointer
from memnet.operators.maps import ChannelMap, DenseMap, LinearMap

Values = npt.NDArray[Any]


def weighted_sum(
    maps: Sequence[LinearMap], sources: Sequence[Values], finish: Finish, *, out: Values | None = None
) -> tuple[Values, Extremes]:
    """Return the sum of all maps after the finishing pass, (channels, pixels, images), and its extremes.

    Parameters
    ----------
    maps : one or more, with outputs of one shape
    sources : for each map the values that it reads, (channels, pixels, images), C-contiguous, of one dtype
    out : array that takes the result; None for a new one
    """
    library = library_for(sources[0])
    if library is not None:
        shape = (*maps[0].shape, sources[0].shape[-1])
        return _compiled(library, maps, sources, finish, np.empty(shape, np.float32) if out is None else out)
    total = maps[0](sources[0])
    for each, values in zip(maps[1:], sources[1:], strict=True):
        total += each(values)
    return finished(total, finish, out=total if out is None else out)


def _compiled(
    library: Any,  # noqa: ANN401 - a library has the functions that it has
    maps: Sequence[LinearMap],
    sources: Sequence[Values],
    finish: Finish,
    out: Values,
) -> tuple[Values, Extremes]:
    """Sum with the kernels: all dense maps at once, then one map after the other; the last sum is finished."""
    found = no_extremes(len(out))
    pairs = list(zip(maps, map(plain, sources), strict=True))
    dense = [(each, values) for each, values in pairs if isinstance(each, DenseMap)]
    apart = [(each, values) for each, values in pairs if isinstance(each, ChannelMap)]
    if len(dense) + len(apart) < len(pairs):
        raise TypeError(f"no kernel sums {', '.join({type(each).__name__ for each in maps})}")
    if dense:
        _sum_dense(library, dense, None if apart else finish, found, out)
    for number, (each, values) in enumerate(apart):
        last = number == len(apart) - 1
        _sum_channels(library, each, values, finish if last else None, found, out, add=bool(dense or number))
    return out, found


def _sum_channels(
    library: Any,  # noqa: ANN401
    each: ChannelMap,
    values: Values,
    finish: Finish | None,
    found: Extremes,
    out: Values,
    *,
    add: bool,
) -> None:
    factors = plain(each.factors)
    struct, kept = finish_struct(finish, found, slice(0, len(out)))
    call = ChannelSums(
        *each.shape,
        each.source[1] * each.source[2],
        out.shape[-1],
        factors.shape[1],
        pointer(each.pattern.starts),
        pointer(each.pattern.rows),
        None if each.each else pointer(each.pattern.weight),
        pointer(each.channels),
        pointer(factors),
        pointer(values),
        pointer(out),
        add,
    )
    library.sum_channels(ctypes.byref(call), ctypes.byref(struct))
    del kept


def _sum_dense(
    library: Any,  # noqa: ANN401
    dense: Sequence[tuple[DenseMap, Values]],
    finish: Finish | None,
    found: Extremes,
    out: Values,
) -> None:
    """Sum dense maps; between the bounds of any map's pieces, all channels read through the same windows."""
    bounds = sorted({0, *(piece.last for each, _ in dense for piece in each.pieces)})
    channels = np.arange(len(out)) if dense[0][0].channels is None else dense[0][0].channels
    for first, last in pairwise(bounds):
        terms = [_dense_term(each, values, first) for each, values in dense]
        structs = (DenseTerm * len(terms))(*(term for term, _ in terms))
        struct, kept = finish_struct(finish, found, slice(first, last))
        call = DenseSums(
            last - first, *out.shape[1:], len(terms), structs, pointer(channels[first:last]), pointer(out[first:last])
        )
        library.sum_dense(ctypes.byref(call), ctypes.byref(struct))
        del kept


def _dense_term(each: DenseMap, values: Values, first: int) -> tuple[DenseTerm, Values]:
    """Return a map as the kernel reads it where channel `first` reads, and the matrix, which must be kept alive."""
    number = next(number for number, piece in enumerate(each.pieces) if piece.first <= first < piece.last)
    matrix = plain(each.matrix)
    rows, depth = matrix.shape[-2:]
    term = DenseTerm(
        pointer(values),
        pointer(matrix),
        pointer(each.pixels_read[number]),
        each.source[0],
        depth // each.source[0],
        each.source[1] * each.source[2],
        rows * depth if matrix.ndim == 3 else 0,
    )
    return term, matrix
