# SPDX-License-Identifier: GPL-3.0-or-later
"""Closed formulas for op-amps with finite open-loop gain A0: compensated feedback resistors and noise gain."""

from __future__ import annotations

import numpy as np

from memnet.errors import MappingError
from memnet.units import Floats


def compensated_feedback(nominal_ohm: Floats, column_siemens: Floats, gain: float, where: str) -> Floats:
    """Return the feedback resistance that gives -nominal * sum(G v) in spite of the finite open-loop gain.

    With v- = -out / A0 at the virtual ground, sum(G v) = -out (1/Rf (1 + 1/A0) + sum(G)/A0), so that
    Rf = (1 + 1/A0) / (1/nominal - sum(G)/A0).

    Parameters
    ----------
    nominal_ohm : (columns,) wanted transresistance
    column_siemens : (columns,) all conductance into the virtual ground except that of Rf
    gain : A0, V/V
    where : name of the stage, for the error message

    Returns
    -------
    (columns,) Rf, in ohm

    Raises
    ------
    MappingError
        the noise gain of a column exceeds the open-loop gain
    """
    rest = 1.0 / nominal_ohm - column_siemens / gain
    if np.any(rest <= 0):
        worst = float((nominal_ohm * column_siemens).max())
        raise MappingError(
            f"net/{where}: a column's noise gain of {worst:.3g} exceeds the op-amp's gain of {gain:.3g}; "
            "choose a technology with more gain"
        )
    return np.asarray((1.0 + 1.0 / gain) / rest)


def noise_gain(feedback_ohm: Floats, column_siemens: Floats) -> Floats:
    """Return the noise gain 1 + Rf sum(G) of each column, (columns,)."""
    return np.asarray(1.0 + feedback_ohm * column_siemens)


def loop_s(first_s: Floats, second_s: Floats) -> Floats:
    """Return the slowest time constant of amplifier loops, whose response is 1 / (1 + tau s + tau tau2 s^2).

    With two real poles it is at most tau, with two complex ones, where 4 tau2 > tau, it is 2 tau2.

    Parameters
    ----------
    first_s : tau, the noise gain over the op-amp's unity-gain bandwidth, 2 pi GBW
    second_s : tau2, the capacitance at the virtual ground over all conductance into it
    """
    return np.asarray(np.maximum(first_s, 2.0 * second_s))
