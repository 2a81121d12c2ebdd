# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet graph`: draws both cells of a genotype and lists their edges."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from memnet.commands.console import out, refuse_unwritable, table, write_text
from memnet.commands.options import Name


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("graph")(graph)


def graph(
    genotype: Name = "PDARTS",
    svg: Annotated[Path | None, typer.Option(help="File to write; by default GENOTYPE.svg here.")] = None,
) -> None:
    """Draw the cell graph of a genotype."""
    from memnet.genotype import cell_graph, cell_graph_svg, read_genotype

    parsed = read_genotype(genotype)
    path = svg or Path(re.sub(r"[^\w.+-]", "-", parsed.name) + ".svg")
    refuse_unwritable(path, read=[genotype])
    write_text(path, cell_graph_svg(parsed))
    rows = [
        (kind, edge["name"], f"{source} -> {target}", str(edge["stride"]))
        for kind, cell, reduction in (("normal", parsed.normal, False), ("reduce", parsed.reduce, True))
        for source, target, edge in cell_graph(cell, reduction).edges(data=True)
        if edge["op"] != "concat"
    ]
    console = out()
    console.print(table(("cell", "edge", "from, to", "stride"), rows, left=3))
    console.print(f"picture: {path}")
