# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the numeric engine carries from stage to stage, counts, and returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from memnet.operators import Extremes

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericResult:
    """Voltages of the kept net groups, and how near op-amps come to saturation.

    Attributes
    ----------
    volts : by kept net group, (images, nets) volts, as in `simulation.sweep.SweepResult`
    peaks_v : by net group, kept or not, the largest magnitude over all images, volts
    saturated : by stage, how many op-amp outputs saturate over all images; only stages where this is not 0
    output : name of the net group of the class outputs
    """

    volts: dict[str, Values]
    peaks_v: dict[str, float]
    saturated: dict[str, int]
    output: str

    @property
    def outputs_v(self) -> Values:
        """Return the class voltages, (images, classes)."""
        return self.volts[self.output]


@dataclass(slots=True)
class Tally:
    """What a run counts: the largest magnitude of each net group, volts, and saturated outputs by stage."""

    peaks_v: dict[str, float] = field(default_factory=dict)
    saturated: dict[str, int] = field(default_factory=dict)

    def merge(self, other: Tally) -> None:
        """Add what another part of the images had."""
        for name, peak in other.peaks_v.items():
            self.peaks_v[name] = max(peak, self.peaks_v.get(name, 0.0))
        for name, count in other.saturated.items():
            self.saturated[name] = self.saturated.get(name, 0) + count


@dataclass(slots=True, kw_only=True)
class Signal:
    """The volts of a net group, (channels, pixels, images), and the extremes of each channel.

    `read` has f_r(V) in place of V once memristors with a law sum_r a_r(G) f_r(V) have read them; `row_v` there is V.
    """

    volts: Values
    extremes: Extremes
    read: tuple[Signal, ...] = ()
    row_v: Values | None = None
