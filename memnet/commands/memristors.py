# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet memristors`: lists the memristor models, with their laws, sources, ranges and where each runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from memnet.commands.console import out, refuse_unwritable, table, write_figures
from memnet.commands.options import JsonFile

if TYPE_CHECKING:
    from collections.abc import Mapping


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("memristors")(memristors)


def memristors(json_file: JsonFile = None) -> None:
    """List the memristor models: law, source, range, and where each runs."""
    import json

    from memnet.flow import memristor_list
    from memnet.simulation import NO_COMPILER, find_compiler

    refuse_unwritable(json_file)
    models = memristor_list()
    console = out()
    rows = [
        (each["model"], each["law"], _conductances(each), _state(each), _dialects(each), ", ".join(each["engines"]))
        for each in models
    ]
    console.print(table(("model", "law", "conductance", "state", "dialects", "engines"), rows, left=6))
    sets = [
        (f"{each['model']}:{name}", of["source"], of["licence"]) for each in models for name, of in each["sets"].items()
    ]
    console.print(table(("set", "source of its figures", "licence"), sets, left=3))
    for each in models:
        console.print(f"{each['model']}: {each['title']}; {each['source']}")
    compiler = find_compiler()
    console.print(f"--compiled, Verilog-A in ngspice: {f'by {compiler}' if compiler else NO_COMPILER}")
    console.print(
        "Also taken: a .toml file with parameters (memnet memristor fit writes one), a .py file with a model."
    )
    write_figures(json_file, json.dumps({"memristors": models}, indent=2) + "\n")


def _conductances(model: Mapping[str, Any]) -> str:
    from memnet.units import engineering

    if model["siemens"] is None:
        return "any"
    low, high = model["siemens"]
    return f"{engineering(low, 'S')} to {engineering(high, 'S')}"


def _state(model: Mapping[str, Any]) -> str:
    state = model["state"]
    if state["range"] is None:
        return "fixed"
    low, high = state["range"]
    return f"{state['symbol']} {low:g} to {high:g} {state['unit']}".rstrip()


def _dialects(model: Mapping[str, Any]) -> str:
    from memnet.netlist import DIALECTS

    return "all, and Verilog-A" if len(model["dialects"]) == len(DIALECTS) + 1 else ", ".join(model["dialects"])
