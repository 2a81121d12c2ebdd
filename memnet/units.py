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


def number_table(values: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.intp]]:
    """Return fixed-width texts of the distinct values, and for each value the row of its text.

    Parameters
    ----------
    values : (n,) floats, any unit

    Returns
    -------
    texts : (distinct, 15) bytes, each row `d.ddddddddde+xx` (one digit, nine decimals, a two-digit exponent); with a
        sign before it, (distinct, 16), where a value is negative
    index : (n,) row of `texts` for each value
    """
    distinct, index = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True)
    form, width = ("+.9e", 16) if len(distinct) and distinct[0] < 0 else (".9e", 15)
    texts = np.array([format(v, form) for v in distinct.tolist()], dtype=f"S{width}")
    return texts.view(np.uint8).reshape(len(distinct), width), index.reshape(-1)


def engineering(value: float, unit: str) -> str:
    """Return a value for people to read, such as `3.52 us`; netlists and JSON never use this form."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g} {unit}"
    exponent = int(np.floor(np.log10(abs(value)) / 3) * 3)
    exponent = max(-15, min(9, exponent))
    prefix = {-15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}[exponent]
    return f"{value / 10.0**exponent:.3g} {prefix}{unit}"
