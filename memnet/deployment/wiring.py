# SPDX-License-Identifier: GPL-3.0-or-later
"""`Wiring`: the arrays that the memristors of a chip stand on, and the resistance and capacitance of their wires."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The largest array, and the wire from crosspoint to crosspoint: its resistance, ohm, and capacitance, farads.

    Which device stands where follows from the size, see `memnet.arrays`.
    """

    rows: int
    columns: int
    row_ohm: float
    column_ohm: float
    row_farad: float = 0.0
    column_farad: float = 0.0

    @property
    def resists(self) -> bool:
        """Whether wires have a resistance, which alone counts at dc."""
        return bool(self.row_ohm or self.column_ohm)

    @property
    def charges(self) -> bool:
        """Whether wires have a capacitance, which counts in transients alone."""
        return bool(self.row_farad or self.column_farad)
