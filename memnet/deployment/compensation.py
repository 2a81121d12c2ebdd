# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much curved memristors carry more current than I = G V in the mean, so that levels can be programmed for it.

A row at the voltage V carries G f(V) instead of G V. All rows that a stage drives get one factor c, the least squares
of c f(V) - V over the voltages that training images put on them,

    c = sum(|V| f(V) V) / sum(|V| f(V)^2),

where f is that of I = G f(V). A law whose shape moves with the state has none; there f is the difference of the
currents of the devices of Gmax and Gmin, over Gmax - Gmin, which is what a pair carries whose weight is the largest,

and weights are multiplied by it before they are quantised; 1/c is the mean slope of f. The squares are weighted by |V|,
since large voltages decide which outputs pass the rectifiers behind them. The bias rail has one voltage, for which c is
exact. Scale resistors are linear, and have none. `benchmarks/compensation.py` compares this with other factors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.devices import MemristorModel
from memnet.technology import Technology

Values = npt.NDArray[Any]
Shape = Callable[[Values], Values]
# Slopes are rounded to so many digits: activations are float32, whose last digits differ from machine to machine, and
# levels should not.
DIGITS = 4


def pair_shape(law: MemristorModel, technology: Technology) -> Shape:
    """Return f of a law, volts of volts: see the head of this file."""
    if law.separable:
        return law.shape
    device = technology.memristor
    least, most = (np.asarray(each) for each in (device.g_min_siemens, device.g_max_siemens))
    return lambda volts: (law.current_a(volts, most) - law.current_a(volts, least)) / (most - least)


def mean_slope(shape: Shape, volts: Iterable[Values]) -> float:
    """Return 1/c of the rows that one driver has, given their voltages in arrays of any shape; 1 where all are 0 V.

    Parameters
    ----------
    shape : f, as `pair_shape` returns it
    """
    read = wanted = 0.0
    for some in volts:
        found = shape(some)
        weighted = np.abs(some) * found
        read += float((weighted * found).sum(dtype=np.float64))
        wanted += float((weighted * some).sum(dtype=np.float64))
    return round(read / wanted, DIGITS) if wanted else 1.0
