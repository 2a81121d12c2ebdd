# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet engines`: lists the SPICE engines, which of them are installed here, and how to get the others."""

from __future__ import annotations

from typing import Annotated

import typer

from memnet.commands.console import out, table, write_figures
from memnet.commands.invocation import current
from memnet.commands.options import JsonFile

Install = Annotated[
    bool, typer.Option("--install", help="Install ngspice first, into a folder of memnet's own, where none is here.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("engines")(engines)


def engines(install: Install = False, json_file: JsonFile = None) -> None:
    """Say what can simulate here, with KLU or not, and what the numeric engine computes with."""
    import json
    from dataclasses import asdict

    from memnet.operators import kernels_here
    from memnet.simulation.engines import engine_report, install_ngspice

    if install:
        install_ngspice(quiet=current().quiet)
    report = engine_report()
    rows = [
        (
            info.name,
            "yes" if info.available else "no",
            info.version or "-",
            "yes" if info.klu else "no",
            info.path or "-",
        )
        for info in report
    ]
    console = out()
    console.print(table(("engine", "here", "version", "KLU", "path"), rows, left=5))
    for info in report:
        if info.note:
            console.print(f"{info.name}: {info.note}")
    chosen = next((info.name for info in report if info.available), None)
    console.print(f"used by default: {chosen}" if chosen else "nothing can simulate here yet")
    kernels = kernels_here()
    console.print(f"numeric engine: {f'NumPy ({kernels.reason})' if kernels.reason else 'compiled kernels'}")
    write_figures(json_file, json.dumps({"engines": [asdict(info) for info in report]}, indent=2) + "\n")
