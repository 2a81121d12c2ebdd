# SPDX-License-Identifier: GPL-3.0-or-later
"""A hypernetwork compared with individual deployment: figures of both, their ratios, and lower bounds of these.

`run_comparison` counts and simulates the chips; `report.comparison` draws them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from memnet.devices import DeviceSpread
from memnet.flow.compared import ARRAY_BOUNDED, ARRAY_FIGURES, FIGURES, PAPER, ComparedChip, Ratio
from memnet.flow.tables import as_pandas, rows_html
from memnet.measurement import LOWER_BOUND_NOTE, PROGRAMMABLE_NOTE

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison:
    """Chips of one C, L and data set.

    Each architecture is deployed individually (`individual`) and on each hypernetwork structure (`hypernetworks`), and
    the largest members of each structure's space individually (`bounds`).

    Examples
    --------
    >>> found = compare(["DARTS_V1"], on=["shared"], counts_only=True, channels=1)
    >>> found.hypernetworks[0].counts.opamps
    12596
    """

    channels: int
    layers: int
    dataset: str
    technology: str
    bits: int
    devices: DeviceSpread
    individual: tuple[ComparedChip, ...]
    hypernetworks: tuple[ComparedChip, ...]
    bounds: dict[str, dict[str, ComparedChip]]  # by structure and figure that has a bound
    array: str | None = None  # the largest array, rows x columns, where chips stand on arrays
    patches: bool = False  # output pixels share tiles
    cell: str | None = None  # that memristors stand in, where one is asked for
    memristor: str | None = None  # the model that memristors are, where one is named and chips were simulated
    compensated: bool = False  # levels are compensated for its law

    def __repr__(self) -> str:
        """Return the ratios of every architecture on every structure, a line each."""
        lines = [f"Comparison at C={self.channels}, L={self.layers}, {self.dataset}, {self.technology}:"]
        for chip in self.hypernetworks:
            ratios = [self._ratio(chip, figure) for figure in self.figures]
            words = [f"{ratio.figure} {ratio.ratio:.2f}" for ratio in ratios if ratio.ratio is not None]
            lines.append(f"  {chip.genotype} on {chip.structure} over individual: {', '.join(words)}")
        return "\n".join(lines)

    @property
    def figures(self) -> tuple[str, ...]:
        """Return FIGURES, and ARRAY_FIGURES where chips stand on arrays.

        >>> found.figures
        ('power', 'delay', 'energy', 'area', 'memristors', 'opamps', 'switches')
        """
        return FIGURES if self.array is None else (*FIGURES, *ARRAY_FIGURES)

    def alone(self, genotype: str) -> ComparedChip:
        """Return the chip of an architecture deployed individually.

        >>> found.alone("DARTS_V1").counts.opamps
        4516
        """
        return next(chip for chip in self.individual if chip.genotype == genotype)

    def bound(self, structure: str | None, figure: str = "area") -> ComparedChip:
        """Return the member of a structure's space with the largest figure, deployed individually.

        >>> found.bound("shared", "opamps").counts.opamps
        11796
        """
        return self.bounds[str(structure)][figure]

    def above_bound(self, structure: str, figure: str = "area") -> float:
        """Return by what share of its bound a structure exceeds it, 0.1 for a tenth.

        Components do not depend on the selected architecture, so any chip of the structure will do.

        >>> round(found.above_bound("shared"), 2)
        0.08
        """
        chip = next(chip for chip in self.hypernetworks if chip.structure == structure)
        return (_quotient(chip.figure(figure), self.bound(structure, figure).figure(figure)) or 0.0) - 1.0

    def ratios(self) -> tuple[Ratio, ...]:
        """Return every figure of every architecture on every structure.

        >>> [(each.figure, round(each.ratio, 2)) for each in found.ratios() if each.ratio]
        [('area', 2.72), ('memristors', 7.83), ('opamps', 2.79), ('switches', 6.43)]
        """
        return tuple(self._ratio(chip, figure) for chip in self.hypernetworks for figure in self.figures)

    def rows(self) -> list[dict[str, Any]]:
        """Return the fields of all `ratios` by name, a row for each.

        >>> found.rows()[3]["figure"]
        'area'
        """
        return [asdict(ratio) for ratio in self.ratios()]

    def to_pandas(self) -> DataFrame:
        """Return `rows` as a pandas table; `SetupError` where pandas is not installed.

        >>> found.to_pandas()[["figure", "ratio"]].shape
        (7, 2)
        """
        return as_pandas(self.rows())

    def _repr_html_(self) -> str:
        """Return what notebooks show: the table of ratios."""
        caption, *_ = repr(self).splitlines()
        return rows_html(caption, self.rows())

    def law_sentence(self) -> str:
        """Return what memristors are, and by how much their law shifts class outputs; '' where nothing is said.

        >>> found.law_sentence()
        ''
        """
        if self.memristor is None:
            return ""
        chips = (*self.individual, *self.hypernetworks)
        shifts = sorted(chip.measured.law_shift for chip in chips if chip.measured and chip.measured.law_shift)
        levels = ", levels compensated for their law" if self.compensated else ""
        span = " to ".join(dict.fromkeys(f"{shift:.2g}" for shift in (*shifts[:1], *shifts[-1:])))
        said = f"; it shifts class outputs by {span} of full scale" if shifts else ""
        return f"memristors are {self.memristor}{levels}{said}"

    def assumptions(self) -> tuple[str, ...]:
        """Return what a reader of the counts and areas must know, a sentence each.

        >>> found.assumptions()[0][:10]
        'assumption'
        """
        bounds = (chip for chips in self.bounds.values() for chip in chips.values())
        counted = (chip.counts.lower_bound for chip in (*self.individual, *self.hypernetworks, *bounds))
        return (PROGRAMMABLE_NOTE, LOWER_BOUND_NOTE) if any(counted) else (PROGRAMMABLE_NOTE,)

    def reasons(self) -> dict[str, str]:
        """Return by figure of PAPER one sentence on why this figure differs from the paper's.

        >>> sorted(found.reasons())
        ['area', 'delay', 'power']
        """
        ratios = [ratio for ratio in self.ratios() if ratio.figure == "area"]
        bounds = {
            structure: _span([ratio.bound for ratio in ratios if ratio.structure == structure])
            for structure in dict.fromkeys(ratio.structure for ratio in ratios)
        }
        least = ", ".join(f"{bound} for {structure}" for structure, bound in bounds.items())
        return {
            "power": "unselected units are off, op-amps and crossbars alike, and so are rectified copies that no "
            "selected unit reads; what is left over is copies that the next cells always read, and the currents of 5x5 "
            "fields whatever the kernel is",
            "delay": "the selected path has the amplifiers of individual deployment and the rectified copies; each "
            "sees more conductance (idle taps at Gmin, bias rows that stand ready), so that its noise gain is higher",
            "area": f"no chip that holds a whole space is smaller than its largest member alone, and by that bound the "
            f"ratio is at least {least}; what lies above is rectified copies, the comparators of one max pool a state, "
            "and the gates",
        }

    def _ratio(self, chip: ComparedChip, figure: str) -> Ratio:
        alone, here = self.alone(chip.genotype).figure(figure), chip.figure(figure)
        largest = self.bound(chip.structure, figure).figure(figure) if figure in ARRAY_BOUNDED else None
        return Ratio(
            channels=self.channels,
            genotype=chip.genotype,
            structure=str(chip.structure),
            figure=figure,
            individual=alone,
            hypernetwork=here,
            ratio=_quotient(here, alone),
            bound=_quotient(largest, alone),
            paper=str(PAPER.get("area" if figure == "crosspoint_area" else figure, "")),
        )


def comparison_json(comparisons: tuple[Comparison, ...]) -> str:
    """Return comparisons at one or more C as JSON, in SI units; `area_m2` is without converters."""
    document = {
        "paper": {figure: str(ratio) for figure, ratio in PAPER.items()},
        "assumptions": list(dict.fromkeys(each for comparison in comparisons for each in comparison.assumptions())),
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
        "bits": comparison.bits,
        **({} if comparison.devices.ideal else {"devices": asdict(comparison.devices)}),
        **({} if comparison.memristor is None else {"memristor": comparison.memristor}),
        **({} if comparison.cell is None else {"cell": comparison.cell}),
        **({"compensated": True} if comparison.compensated else {}),
        **({} if comparison.array is None else {"array": comparison.array, "patches": comparison.patches}),
        "reasons": comparison.reasons(),
        "ratios": [asdict(ratio) for ratio in comparison.ratios()],
        **{
            f"{figure}_above_bound": {str(name): comparison.above_bound(str(name), figure) for name in structures}
            for figure in ("area", "crosspoint_area")
            if figure in comparison.figures
        },
        "individual": [_chip(chip) for chip in comparison.individual],
        "hypernetworks": [_chip(chip) for chip in comparison.hypernetworks],
        "bounds": [
            {"figure": figure, **_chip(chip)} for chips in comparison.bounds.values() for figure, chip in chips.items()
        ],
    }


def _chip(chip: ComparedChip) -> dict[str, Any]:
    figures = asdict(chip)
    arrays = figures.pop("arrays") or {}
    if chip.measured is not None and chip.measured.law_shift is None:
        del figures["measured"]["law_shift"]
    return {**figures, "area_m2": chip.area_m2, "converters_m2": chip.converters_m2, **arrays}


def _quotient(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None


def _span(values: list[float | None]) -> str:
    """Return the smallest and the largest value as text, such as '2.16 to 2.52'."""
    ordered = sorted(value for value in values if value is not None)
    return " to ".join(dict.fromkeys(f"{value:.2f}" for value in (ordered[:1] + ordered[-1:]))) or "-"
