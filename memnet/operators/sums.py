# SPDX-License-Identifier: GPL-3.0-or-later
"""Weighted sums over several sources, with a finishing pass: what one node of a network or circuit computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from memnet.operators.finishing import Extremes, Finish, finished
from memnet.operators.maps import LinearMap

Values = npt.NDArray[Any]


def weighted_sum(maps: Sequence[LinearMap], sources: Sequence[Values], finish: Finish) -> tuple[Values, Extremes]:
    """Return the sum of all maps after the finishing pass, (channels, pixels, images), and its extremes.

    Parameters
    ----------
    maps : one or more, with outputs of one shape
    sources : for each map the values that it reads, (channels, pixels, images), C-contiguous, of one dtype
    """
    total = maps[0](sources[0])
    for each, values in zip(maps[1:], sources[1:], strict=True):
        total += each(values)
    return finished(total, finish, out=total)
