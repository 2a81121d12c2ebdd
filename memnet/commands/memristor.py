# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet memristor`: one device in a simulator and by scipy; `memnet memristor fit`: a model from measurements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from memnet.commands.console import (
    out,
    refuse_unwritable,
    report_page,
    table,
    unnamed,
    write_figures,
    write_named,
    write_page,
)
from memnet.commands.options import JsonFile, ReportFolder, with_verbosity

if TYPE_CHECKING:
    from memnet.devices.memristors import Fit
    from memnet.flow import MemristorRun

_ONE = "NAME"  # the command that runs a device, which a name stands for
Memristor = Annotated[
    str,
    typer.Argument(
        metavar="NAME[:SET]", help="A model, a set of it, a .toml file, or a .py or .cir file with a model."
    ),
]
Curves = Annotated[Path, typer.Argument(metavar="FILE.csv", help="voltage [V], then a current [A] for each state.")]
Model = Annotated[str, typer.Option("--model", help="Model to fit, as memnet memristors lists them.")]
Engine = Annotated[str | None, typer.Option(help="Simulator; by default the first that is here.")]
State = Annotated[float | None, typer.Option("--state", help="State at the beginning; by default the set's.")]
Siemens = Annotated[float | None, typer.Option("--siemens", help="The same as a conductance.")]
Compiled = Annotated[bool, typer.Option("--compiled", help="Simulate the Verilog-A module in ngspice, compiled.")]
Dialect = Annotated[str | None, typer.Option("--dialect", help="Of --netlist: ngspice, ..., or verilog-a.")]
Netlist = Annotated[
    Path | None, typer.Option("--netlist", help="Write the subcircuit to this file.", rich_help_panel="Output")
]
Drawn = Annotated[
    Path | None,
    typer.Option(
        "--symbol", help="Write its symbol: FILE.sym for xschem, FILE.asy for LTspice.", rich_help_panel="Output"
    ),
]
Picture = Annotated[Path | None, typer.Option("--svg", help="Write a picture to this file.", rich_help_panel="Output")]
Parameters = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="File for the parameters; by default FILE.toml here.", rich_help_panel="Output"
    ),
]


class NameOrVerb(TyperGroup):
    """A group of commands in which a first word that is no command is the name of a memristor."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Typer's own types
        """Return the command that runs a device for every word that is no command."""
        if args and args[0] not in self.commands:
            args = [_ONE, *args]
        return super().resolve_command(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    group = typer.Typer(
        cls=NameOrVerb,
        no_args_is_help=True,
        help="Run one memristor, or fit a model to measured curves.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    group.command(_ONE)(with_verbosity(one))
    group.command("fit")(with_verbosity(fit))
    app.add_typer(group, name="memristor")


def one(
    name: Memristor,
    engine: Engine = None,
    state: State = None,
    siemens: Siemens = None,
    compiled: Compiled = False,
    netlist: Netlist = None,
    dialect: Dialect = None,
    symbol: Drawn = None,
    json_file: JsonFile = None,
    svg: Picture = None,
    report: ReportFolder = None,
) -> None:
    """Run a hysteresis loop and pulses in SPICE, and hold both against the integral of the law."""
    from memnet.devices.memristors import memristor_model
    from memnet.errors import SetupError
    from memnet.flow import memristor_json, run_memristor
    from memnet.netlist import DECK_DIALECT, memristor_subcircuit, memristor_symbol

    if dialect is not None and netlist is None:
        raise SetupError("--dialect has no effect without --netlist FILE, which writes the subcircuit")
    page = None if report is None else report_page(report)
    refuse_unwritable(netlist, symbol, json_file, svg, page, read=[name])
    if symbol is not None:
        drawn = memristor_symbol(memristor_model(name), symbol)
    if netlist is not None:
        text = memristor_subcircuit(memristor_model(name), dialect or DECK_DIALECT)
    run = run_memristor(name, engine=engine, state=state, siemens=siemens, compiled=compiled)
    show(run)
    if netlist is not None:
        write_named("netlist", netlist, text)
    if symbol is not None:
        write_named("symbol", symbol, drawn)
    write_figures(json_file, memristor_json(run))
    if svg is not None:
        from memnet.report import memristor_svg

        write_named("picture", svg, memristor_svg(run))
    if page is not None:
        from memnet.report import memristor_html

        write_page(page, memristor_html(run))


def fit(
    curves: Curves,
    model: Model = "sinh",
    output: Parameters = None,
    json_file: JsonFile = None,
    svg: Picture = None,
    report: ReportFolder = None,
) -> None:
    """Fit a model to current-voltage curves of several states, and write its parameters."""
    from memnet.errors import SetupError
    from memnet.files import is_stream
    from memnet.flow import fit_json, fit_memristor, fit_toml

    path = output or unnamed(Path(f"{curves.stem}.toml"))
    page = None if report is None else report_page(report)
    refuse_unwritable(path, json_file, svg, page, read=[curves, model])
    if path.suffix != ".toml" and not is_stream(path):
        raise SetupError(f"{path}: give a name that ends in .toml, by which --memristor takes it")
    found = fit_memristor(curves, model)
    show_fit(found)
    write_named("parameters", path, fit_toml(found, model))
    write_figures(json_file, fit_json(found))
    if svg is not None:
        from memnet.report import fit_svg

        write_named("picture", svg, fit_svg(found))
    if page is not None:
        from memnet.report import fit_html

        write_page(page, fit_html(found))


def show(run: MemristorRun) -> None:
    """Print what a device is, and how far simulator and law are apart."""
    from memnet.measurement import STATE_LIMIT

    model, console = run.chosen.model, out()
    console.print(f"{model.name}, {model.title}: {model.law}")
    console.print(f"set {run.chosen.set_name}: {run.chosen.parameters.source}")
    rows = [
        (
            what,
            f"{len(each.time_s):,}",
            f"{each.state_error:.2g}" if model.moves else "fixed",
            f"{each.visited_error:.2g}" if model.moves else "fixed",
            f"{each.final_error:.2g}" if model.moves else "fixed",
            f"{each.current_error:.2g}",
        )
        for what, each in (("hysteresis loop", run.loop), ("pulses", run.pulses))
    ]
    headings = ("", "points", "state error", "of what it went through", "at the end", "current error")
    console.print(table(headings, rows))
    console.print(
        f"{run.loop.engine} against the law in NumPy, integrated by scipy's LSODA; states as shares of the range"
    )
    if not run.agrees:
        console.print(f"warning: states differ by more than {STATE_LIMIT:g} of the range")


def show_fit(found: Fit) -> None:
    """Print the parameters of a fit, the conductance and error of each curve, and remarks."""
    from memnet.units import engineering

    console = out()
    fitted = ", ".join(f"{name} = {getattr(found.model, name):.6g}" for name in found.model.fitted)
    console.print(f"{found.model.name}: {found.model.law}; {fitted or 'no parameters to fit'}")
    rows = [
        (name, engineering(siemens, "S"), f"{error:.3%}")
        for name, siemens, error in zip(found.curves.names, found.siemens, found.error, strict=True)
    ]
    console.print(table(("curve", "conductance at 0 V", "rms of its largest current"), rows))
    console.print(f"all curves: {found.rms:.3%} rms")
    for remark in found.remarks:
        console.print(f"warning: {remark}")
