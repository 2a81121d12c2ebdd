# SPDX-License-Identifier: GPL-3.0-or-later
"""`Wiring`: the arrays that memristors stand on, resistance and capacitance of their wires, and remedies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# What may be done against the drop on wires; `arrays` and `circuit` have what each does.
FEEDBACK, CONDUCTANCES, BOTH_ENDS, STRAPPED = REMEDIES = ("feedback", "conductances", "both-ends", "strapped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The largest array, and the wire from crosspoint to crosspoint: its resistance, ohm, and capacitance, farads.

    Which device stands where follows from the size, see `memnet.arrays`.

    Attributes
    ----------
    remedies : some of REMEDIES: feedback resistors designed for the wired columns, conductances programmed for their
        effective values, rows driven at both ends, columns strapped with a second line
    strap_ohm : of that line, from crosspoint to crosspoint
    leads_ohm : by stage, what the wire from a driver to each row of its tiles resists; none where stages are left out
    lead_ohm : that of one stage, see `at`
    """

    rows: int
    columns: int
    row_ohm: float
    column_ohm: float
    row_farad: float = 0.0
    column_farad: float = 0.0
    remedies: frozenset[str] = frozenset()
    strap_ohm: float = 0.0
    leads_ohm: Mapping[str, float] = field(default_factory=dict, hash=False)
    lead_ohm: float = 0.0

    def at(self, stage: str) -> Wiring:
        """Return the wires of one stage."""
        return replace(self, lead_ohm=self.leads_ohm[stage]) if stage in self.leads_ohm else self

    @property
    def resists(self) -> bool:
        """Whether wires have a resistance, which alone counts at dc."""
        return bool(self.row_ohm or self.column_ohm)

    @property
    def charges(self) -> bool:
        """Whether wires have a capacitance, which counts in transients alone."""
        return bool(self.row_farad or self.column_farad)

    @property
    def both_ends(self) -> bool:
        """Whether rows have drivers at both ends."""
        return BOTH_ENDS in self.remedies

    @property
    def strapped(self) -> bool:
        """Whether a second line runs over each column, joined to it at every crosspoint."""
        return STRAPPED in self.remedies and self.column_ohm > 0.0

    @property
    def column_in_effect_ohm(self) -> float:
        """Return the resistance of a column and its strap in parallel, from crosspoint to crosspoint."""
        if not self.strapped:
            return self.column_ohm
        return self.column_ohm * self.strap_ohm / (self.column_ohm + self.strap_ohm)
