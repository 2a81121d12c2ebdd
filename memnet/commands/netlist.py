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


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("netlist")(netlist)


@takes(Setup, ExportSettings)
def netlist(
    setup: Setup,
    settings: ExportSettings,
    output: Output = None,
    strict: Strict = False,
) -> None:
    """Write a genotype's circuit as netlists with test images, a testbench and the outputs to expect."""
    from memnet.flow import Chip, as_keywords
    from memnet.netlist import editor_of, find_dialect

    dialect = find_dialect(settings.dialect)
    table = None if settings.placement is None else Path(settings.placement)
    refuse_unwritable(table, read=files_of(setup))
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
    for note in chip.weights.notes:
        console.print(f"note: {note}")
    console.print(f"run it there with: {dialect.command}   (README.md says what to expect)")
    if settings.symbols:
        editor = editor_of(settings.dialect)
        console.print(f"schematic: {folder / 'testbench'}.{editor.schematic} for {editor.tool}")
    if table is not None:
        console.print(f"placement: {table}")
    elif "placement_table_up_to" in manifest:
        most = manifest["placement_table_up_to"]
        console.print(f"no placement table, which exports have of up to {most} memristors: --placement FILE writes it")
    report_deviations(manifest["warnings"], strict)
