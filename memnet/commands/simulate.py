# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet simulate`: a genotype's circuit on test images, with its figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from memnet.commands.console import (
    out,
    refuse_unwritable,
    report_deviations,
    report_page,
    write_figures,
    write_outputs,
    write_page,
)
from memnet.commands.figures import figures_table, notes
from memnet.commands.options import Dask, JsonFile, OutputsFile, ReportFolder, Strict, files_of, takes
from memnet.commands.progress import progress_bar
from memnet.flow import Run, Setup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memnet.flow import Simulation


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("simulate")(simulate)


@takes(Setup, Run)
def simulate(
    setup: Setup,
    run: Run,
    dask: Dask = None,
    json_file: JsonFile = None,
    report: ReportFolder = None,
    outputs: OutputsFile = None,
    strict: Strict = False,
) -> None:
    """Deploy a genotype as a circuit of its own or on a hypernetwork, simulate it on test images and measure it."""
    from memnet.flow import Chip, as_keywords
    from memnet.simulation import executor_at

    page = None if report is None else report_page(report)
    refuse_unwritable(json_file, page, outputs, read=files_of(setup))
    with executor_at(dask) as executor, progress_bar() as progress:
        result = Chip(setup).simulate(**as_keywords(replace(run, executor=executor, progress=progress)))
    show([result])
    write_figures(json_file, result.to_json())
    write_outputs(outputs, result)
    if page is not None:
        write_report(page, [result])
    report_deviations([result.deviation], strict)


def show(results: Sequence[Simulation]) -> None:
    """Print the table of figures, and below it notes and warnings."""
    console = out()
    console.print(figures_table(results))
    for line in notes(results):
        console.print(line)


def write_report(page: Path, results: Sequence[Simulation]) -> None:
    """Write the report of some results to the file `page`, and print its path."""
    from memnet.report import report_html

    write_page(page, report_html(results))
