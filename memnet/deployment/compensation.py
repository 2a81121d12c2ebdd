# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much curved memristors carry more current than I = G V in the mean, so that levels can be programmed for it.

A row at the voltage V carries G f(V) instead of G V. All rows that a stage drives get one factor c, the least squares
of c f(V) - V over the voltages that training images put on them,

    c = sum(|V| f(V) V) / sum(|V| f(V)^2),

and weights are multiplied by it before they are quantised; 1/c is the mean slope of f. The squares are weighted by |V|,
since large voltages decide which outputs pass the rectifiers behind them. The bias rail has one voltage, for which c is
exact. Scale resistors are linear, and have none. `benchmarks/compensation.py` compares this with other factors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.devices import MemristorModel

Values = npt.NDArray[Any]
# Slopes are rounded to so many digits: activations are float32, whose last digits differ from machine to machine, and
# levels should not.
DIGITS = 4


def mean_slope(law: MemristorModel, volts: Iterable[Values]) -> float:
    """Return 1/c of the rows that one driver has, given their voltages in arrays of any shape; 1 where all are 0 V."""
    read = wanted = 0.0
    for some in volts:
        shape = law.shape(some)
        weighted = np.abs(some) * shape
        read += float((weighted * shape).sum(dtype=np.float64))
        wanted += float((weighted * some).sum(dtype=np.float64))
    return round(read / wanted, DIGITS) if wanted else 1.0
