# SPDX-License-Identifier: GPL-3.0-or-later
"""One architecture on one chip, counted and measured, as a comparison holds it."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.measurement import CONVERTERS, Counts

FIGURES = ("power", "delay", "energy", "area", "memristors", "opamps", "switches")
ARRAY_FIGURES = ("crosspoint_area", "line_area")  # of chips on arrays, beside FIGURES
UNITS = {"power": "W", "delay": "s", "energy": "J", "area": "m2", "crosspoint_area": "m2", "line_area": "m2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnArrays:
    """The tiles of one chip: how many, their crosspoints and lines, and the areas of both.

    `crosspoint_area_m2` is the chip without converters, with all crosspoints in place of its memristors; `line_area_m2`
    what stands at the ends of rows and columns, part of neither area, None where the technology does not say.
    """

    tiles: int
    crosspoints: int
    utilisation: float
    lines: int
    crosspoint_area_m2: float
    line_area_m2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures of one chip from a dc sweep (see `Accuracy`), and the first four from a transient or the numeric engine.

    `analysis` says which of the two, as `ComparisonSettings` has it; their definitions are those of `TransientMeasure`.
    `law_shift` is that of `Simulation`, None where memristors are linear.
    """

    delay_s: float | None  # None where the outputs do not depend on the inputs, likewise power and energy
    power_w: float | None
    energy_j: float | None
    power_parts_w: dict[str, float]
    analysis: str
    accuracy: float
    logit_error: float
    agreement: float
    images: int  # of the dc sweep
    transitions: int
    engine: str
    wall_s: float
    law_shift: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedChip:
    """One architecture on one chip."""

    genotype: str
    structure: str | None  # of the hypernetwork; None for individual deployment
    counts: Counts
    area_parts_m2: dict[str, float]  # by kind of component, converters included
    measured: Measured | None = None  # None where components were counted and nothing simulated
    arrays: OnArrays | None = None  # None where no arrays were asked for

    @property
    def area_m2(self) -> float:
        """Return the chip's area without converters, in square metres."""
        return sum(area for component, area in self.area_parts_m2.items() if component not in CONVERTERS)

    @property
    def converters_m2(self) -> float:
        """Return the area of the chip's converters, in square metres."""
        return sum(self.area_parts_m2[component] for component in CONVERTERS)

    def figure(self, name: str) -> float | None:
        """Return one of FIGURES or ARRAY_FIGURES in SI units; None where it was not measured."""
        if name in ARRAY_FIGURES:
            return None if self.arrays is None else getattr(self.arrays, f"{name}_m2")
        if name in ("power", "delay", "energy"):
            return None if self.measured is None else getattr(self.measured, f"{name}_{UNITS[name].lower()}")
        return {
            "area": self.area_m2,
            "memristors": float(self.counts.memristors),
            "opamps": float(self.counts.opamps),
            "switches": float(self.counts.switches),
        }[name]
