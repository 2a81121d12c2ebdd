# SPDX-License-Identifier: GPL-3.0-or-later
"""One architecture on one chip with its figures, and the ratio of one figure on two chips."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.measurement import CONVERTERS, Counts

FIGURES = ("power", "delay", "energy", "area", "memristors", "opamps", "switches")
ARRAY_FIGURES = ("crosspoint_area", "line_area")  # of chips on arrays, beside FIGURES
UNITS = {"power": "W", "delay": "s", "energy": "J", "area": "m2", "crosspoint_area": "m2", "line_area": "m2"}
BOUNDED = ("area", "memristors", "opamps")  # figures with a lower bound; each has a largest member of its own
ARRAY_BOUNDED = (*BOUNDED, "crosspoint_area")  # those of chips on arrays


@dataclass(frozen=True, slots=True)
class PaperRatio:
    """What the paper gives for a ratio: its lowest and its highest value, and whether it only says about how large."""

    lowest: float
    highest: float
    about: bool = False

    def __str__(self) -> str:
        """Return the ratio as text, such as '1.22 to 1.25'."""
        span = " to ".join(dict.fromkeys(f"{value:g}" for value in (self.lowest, self.highest)))
        return f"about {span}" if self.about else span


# Lyu et al., Neural Networks 175:106312, 2024, abstract: hypernetwork against individual deployment.
PAPER = {"power": PaperRatio(1.0, 1.0, about=True), "delay": PaperRatio(1.22, 1.25), "area": PaperRatio(1.5, 1.5)}


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
    """One architecture on one chip.

    >>> chip = compare(["DARTS_V1"], on=["shared"], counts_only=True, channels=1).individual[0]
    >>> chip.genotype, chip.structure
    ('DARTS_V1', None)
    """

    genotype: str
    structure: str | None  # of the hypernetwork; None for individual deployment
    counts: Counts
    area_parts_m2: dict[str, float]  # by kind of component, converters included
    measured: Measured | None = None  # None where components were counted and nothing simulated
    arrays: OnArrays | None = None  # None where no arrays were asked for

    @property
    def area_m2(self) -> float:
        """Return the chip's area without converters, in square metres.

        >>> f"{chip.area_m2:.3g}"
        '1.74e-06'
        """
        return sum(area for component, area in self.area_parts_m2.items() if component not in CONVERTERS)

    @property
    def converters_m2(self) -> float:
        """Return the area of the chip's converters, in square metres.

        >>> f"{chip.converters_m2:.3g}"
        '1.09e-07'
        """
        return sum(self.area_parts_m2[component] for component in CONVERTERS)

    def figure(self, name: str) -> float | None:
        """Return one of FIGURES or ARRAY_FIGURES in SI units; None where it was not measured.

        >>> chip.figure("opamps"), chip.figure("delay")
        (4516.0, None)
        """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One figure of an architecture on a hypernetwork, divided by that of the same architecture deployed individually.

    `bound` is a lower bound of `ratio`: a chip that holds a whole space is at least as large as the largest member of
    the space deployed individually, so the bound is the figure of that member divided by `individual`. Only figures in
    BOUNDED have one, and crosspoint_area; where output pixels share tiles, each chip has the layout that costs it
    least, and a bound by crosspoints is what its largest member takes rather than a proof.

    Attributes
    ----------
    individual, hypernetwork : the figure on both chips, in its SI unit
    ratio, bound : of the second over the first, and its lower bound; None where there is none
    paper : the ratio in the paper; '' where it gives none

    Examples
    --------
    >>> found = compare(["DARTS_V1"], on=["shared"], counts_only=True, channels=1)
    >>> [(each.figure, each.paper) for each in found.ratios()][:2]
    [('power', 'about 1'), ('delay', '1.22 to 1.25')]
    """

    channels: int
    genotype: str
    structure: str
    figure: str
    individual: float | None
    hypernetwork: float | None
    ratio: float | None
    bound: float | None
    paper: str  # the ratio in the paper; '' where it gives none
