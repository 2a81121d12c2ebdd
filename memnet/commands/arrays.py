# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet arrays`: the tiles of a chip by stage, a floor plan, and the drop on the wires of its largest tile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memnet.commands.console import out, refuse_unwritable, table, write_figures, write_named
from memnet.commands.options import JsonFile, files_of, takes
from memnet.flow import Setup

if TYPE_CHECKING:
    from memnet.flow import ChipArrays

Picture = Annotated[
    Path | None,
    typer.Option(
        "--svg",
        help="Write utilisation by stage, floor plan and, with wires, the drop on a tile to this file.",
        rich_help_panel="Output",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("arrays")(arrays)


@takes(Setup)
def arrays(setup: Setup, json_file: JsonFile = None, svg: Picture = None) -> None:
    """Lay a chip out on arrays, by default of the technology's size, without a simulation."""
    from memnet.flow import Chip, chip_arrays, on_arrays

    refuse_unwritable(json_file, svg, read=files_of(setup))
    found = chip_arrays(on_arrays(Chip(setup)))
    show(found)
    write_figures(json_file, found.to_json())
    if svg is not None:
        from memnet.report import arrays_svg

        write_named("picture", svg, arrays_svg(found))


def show(found: ChipArrays) -> None:
    """Print a row for each stage, and the whole chip below."""
    tiles, drop = found.tiles, found.drop
    rows = [
        (
            stage.stage,
            f"{stage.tiles:,}",
            ", ".join(f"{high}x{wide}" for (high, wide), _ in stage.shapes.most_common(3)),
            f"{stage.devices:,}",
            f"{stage.devices / stage.crosspoints:.1%}",
        )
        for stage in tiles.stages
    ]
    whole = (
        "whole chip",
        f"{tiles.tiles:,}",
        f"at most {tiles.size}",
        f"{tiles.devices:,}",
        f"{tiles.utilisation:.1%}",
    )
    console = out()
    console.print(table((found.chip.title, "tiles", "shapes", "memristors", "used"), [*rows, whole], left=1))
    console.print(
        f"{tiles.lines:,} lines; floor plan {found.floor_plan.width:,.0f} x {found.floor_plan.height:,.0f} crosspoints"
    )
    if drop is not None:
        shape = "x".join(map(str, drop.lost.shape))
        console.print(
            f"drop on the wires of {drop.stage}, tile {drop.number} ({shape}), all rows at one voltage: largest "
            f"{drop.largest:.2%}, mean {drop.mean:.2%} of it"
        )
