# SPDX-License-Identifier: GPL-3.0-or-later
"""The linear maps of one crossbar stage: from what the rows of a term carry to the voltages of the pairs.

With a law I(V, G) = sum_r a_r(G) f_r(V) a term has one map for each product: the conductances a_r, on rows at f_r.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import ChipDevices, RowGroup, Rows
from memnet.operators import LinearMap

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermMaps:
    """Linear maps from the row voltages of one term to its share of the pairs' voltages.

    Attributes
    ----------
    signal : volts of the rows to volts of the outputs
    middle : volts of the rows to volts of the first TIAs, which are to be subtracted; in the layout of `rows`
    """

    rows: Rows
    signal: LinearMap
    middle: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseMap:
    """A linear map from the product of what two terms' rows carry to the output variance over read_noise^2.

    The terms are one and the same but for laws that are sums of products a_r(G) f_r(V), whose squares have all products
    of two of these.
    """

    first: int  # number of the term
    second: int
    volts: LinearMap


def term_maps(
    group: RowGroup, ohms: tuple[Values, Values, Values], dtype: npt.DTypeLike
) -> tuple[TermMaps, tuple[Values, ...]]:
    """Return the maps of a group of rows, and the shares of the plus and of the minus columns in the outputs.

    The latter, in the layout of `rows`, are volts of the rows to volts of the outputs, without those of scale
    resistors, which have no read noise.

    Parameters
    ----------
    ohms : volts of the outputs per ampere into the plus and the minus columns, and volts of the first TIAs per
        ampere into the plus columns, (channels, 1 or pixels) each
    """
    plus_ohm, minus_ohm, first_ohm = ohms
    signal = plus = group.rows.scaled(group.plus, plus_ohm)
    sides: tuple[Values, ...] = ()
    if group.minus is not None:
        minus = group.rows.scaled(group.minus, minus_ohm)
        signal, sides = plus - minus, (plus, minus)
    # The middle is read channel by channel, so it must be contiguous.
    middle = np.ascontiguousarray(group.rows.scaled(group.plus, first_ohm), dtype=dtype)
    return TermMaps(rows=group.rows, signal=group.rows.operator(signal.astype(dtype)), middle=middle), sides


def noise_maps(rows: Rows, sides: Sequence[tuple[Values, ...]], first: int, dtype: npt.DTypeLike) -> list[NoiseMap]:
    """Return the noise of devices whose currents are the sums of some maps.

    Parameters
    ----------
    sides : of each map, as `term_maps` returns them
    first : number of the first of these maps among the terms of the stage
    """
    found = []
    for one, two, squares in square_of_sum(sides):
        if squares:
            volts = rows.operator(sum(squares[1:], start=squares[0]).astype(dtype))
            found.append(NoiseMap(first=first + one, second=first + two, volts=volts))
    return found


def square_of_sum(sides: Sequence[tuple[Values, ...]]) -> Iterator[tuple[int, int, tuple[Values, ...]]]:
    """Yield the terms of (sum_r a_r f_r)^2, side by side: the numbers r and s, and the factors of f_r f_s.

    Parameters
    ----------
    sides : a_r of each side, for each r
    """
    for one, two in combinations_with_replacement(range(len(sides)), 2):
        factor = 1.0 if one == two else 2.0
        yield one, two, tuple(factor * a * b for a, b in zip(sides[one], sides[two], strict=True))


def products(group: RowGroup, devices: ChipDevices) -> list[RowGroup]:
    """Return a group of rows once for each product of the law of its devices, with that product's conductances.

    Scale resistors are linear, and so is what open switches let through: nearly all of the voltage is across them.
    """
    moving = devices.moving
    if group.minus is None or moving is None or not devices.deployment.plan.on(group.term.select):
        return [group]
    expansion = moving.expansion(group.term.rectified)
    sides = expansion.parts(group.plus), expansion.parts(group.minus)
    return [replace(group, plus=plus, minus=minus) for plus, minus in zip(*sides, strict=True)]
