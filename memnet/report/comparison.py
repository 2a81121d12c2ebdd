# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of one or several comparisons: tables, bar charts of ratios and areas, all in one HTML file.

The figures are those of `flow.Comparison`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memnet.flow import BOUNDED, FIGURES, PAPER, UNITS, ComparedChip, Comparison, Ratio, comparison_json
from memnet.measurement import CONVERTERS
from memnet.report.canvas import PALETTE, Axis, Canvas
from memnet.report.templates import rendered
from memnet.report.thumbnails import json_url
from memnet.units import engineering

COUNTED = ("memristors", "access_transistors", "opamps", "switches", "enables", "select_drivers")  # of a structure
SHOWN = ("opamps", "comparators", "memristors", "resistors", "programmable", "switches", "enables")  # with a colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One chart with its name and a sentence on how to read it."""

    name: str
    note: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The texts and pictures on the page of one comparison, which has one C."""

    name: str
    about: str
    pictures: tuple[Picture, ...]
    structures: tuple[tuple[str, ...], ...]  # table rows of `_structure`
    arrays: tuple[tuple[str, ...], ...]  # table rows of `array_words`; none where chips stand on no arrays
    size: str  # of these arrays
    rows: tuple[tuple[str, ...], ...]  # table rows of `ratio_words`
    reasons: tuple[tuple[str, str], ...]  # figure and sentence


def comparison_html(comparisons: Sequence[Comparison]) -> str:
    """Return an HTML page about comparisons of the same architectures at one or more C."""
    pictures = (_over_channels(comparisons),) if len(comparisons) > 1 else ()
    sections = [_section(comparison, pictures if index == 0 else ()) for index, comparison in enumerate(comparisons)]
    names = ", ".join(chip.genotype for chip in comparisons[0].individual)
    return rendered(
        "report/comparison.html.j2",
        title=f"Hypernetwork against individual deployment: {names}",
        sections=sections,
        assumptions=dict.fromkeys(each for comparison in comparisons for each in comparison.assumptions()),
        json=json_url(comparison_json(tuple(comparisons))),
    )


def _section(comparison: Comparison, before: tuple[Picture, ...]) -> Section:
    """Return the section of one comparison, with the pictures `before` in front of its own."""
    how = "parts counted from plans, nothing simulated"
    for measured in (chip.measured for chip in comparison.hypernetworks if chip.measured):
        by = "transient" if measured.analysis == "transient" else "the numeric engine"
        steps = f"{measured.transitions} image transition{'' if measured.transitions == 1 else 's'} by {by}"
        how = f"{measured.images} images in dc, {steps}, {measured.engine}"
    if not comparison.devices.ideal:
        how = f"{how}; {comparison.devices}"
    if comparison.memristor is not None:
        how = f"{how}; {comparison.law_sentence()}"
    charts = [_ratios(comparison, figure) for figure in FIGURES[:4]]
    return Section(
        name=f"C={comparison.channels}, L={comparison.layers}, {comparison.dataset}",
        about=f"Technology {comparison.technology}; {how}",
        pictures=(*before, *(chart for chart in charts if chart), _areas(comparison)),
        structures=tuple(_structure(comparison, name) for name in _structures(comparison)),
        arrays=array_words(comparison),
        size=str(comparison.array),
        rows=tuple(ratio_words(ratio) for ratio in comparison.ratios() if ratio.hypernetwork is not None),
        reasons=tuple(comparison.reasons().items()),
    )


def array_words(comparison: Comparison) -> tuple[tuple[str, ...], ...]:
    """Return table rows of each chip's tiles: chip, tiles, utilisation, lines, area by devices, by crosspoints, lines'.

    There are none where chips stand on no arrays.
    """
    structures = {str(chip.structure): chip for chip in comparison.hypernetworks}
    chips = {chip.genotype: chip for chip in comparison.individual} | structures
    return tuple(
        (
            name,
            f"{chip.arrays.tiles:,}",
            f"{chip.arrays.utilisation:.1%}",
            f"{chip.arrays.lines:,}",
            *(_value_text(chip.figure(figure), figure) for figure in ("area", "crosspoint_area", "line_area")),
        )
        for name, chip in chips.items()
        if chip.arrays is not None
    )


def ratio_words(ratio: Ratio) -> tuple[str, ...]:
    """Return the row of a ratio in a table: genotype, structure, figure, both values, ratio, bound, paper's ratio."""
    values = [_value_text(value, ratio.figure) for value in (ratio.individual, ratio.hypernetwork)]
    numbers = ["-" if value is None else f"{value:.2f}" for value in (ratio.ratio, ratio.bound)]
    return (ratio.genotype, ratio.structure, ratio.figure, *values, *numbers, ratio.paper)


def _value_text(value: float | None, figure: str) -> str:
    """Return the value of a figure with its unit; '-' for None."""
    if value is None:
        return "-"
    if UNITS.get(figure) == "m2":
        return f"{value * 1e6:.3g} mm2"
    return engineering(value, UNITS[figure]) if figure in UNITS else f"{value:,.0f}"


def _structures(comparison: Comparison) -> list[str]:
    return list(dict.fromkeys(str(chip.structure) for chip in comparison.hypernetworks))


def _structure(comparison: Comparison, name: str) -> tuple[str, ...]:
    """Return the row of a structure in a table: name, area, its bound, share above the bound, component counts."""
    chip = next(chip for chip in comparison.hypernetworks if chip.structure == name)
    areas = (_value_text(each.area_m2, "area") for each in (chip, comparison.bound(name)))
    counts = (getattr(chip.counts, component) for component in COUNTED)
    return (name, *areas, f"{comparison.above_bound(name):.1%}", *(f"{count:,}" for count in counts))


def _ratios(comparison: Comparison, figure: str) -> Picture | None:
    """Draw one figure's ratio as a bar for each architecture on each structure; None where it was not measured.

    Black marks are lower bounds, dashed lines the paper's ratios.
    """
    ratios = [ratio for ratio in comparison.ratios() if ratio.figure == figure and ratio.ratio is not None]
    if not ratios:
        return None
    structures = _structures(comparison)
    count = len(comparison.individual)
    step = count + 1.0
    high = 1.12 * max(max(ratio.ratio or 0.0, ratio.bound or 0.0) for ratio in ratios)
    middles = tuple(step * (index + 0.5) for index in range(len(structures)))
    x = Axis(low=0.0, high=step * len(structures), label="structure", ticks=middles, names=tuple(structures))
    y = Axis.over(0.0, max(high, 1.6), "ratio [hypernetwork / individual]", pad=0.0)
    says = "; ".join(f"{ratio.genotype} on {ratio.structure} {ratio.ratio:.2f}" for ratio in ratios)
    plot = Canvas(x, y, title=f"Ratios of {figure}", says=says, grid_x=False)
    for level in (PAPER[figure].lowest, PAPER[figure].highest) if figure in PAPER else ():
        plot.line([x.low, x.high], [level, level], "var(--alarm)", dash="5 4")
    genotypes = [chip.genotype for chip in comparison.individual]
    for ratio in ratios:
        x0 = step * structures.index(ratio.structure) + 0.5 + genotypes.index(ratio.genotype)
        value = ratio.ratio or 0.0
        colour = PALETTE[genotypes.index(ratio.genotype) % len(PALETTE)]
        plot.bar((x0 + 0.08, x0 + 0.92), (0.0, value), colour, f"{ratio.genotype} on {ratio.structure}: {value:.2f}")
        plot.text(x0 + 0.5, value, f"{value:.2f}", anchor="middle", dy=-4, style="tick")
        if ratio.bound is not None:
            plot.line([x0, x0 + 1.0], [ratio.bound, ratio.bound], "var(--ink)", width=2.2)
    marks = " Black: lower bound of a chip that holds the space." if figure in BOUNDED else ""
    marks += " Dashed: the paper." if figure in PAPER else ""
    name = f"{figure.capitalize()}: hypernetwork over individual"
    return Picture(name=name, note=f"Bars: {', '.join(genotypes)}.{marks}", svg=plot.svg())


def _areas(comparison: Comparison) -> Picture:
    """Draw the areas of components on each chip as stacked bars.

    Individual deployments come first, then for each structure its bound and the structure itself.
    """
    bars: list[tuple[str, ComparedChip]] = [(chip.genotype, chip) for chip in comparison.individual]
    for name in _structures(comparison):
        bars.append((f"bound of {name}", comparison.bound(name)))
        bars.append((name, next(chip for chip in comparison.hypernetworks if chip.structure == name)))
    largest = max(chip.area_m2 for _, chip in bars) * 1e6
    x = Axis.over(0.0, largest * 1.1, "area without converters [mm²]", pad=0.0)
    y = Axis(low=0.0, high=len(bars) + 1.0, label="")
    says = "; ".join(f"{name} {chip.area_m2 * 1e6:.3g} mm²" for name, chip in bars)
    plot = Canvas(x, y, title="Areas", says=says, height=42 * len(bars) + 110, left=20, grid_y=False)
    for row, (name, chip) in enumerate(bars):
        middle, start = len(bars) - row - 0.68, 0.0
        plot.text(0.0, middle, f"{name} {chip.area_m2 * 1e6:.3g} mm²", dx=4, dy=-14)
        for component, area in sorted(chip.area_parts_m2.items(), key=lambda item: -item[1]):
            if component in CONVERTERS or area == 0.0:
                continue
            colour = PALETTE[SHOWN.index(component) % len(PALETTE)] if component in SHOWN else "var(--muted)"
            hint = f"{name}, {component}: {area * 1e6:.3g} mm²"
            plot.bar((start, start + area * 1e6), (middle - 0.19, middle + 0.19), colour, hint)
            start += area * 1e6
    for index, component in enumerate(SHOWN[:4]):
        plot.entry(index // 2, PALETTE[index], component, across=130.0 * (index % 2))
    return Picture(name="What the area is made of", note="Point at a part for its name and value.", svg=plot.svg())


def _over_channels(comparisons: Sequence[Comparison]) -> Picture:
    """Draw the area ratio of each architecture on each structure over C."""
    structures, genotypes = _structures(comparisons[0]), [chip.genotype for chip in comparisons[0].individual]
    series: dict[tuple[str, str], list[float]] = {}
    for comparison in comparisons:
        for ratio in comparison.ratios():
            if ratio.figure == "area":
                series.setdefault((ratio.structure, ratio.genotype), []).append(ratio.ratio or 0.0)
    last = len(comparisons) - 1
    x = Axis(
        low=-0.1,
        high=last + 1.1,
        label="C, number of channels of the first cells",
        ticks=tuple(float(index) for index in range(last + 1)),
        names=tuple(str(comparison.channels) for comparison in comparisons),
    )
    y = Axis.over(
        0.0, 1.1 * max(max(values) for values in series.values()), "ratio of areas [hypernetwork / individual]", pad=0.0
    )
    plot = Canvas(x, y, title="Area ratio over C")
    for (structure, genotype), values in series.items():
        colour = PALETTE[structures.index(structure) % len(PALETTE)]
        dash = ("", "6 3", "2 3", "8 3 2 3")[genotypes.index(genotype) % 4]
        plot.line(
            [float(index) for index in range(last + 1)], values, colour, dash=dash, name=f"{genotype}, {structure}"
        )
        if genotype == genotypes[-1]:
            plot.text(float(last), values[-1], structure, dx=8)
    dashes = ("solid", "dashed", "dotted", "dash-dotted")
    lines = ", ".join(f"{name} {dashes[index % 4]}" for index, name in enumerate(genotypes))
    note = f"One colour a structure; {lines}."
    return Picture(name="How the area ratio moves with C", note=note, svg=plot.svg())
