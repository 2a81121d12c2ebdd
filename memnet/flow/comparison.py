"""A hypernetwork held against individual deployment: figures, ratios, bounds; simulates and draws nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from memnet.measurement import CONVERTERS, PROGRAMMABLE_NOTE, Counts

# Lyu et al., Neural Networks 175:106312, 2024, abstract: hypernetwork against individual deployment.
PAPER = {"power": "about 1", "delay": "1.22 to 1.25", "area": "1.5"}
FIGURES = ("power", "delay", "energy", "area", "memristors", "opamps", "switches")
UNITS = {"power": "W", "delay": "s", "energy": "J", "area": "m2"}
BOUNDED = ("area", "memristors", "opamps")  # what the space's largest member, each time another one, is known for


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a transient and a dc sweep of one chip gave; None where the outputs do not depend on the inputs."""

    delay_s: float | None
    power_w: float | None
    energy_j: float | None
    power_parts_w: dict[str, float]
    logit_error: float
    agreement: float
    images: int
    transitions: int
    engine: str
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedChip:
    """One architecture on one chip; `structure` is None for a chip of its own, `measured` where only parts count."""

    genotype: str
    structure: str | None
    counts: Counts
    area_parts_m2: dict[str, float]
    measured: Measured | None = None

    @property
    def area_m2(self) -> float:
        """Return the chip's area without converters, in square metres."""
        return sum(area for part, area in self.area_parts_m2.items() if part not in CONVERTERS)

    @property
    def converters_m2(self) -> float:
        """Return the area of converters at the chip's edge, in square metres."""
        return sum(self.area_parts_m2[part] for part in CONVERTERS)

    def figure(self, name: str) -> float | None:
        """Return one of FIGURES in SI units; None where it was not measured."""
        if name in ("power", "delay", "energy"):
            return None if self.measured is None else getattr(self.measured, f"{name}_{UNITS[name].lower()}")
        return {
            "area": self.area_m2,
            "memristors": float(self.counts.memristors),
            "opamps": float(self.counts.opamps),
            "switches": float(self.counts.all_switches),
        }[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One figure of a hypernetwork against the same architecture on a chip of its own.

    `bound` is the ratio of the space's member with most of this figure, deployed individually, to this architecture's
    own chip: no chip that holds the space gets below. It exists for counted figures alone.
    """

    channels: int
    genotype: str
    structure: str
    figure: str
    individual: float | None
    hypernetwork: float | None
    ratio: float | None
    bound: float | None
    paper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Chips of one C, L and data set: each architecture alone and on each structure, and the largest members alone."""

    channels: int
    layers: int
    dataset: str
    technology: str
    individual: tuple[ComparedChip, ...]
    hypernetworks: tuple[ComparedChip, ...]
    bounds: dict[str, dict[str, ComparedChip]]  # by structure and bounded figure

    def alone(self, genotype: str) -> ComparedChip:
        """Return the chip of its own of an architecture."""
        return next(chip for chip in self.individual if chip.genotype == genotype)

    def bound(self, structure: str | None, figure: str = "area") -> ComparedChip:
        """Return the member of a structure's space that has most of a figure, deployed individually."""
        return self.bounds[str(structure)][figure]

    def above_bound(self, structure: str, figure: str = "area") -> float:
        """Return how far a structure lies above its bound, 0.1 for a tenth; all its architectures share a chip."""
        chip = next(chip for chip in self.hypernetworks if chip.structure == structure)
        return (_quotient(chip.figure(figure), self.bound(structure, figure).figure(figure)) or 0.0) - 1.0

    def ratios(self) -> tuple[Ratio, ...]:
        """Return every figure of every architecture on every structure."""
        return tuple(self._ratio(chip, figure) for chip in self.hypernetworks for figure in FIGURES)

    def reasons(self) -> dict[str, str]:
        """Return a sentence for each of the paper's figures on why ours differs, with numbers of these chips."""
        ratios = [ratio for ratio in self.ratios() if ratio.figure == "area"]
        bounds = {
            structure: _span([ratio.bound for ratio in ratios if ratio.structure == structure])
            for structure in dict.fromkeys(ratio.structure for ratio in ratios)
        }
        said = ", ".join(f"{bound} for {structure}" for structure, bound in bounds.items())
        return {
            "power": "unselected units are off, op-amps and crossbars alike, and so are rectified copies that no "
            "selected unit reads; what is left over is copies that the next cells always read, and the currents of 5x5 "
            "fields whatever the kernel is",
            "delay": "the selected path has the amplifiers of individual deployment and the rectified copies; each "
            "sees more conductance (idle taps at Gmin, bias rows that stand ready), so that its noise gain is higher",
            "area": f"no chip that holds a whole space is smaller than its largest member alone, and by that bound the "
            f"ratio is at least {said}; what lies above is rectified copies, the comparators of one max pool a state, "
            "and the gates",
        }

    def _ratio(self, chip: ComparedChip, figure: str) -> Ratio:
        alone, here = self.alone(chip.genotype).figure(figure), chip.figure(figure)
        largest = self.bound(chip.structure, figure).figure(figure) if figure in BOUNDED else None
        return Ratio(
            channels=self.channels,
            genotype=chip.genotype,
            structure=str(chip.structure),
            figure=figure,
            individual=alone,
            hypernetwork=here,
            ratio=_quotient(here, alone),
            bound=_quotient(largest, alone),
            paper=PAPER.get(figure, ""),
        )


def comparison_json(comparisons: tuple[Comparison, ...]) -> str:
    """Return comparisons of one or more C as JSON, in SI units; areas are without converters, which stand apart."""
    document = {
        "paper": PAPER,
        "assumptions": [PROGRAMMABLE_NOTE],
        "comparisons": [_document(comparison) for comparison in comparisons],
    }
    return json.dumps(document, indent=2) + "\n"


def _document(comparison: Comparison) -> dict[str, Any]:
    structures = dict.fromkeys(chip.structure for chip in comparison.hypernetworks)
    return {
        "channels": comparison.channels,
        "layers": comparison.layers,
        "dataset": comparison.dataset,
        "technology": comparison.technology,
        "reasons": comparison.reasons(),
        "ratios": [asdict(ratio) for ratio in comparison.ratios()],
        "area_above_bound": {str(name): comparison.above_bound(str(name)) for name in structures},
        "individual": [_chip(chip) for chip in comparison.individual],
        "hypernetworks": [_chip(chip) for chip in comparison.hypernetworks],
        "bounds": [
            {"figure": figure, **_chip(chip)} for chips in comparison.bounds.values() for figure, chip in chips.items()
        ],
    }


def _chip(chip: ComparedChip) -> dict[str, Any]:
    return {**asdict(chip), "area_m2": chip.area_m2, "converters_m2": chip.converters_m2}


def _quotient(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None


def _span(values: list[float | None]) -> str:
    found = sorted(value for value in values if value is not None)
    texts = list(dict.fromkeys(f"{value:.2f}" for value in (found[:1] + found[-1:])))
    return " to ".join(texts) or "-"
