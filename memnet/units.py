# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers as text: for netlists with plain exponents, which every SPICE dialect reads alike, and for people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def number(value: float) -> str:
    """Return `value` with nine significant digits and a plain exponent, never an SI suffix.

    Netlists have no suffixes because their meaning differs: `1M` is 1 milli in SPICE and 1 mega elsewhere.
    """
    return format(float(value), ".9g")


def engineering(value: float, unit: str) -> str:
    """Return a value for people to read, such as `3.52 us`; netlists and JSON never use this form."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g} {unit}"
    exponent = int(np.floor(np.log10(abs(value)) / 3) * 3)
    exponent = max(-15, min(9, exponent))
    prefix = {-15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}[exponent]
    return f"{value / 10.0**exponent:.3g} {prefix}{unit}"
