# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet netlist`: a genotype's circuit as a folder of netlists for another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from memnet.commands.console import out, refuse_unwritable, report_deviations
from memnet.commands.options import Strict, files_of, takes
from memnet.flow import ExportSettings, Setup

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Directory; by default one below netlists.", rich_help_panel="Output"),
]
Table = Annotated[
    Path | None,
    typer.Option("--placement", help="The placement table, here too: .csv or .parquet.", rich_help_panel="Output"),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("netlist")(netlist)


@takes(Setup, ExportSettings)
def netlist(
    setup: Setup,
    settings: ExportSettings,
    output: Output = None,
    placement: Table = None,
    strict: Strict = False,
) -> None:
    """Write a genotype's circuit as netlists with test images, a testbench and the outputs to expect."""
    from memnet.flow import Chip, as_keywords
    from memnet.netlist import find_dialect, refuse_table, write_table

    dialect = find_dialect(settings.dialect)
    refuse_unwritable(placement, read=files_of(setup))
    if placement is not None:
        refuse_table(placement)
    chip = Chip(setup)
    network = chip.network
    on = f"-{chip.structure}" if chip.structure else ""
    name = f"{network.genotype.name}-C{network.channels}-L{network.cells}{on}-{dialect.name}".replace(":", "-")
    folder = output or Path("netlists") / name
    manifest = chip.export(folder, **as_keywords(settings))
    console = out()
    console.print(
        f"{folder}: {chip.title} for {dialect.tool}, {manifest['memristors']} memristors, "
        f"{manifest['opamps']} op-amps, {manifest['images']} images"
    )
    console.print(f"run it there with: {dialect.command}   (README.md says what to expect)")
    if placement is not None:
        write_table(chip.circuit, chip.placement, placement, targets=chip.devices.per_device)
        console.print(f"placement: {placement}")
    report_deviations(manifest["warnings"], strict)
