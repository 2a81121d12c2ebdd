# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet demo`: three published architectures in SPICE on handwritten digits, one of them on a hypernetwork too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memnet.commands.console import (
    kept_from_others,
    out,
    refuse_unwritable,
    report_deviations,
    report_page,
    table,
    write_page,
    write_text,
)
from memnet.commands.invocation import with_provenance
from memnet.commands.options import takes
from memnet.commands.progress import progress_bar
from memnet.commands.simulate import show
from memnet.flow import Run

if TYPE_CHECKING:
    from memnet.flow import Comparison, Simulation

GENOTYPES = ("DARTS_V1", "DARTS_V2", "PDARTS")
SWITCHED, STRUCTURE = "PDARTS", "shared"  # what the hypernetwork is switched to, and which one it is


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("demo")(demo)


@takes(Run, only=("engine", "workers"))
def demo(
    run: Run,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where the report and the figures go.")] = Path(
        "out/demo"
    ),
    images: Annotated[int, typer.Option(min=2, help="Digits to classify with each network.")] = 12,
    channels: Annotated[int, typer.Option(min=1, help="C, channels of the first cells.")] = 4,
) -> None:
    """Deploy three published architectures, classify handwritten digits in SPICE, and write a report.

    Each goes through a transient, from one digit to the next, for delay, energy and power. Then a hypernetwork that
    holds every architecture of the space is switched to one of them, and compared with that one's own chip.
    """
    from memnet.flow import comparison_json
    from memnet.simulation.engines import find_engine, why_no_transients

    names = [*GENOTYPES, f"{SWITCHED}-on-{STRUCTURE}"]
    page = report_page(folder)
    figures = [kept_from_others(folder / f"{name}.json", b'"logit_error"', "result") for name in names]
    refuse_unwritable(page, *figures)
    no_transients = why_no_transients(find_engine(run.engine))
    if no_transients:
        out().print(f"delay, energy and power by the numeric engine, without a transient: {no_transients}")
    analysis = "cost" if no_transients else "transient"
    results = [_simulated(name, run, analysis, channels, images) for name in GENOTYPES]
    show(results)
    comparison = _switched(run, channels, images)
    show_switched(comparison)
    texts = [*(result.to_json() for result in results), comparison_json((comparison,))]
    for path, text in zip(figures, texts, strict=True):
        write_text(path, with_provenance(text))
    out().print(f"figures: {folder}/*.json")
    _write_report(page, results, comparison)
    report_deviations([result.deviation for result in results], strict=False)


def _simulated(name: str, run: Run, analysis: str, channels: int, images: int) -> Simulation:
    """Return one architecture simulated on its own chip; its first figures are printed at once."""
    from memnet.flow import simulate
    from memnet.units import engineering

    with progress_bar() as progress:
        result = simulate(
            name,
            channels=channels,
            images=images,
            analysis=analysis,
            engine=run.engine,
            workers=run.workers,
            progress=lambda what, share: progress(f"{name}: {what}", share),
        )
    right = round(result.accuracy.accuracy * result.images)
    timing, said = result.timing, ""
    if timing is not None and timing.delay_s is not None:
        values = (("delay", timing.delay_s, "s"), ("energy", timing.energy_j, "J"), ("power", timing.power_w, "W"))
        said = "".join(f", {what} {engineering(value, unit)}" for what, value, unit in values if value is not None)
    out().print(f"{name}: {right} of {result.images} digits right{said}, after {result.wall_s:.0f} s")
    return result


def _switched(run: Run, channels: int, images: int) -> Comparison:
    """Return one architecture on the hypernetwork against its own chip; delay and power by the numeric engine.

    A transient of the hypernetwork takes minutes, since amplifiers of all units are simulated; both chips have the same
    method, so that their ratio is of like and like.
    """
    from memnet.flow import compare

    with progress_bar() as progress:
        return compare(
            [SWITCHED],
            on=(STRUCTURE,),
            channels=channels,
            images=images,
            analysis="cost",
            engine=run.engine,
            workers=run.workers,
            progress=progress,
        )


def show_switched(comparison: Comparison) -> None:
    """Print what the hypernetwork costs, as ratios to the chip of its own."""
    from memnet.report import SWITCHED_HEADINGS, switched_notes, switched_rows, switched_title

    console = out()
    console.print(switched_title(comparison))
    console.print(table(SWITCHED_HEADINGS, switched_rows(comparison)))
    for line in switched_notes(comparison):
        console.print(line)


def _write_report(page: Path, results: list[Simulation], comparison: Comparison) -> None:
    """Write the report of all chips, and print its path."""
    from memnet.report import report_html

    write_page(page, report_html(results, comparison))
