# SPDX-License-Identifier: GPL-3.0-or-later
"""`Wiring`: the arrays that the memristors of a chip stand on, and the resistance of their wires."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The largest array, and the resistance of the wire from crosspoint to crosspoint, in ohm.

    Which device stands where follows from the size, see `memnet.arrays`.
    """

    rows: int
    columns: int
    row_ohm: float
    column_ohm: float
