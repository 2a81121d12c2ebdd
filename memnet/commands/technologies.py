# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet technologies`: lists the technologies that memnet comes with, or all values of one with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from memnet.commands.console import out, refuse_unwritable, table, write_figures
from memnet.commands.options import JsonFile

if TYPE_CHECKING:
    from memnet.technology import Technology

Named = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="Show all values of this technology, a name or a .toml file, with sources."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("technologies")(technologies)


def technologies(name: Named = None, json_file: JsonFile = None) -> None:
    """List the technologies that come with memnet, or show one with the source of every value."""
    import json

    from memnet.technology import load_technology, technology_names

    refuse_unwritable(json_file, read=[name])
    chosen = [load_technology(each) for each in ([name] if name else technology_names())]
    if name:
        _show(chosen[0])
    else:
        headings = ("technology", "what", "conductances", "bits", "read up to", "law", "arrays", "wires, ohm a cell")
        out().print(table(headings, [_row(each) for each in chosen], left=2))
        out().print("memnet technologies NAME shows all values and their sources; --technology takes a .toml file, too")
    write_figures(json_file, json.dumps({each.name: _figures(each) for each in chosen}, indent=2) + "\n")


def _row(technology: Technology) -> tuple[str, ...]:
    from memnet.units import engineering

    device, array, wire = technology.memristor, technology.array, technology.wire
    return (
        technology.name,
        technology.description,
        f"{engineering(device.g_min_siemens, 'S')} to {engineering(device.g_max_siemens, 'S')}",
        str(device.bits),
        engineering(device.read_limit_v, "V"),
        "I = G V" if technology.memristor_model is None else technology.memristor_model.name,
        "-" if array is None else f"{array.rows}x{array.columns}",
        "-" if wire is None else f"{wire.row_ohm:g} and {wire.column_ohm:g}",
    )


def _show(technology: Technology) -> None:
    """Print all values of a technology with their sources."""
    console = out()
    console.print(f"{technology.name}: {technology.description}")
    values = [(key, value) for key, value in technology.values().items() if key != "name"]
    rows = [(key, str(value), technology.sources.get(key, "")) for key, value in values]
    console.print(table(("value", "in SI units", "source"), rows, left=3))


def _figures(technology: Technology) -> dict[str, Any]:
    """Return a technology as JSON has it: description, values and sources by `section.key`."""
    values = {key: value for key, value in technology.values().items() if key != "name"}
    return {"description": technology.description, "values": values, "sources": technology.sources}
