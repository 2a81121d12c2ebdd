# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet compare`: ratios of hypernetworks to individual deployment, from `flow.compare`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from memnet.commands.console import out, refuse_unwritable, report_page, table, write_figures, write_page
from memnet.commands.options import Dask, JsonFile, ReportFolder, takes
from memnet.commands.progress import progress_bar
from memnet.flow import ComparisonSettings

if TYPE_CHECKING:
    from memnet.flow import Comparison

Names = Annotated[list[str] | None, typer.Argument(metavar="GENOTYPE...", help="By default the paper's three.")]
Structures = Annotated[
    str, typer.Option("--on", help="Structures of hypernetworks, with commas between.", rich_help_panel="Chip")
]
ChannelList = Annotated[
    str | None,
    typer.Option(
        "--channels",
        help="C, or several with commas between; by default what networks for the data set usually have.",
        rich_help_panel="Network",
    ),
]
PAPERS_THREE = ("DARTS_V1", "DARTS_V2", "PDARTS")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("compare")(compare)


@takes(ComparisonSettings, without=("channels",))
def compare(
    settings: ComparisonSettings,
    genotypes: Names = None,
    on: Structures = "shared,slotted,duplicated",
    channels: ChannelList = None,
    dask: Dask = None,
    json_file: JsonFile = None,
    report: ReportFolder = None,
) -> None:
    """Compare hypernetworks with individual deployment: power, delay, area, counts, beside the paper's ratios."""
    from memnet.flow import as_keywords, comparison_json
    from memnet.flow import compare as run
    from memnet.simulation import executor_at

    page = None if report is None else report_page(report)
    refuse_unwritable(json_file, page, read=(*(genotypes or ()), settings.technology))
    comparisons = []
    for number in _whole_numbers(channels):
        with executor_at(dask) as executor, progress_bar() as progress:
            chosen = replace(settings, channels=number, on=_list(on), executor=executor, progress=progress)
            comparisons.append(run(genotypes or PAPERS_THREE, **as_keywords(chosen)))
        show(comparisons[-1])
    write_figures(json_file, comparison_json(tuple(comparisons)))
    if page is not None:
        from memnet.report import comparison_html

        write_page(page, comparison_html(comparisons))


def show(comparison: Comparison) -> None:
    """Print the ratios of one comparison, each structure's distance from its bound, and reasons for these ratios."""
    from memnet.measurement import LOWER_BOUND_NOTE, PROGRAMMABLE_NOTE
    from memnet.report import array_words, ratio_words

    console = out()
    console.print(f"C={comparison.channels}, L={comparison.layers}, {comparison.dataset}, {comparison.technology}")
    if any(chip.measured and chip.measured.analysis == "cost" for chip in comparison.hypernetworks):
        console.print("power, delay and energy by the numeric engine, without a transient")
    if comparison.memristor is not None:
        console.print(comparison.law_sentence())
    rows = [ratio_words(ratio) for ratio in comparison.ratios() if ratio.hypernetwork is not None]
    headings = ("genotype", "structure", "figure", "individual", "hypernetwork", "ratio", "bound", "paper")
    console.print(table(headings, rows, left=3))
    if comparison.array is not None:
        columns = ("chip", "tiles", "used", "lines", "area by devices", "by crosspoints", "of lines, part of neither")
        console.print(f"arrays of up to {comparison.array}:")
        console.print(table(columns, array_words(comparison), left=1))
    for structure in dict.fromkeys(str(chip.structure) for chip in comparison.hypernetworks):
        for figure in ("area", "crosspoint_area")[: 1 if comparison.array is None else 2]:
            above, largest = comparison.above_bound(structure, figure), comparison.bound(structure, figure).genotype
            console.print(f"{structure}: {figure} {above:.1%} above its bound, {largest} alone")
    for figure, reason in comparison.reasons().items():
        console.print(f"{figure}: {reason}")
    converters = comparison.individual[0].converters_m2 * 1e6
    console.print(f"area: {PROGRAMMABLE_NOTE}; converters, the same on all chips, stand apart: {converters:.3g} mm2")
    if LOWER_BOUND_NOTE in comparison.assumptions():
        console.print(f"memristors: {LOWER_BOUND_NOTE}")


def _list(text: str) -> tuple[str, ...]:
    """Return the words of a text with commas between them, each once."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _whole_numbers(text: str | None) -> tuple[int | None, ...]:
    """Return the numbers of `--channels`, each once; `SetupError` where one is not from 1 to 512."""
    from memnet.errors import SetupError

    if text is None:
        return (None,)
    words = _list(text)
    if not words or any(not word.isdecimal() or not 0 < int(word) <= 512 for word in words):
        raise SetupError(f"--channels {text!r}: give whole numbers from 1 to 512 with commas between, such as 2,4,8")
    return tuple(int(word) for word in words)
