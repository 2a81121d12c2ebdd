"""Closed-form answers about op-amps with finite gain; knows no nets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from memnet.errors import MappingError

Floats = npt.NDArray[np.float64]


def compensated_feedback(nominal_ohm: Floats, column_siemens: Floats, gain: float, where: str) -> Floats:
    """Return the feedback resistance that gives -nominal * sum(G v) in spite of the finite open-loop gain.

    With v- = -out / A0 at the virtual ground, sum(G v) = -out (1/Rf (1 + 1/A0) + sum(G)/A0), so that
    Rf = (1 + 1/A0) / (1/nominal - sum(G)/A0).

    Parameters
    ----------
    nominal_ohm, column_siemens : (columns,) wanted transresistance; all conductance into the virtual ground but Rf

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
    """Return 1 + Rf sum(G) of each column."""
    return np.asarray(1.0 + feedback_ohm * column_siemens)
