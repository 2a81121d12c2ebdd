# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet demo`: classifies handwritten digits with three published architectures in SPICE and writes a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from memnet.commands.console import (
    kept_from_others,
    out,
    progress_bar,
    refuse_unwritable,
    report_deviations,
    report_page,
    write_text,
)
from memnet.commands.options import takes
from memnet.commands.simulate import show, write_report
from memnet.flow import Run

GENOTYPES = ("DARTS_V1", "DARTS_V2", "PDARTS")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("demo")(demo)


@takes(Run, only=("engine", "workers"))
def demo(
    run: Run,
    folder: Annotated[Path, typer.Option("--out", help="Where the report and the figures go.")] = Path("out/demo"),
    images: Annotated[int, typer.Option(min=2, help="Digits to classify with each network.")] = 12,
    channels: Annotated[int, typer.Option(min=1, help="C, channels of the first cells.")] = 4,
) -> None:
    """Deploy three published architectures, classify handwritten digits in SPICE, and write a report.

    The first of the three also goes through a transient, from one digit to the next, for delay, energy and power.
    """
    from memnet.flow import simulate
    from memnet.simulation.engines import find_engine, why_no_transients

    page, figures = (
        report_page(folder),
        [kept_from_others(folder / f"{name}.json", b'"logit_error"', "result") for name in GENOTYPES],
    )
    refuse_unwritable(page, *figures)
    no_transients = why_no_transients(find_engine(run.engine if isinstance(run.engine, str) else None))
    if no_transients:
        out().print(f"dc analyses only, without delay, energy and power: {no_transients}")
    results = []
    for name in GENOTYPES:
        with progress_bar() as progress:
            results.append(
                simulate(
                    name,
                    channels=channels,
                    images=images,
                    analysis="transient" if name == GENOTYPES[0] and not no_transients else "dc",
                    engine=run.engine,
                    workers=run.workers,
                    progress=lambda what, share, name=name: progress(f"{name}: {what}", share),
                )
            )
    show(results)
    for path, result in zip(figures, results, strict=True):
        write_text(path, result.to_json())
    out().print(f"figures: {folder}/*.json")
    write_report(page, results)
    report_deviations([result.deviation for result in results], strict=False)
