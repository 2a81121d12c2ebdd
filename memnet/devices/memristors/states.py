# SPDX-License-Identifier: GPL-3.0-or-later
"""What moves in a device: its state, and what slows it down near the ends of its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SAFE_EXPONENT = 20.0  # at most this is put into exp() where Newton's method may overshoot
EDGE = 0.005  # of the range of a state: within this of its end a state slows down
BOLTZMANN_PER_CHARGE = 1.380649e-23 / 1.602176634e-19  # V/K


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What moves in a device: its symbol, its unit ('' for a share), and what it is in words.

    `parameter` is what an instance of the subcircuit is programmed with: the state at the beginning.

    >>> State(symbol="x", unit="", text="a share of the length", parameter="x0").symbol
    'x'
    """

    symbol: str
    unit: str
    text: str
    parameter: str


def edge(distance: Any) -> Any:  # noqa: ANN401 - an array or a number
    """Return the factor that slows a state down near an end of its range: 1 - exp(-distance / EDGE).

    It is 0 at the end and negative beyond, so that a state that a simulator has put beyond it comes back. Published
    models cut the state off instead, which no solver of differential equations can follow.

    Parameters
    ----------
    distance : from that end, as a share of the range

    Examples
    --------
    >>> round(float(edge(0.5)), 3), float(edge(0.0))
    (1.0, 0.0)
    """
    return 1.0 - np.exp(np.minimum(-distance / EDGE, SAFE_EXPONENT))
