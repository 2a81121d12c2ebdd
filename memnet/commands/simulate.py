# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet simulate`: simulates a genotype's circuit on test images and prints its figures, `flow.simulate`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memnet.commands.console import out, progress_bar, refuse_unwritable, write_text
from memnet.commands.figures import figures_table, notes
from memnet.commands.options import (
    Batch,
    Bits,
    Cache,
    Channels,
    Dask,
    Data,
    DataSet,
    Deploy,
    EngineName,
    Flat,
    Ideal,
    Images,
    JsonFile,
    Layers,
    Name,
    ReportFolder,
    Seed,
    Structure,
    TechnologyName,
    WeightFile,
    Workers,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memnet.flow import Simulation


class Analysis(StrEnum):
    """Analyses of a simulation."""

    dc = "dc"
    transient = "transient"


AnalysisName = Annotated[
    Analysis, typer.Option(help="transient adds delay, energy and power to what dc gives.", rich_help_panel="Run")
]
Transitions = Annotated[
    int, typer.Option(min=1, help="Steps from image to image in a transient.", rich_help_panel="Run")
]
Table = Annotated[
    Path | None,
    typer.Option("--placement", help="Table of conductances to simulate: .csv or .parquet.", rich_help_panel="Chip"),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("simulate")(simulate)


def simulate(
    genotype: Name = "PDARTS",
    channels: Channels = 4,
    layers: Layers = 3,
    dataset: DataSet = "digits",
    data: Data = None,
    seed: Seed = 0,
    weights: WeightFile = None,
    technology: TechnologyName = "hfox-130nm",
    bits: Bits = None,
    ideal: Ideal = False,
    deploy: Deploy = "individual",
    structure: Structure = "shared",
    placement: Table = None,
    images: Images = 20,
    analysis: AnalysisName = Analysis.dc,
    transitions: Transitions = 1,
    engine: EngineName = None,
    flat: Flat = False,
    workers: Workers = None,
    batch: Batch = None,
    cache: Cache = None,
    dask: Dask = None,
    json_file: JsonFile = None,
    report: ReportFolder = None,
) -> None:
    """Deploy a genotype as a circuit of its own or on a hypernetwork, simulate it on test images and measure it."""
    from memnet.flow import simulate as run
    from memnet.simulation import executor_at

    page = None if report is None else report / "index.html"
    refuse_unwritable(json_file, page)
    with executor_at(dask) as executor, progress_bar() as progress:
        result = run(
            genotype,
            channels=channels,
            layers=layers,
            dataset=dataset,
            data=data,
            seed=seed,
            weights=weights,
            technology=technology,
            bits=bits,
            ideal=ideal,
            images=images,
            analysis=analysis.value,
            transitions=transitions,
            engine=engine,
            flat=flat,
            workers=workers,
            batch=batch,
            deploy=deploy,
            structure=structure,
            placement=placement,
            cache=cache,
            executor=executor,
            progress=progress,
        )
    show([result])
    if json_file is not None:
        write_text(json_file, result.to_json())
        out().print(f"figures: {json_file}")
    if page is not None:
        write_report(page, [result])


def show(results: Sequence[Simulation]) -> None:
    """Print the table of figures, and below it notes and warnings."""
    console = out()
    console.print(figures_table(results))
    for line in notes(results):
        console.print(line)


def write_report(page: Path, results: Sequence[Simulation]) -> None:
    """Write the report of some results to the file `page`, and print its path."""
    from memnet.report import report_html

    write_text(page, report_html(results))
    out().print(f"report:  {page}")
