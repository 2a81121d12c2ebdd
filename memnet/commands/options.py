# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the command line: those made of the fields of settings, and those that only commands have."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from memnet.commands.invocation import STANDARD_OUTPUT, note

if TYPE_CHECKING:
    from memnet.flow import Setup

Name = Annotated[
    str,
    typer.Argument(
        metavar="GENOTYPE",
        help="Known name, file, random:SEED, random-derived:SEED, or DARTS's Genotype(...).",
    ),
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help="Simulate on the Dask cluster there.", rich_help_panel="Run"),
]


def _to_json(path: Path | None) -> Path | None:
    """Note that tables go to standard error where figures go to standard output."""
    if path == STANDARD_OUTPUT:
        note(json_piped=True)
    return path


JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json",
        help="Write all figures to this file; - is standard output.",
        rich_help_panel="Output",
        callback=_to_json,
    ),
]
ReportFolder = Annotated[
    Path | None,
    typer.Option("--report", help="Write a report with pictures into this folder.", rich_help_panel="Output"),
]
OutputsFile = Annotated[
    Path | None,
    typer.Option(
        "--outputs", help="Write class outputs of each image to this CSV file, volts.", rich_help_panel="Output"
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Exit with 1 where the logit error exceeds its bound; else a warning.",
        rich_help_panel="Output",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print neither tables nor progress; warnings and errors stay.",
        rich_help_panel="Output",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Say on standard error what is done, and how long it takes.",
        rich_help_panel="Output",
    ),
]
Dated = Annotated[
    bool,
    typer.Option(
        "--date",
        help="Put the date into figures and reports; without it equal calls write equal files.",
        rich_help_panel="Output",
    ),
]
KEYWORD = inspect.Parameter.KEYWORD_ONLY
# What options were called in earlier versions: the answer to who still uses them.
RENAMED = {
    "--deploy": "give --on individual, or the structure: --on shared, slotted or duplicated",
    "--structure": "give --on shared, slotted or duplicated",
    "--structures": "give --on, with commas between the structures",
    "--cost": "give --transitions",
    "--out": "give --output",
    "--placement": "to simulate a table of conductances give --conductances",
}


def takes(
    *settings: type[Any], only: tuple[str, ...] | None = None, without: tuple[str, ...] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of some settings, and its body one object of each of these classes.

    The command's own parameters come after those objects, in its signature and in its help.

    Parameters
    ----------
    only, without : parameters that are options of this command (by default all), and those that are none
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[len(settings) :]
        hints = get_type_hints(command, include_extras=True)
        options = {name: each for kind in settings for name, each in _options(kind).items()}
        named = [name for name in (only or options) if name not in without]
        made = [_parameter(name, options[name]) for name in named]
        kept = [parameter.replace(kind=KEYWORD, annotation=hints[parameter.name]) for parameter in own]

        @wraps(command)
        def run(**given: Any) -> None:  # noqa: ANN401 - the values of the options
            values = {name: _plain(given[name]) for name in named}
            objects = [_settings(kind, values) for kind in settings]
            command(*objects, **{parameter.name: given[parameter.name] for parameter in own})

        run.__signature__ = inspect.Signature([*_first(made), *kept])  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*made, *kept)}
        return run

    return decorate


def with_verbosity(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options that all have: how much is printed, and whether files have the date."""
    hints, own = get_type_hints(command, include_extras=True), inspect.signature(command).parameters.values()
    parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in own]
    parameters += [
        inspect.Parameter(name, KEYWORD, default=False, annotation=kind)
        for name, kind in (("quiet", Quiet), ("verbose", Verbose), ("date", Dated))
    ]

    @wraps(command)
    def run(*args: Any, quiet: bool, verbose: bool, date: bool, **given: Any) -> None:  # noqa: ANN401 - the command's
        note(quiet=quiet, dated=date)
        if verbose:
            log()
        command(*args, **given)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = hints | {"quiet": Quiet, "verbose": Verbose, "date": Dated}
    return run


def log() -> None:
    """Print on standard error what memnet logs."""
    import logging
    import sys

    logging.basicConfig(level=logging.WARNING, format="memnet: %(message)s", stream=sys.stderr, force=True)
    logging.getLogger("memnet").setLevel(logging.INFO)


def files_of(setup: Setup) -> tuple[object, ...]:
    """Return what a setup may read from files."""
    return setup.genotype, setup.weights, setup.technology, setup.conductances


def _first(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """Return parameters with the genotype, which is no option, before all others."""
    return sorted(parameters, key=lambda parameter: parameter.name != "genotype")


def _options(settings: type[Any]) -> Mapping[str, Field[Any]]:
    """Return the fields of settings that are options, by the name that the command's parameter has."""
    found: dict[str, Field[Any]] = {}
    for each in fields(settings):
        if "group" in each.metadata:
            found |= {_parameter_name(inner): inner for inner in fields(each.metadata["group"])}
        elif "text" in each.metadata or each.name == "genotype":
            found[_parameter_name(each)] = each
    return found


def _parameter_name(each: Field[Any]) -> str:
    """Return the name of a field's parameter: that of its flag, so that fields of two classes do not collide."""
    return str(each.metadata.get("flag", each.name)).strip("-").replace("-", "_")


def _parameter(name: str, each: Field[Any]) -> inspect.Parameter:
    """Return the parameter that Typer makes an option of."""
    if each.name == "genotype":
        return inspect.Parameter(name, KEYWORD, default="PDARTS", annotation=Name)
    facts, default = each.metadata, each.default
    kind: Any = Path if facts["kind"] == "path" else facts["kind"]
    if "choices" in facts:
        kind = _enumeration(each.name, facts["choices"])
        default = kind(default)
    limits: Any = {"min": facts.get("least"), "max": facts.get("most")} if kind in (int, float) else {}
    flag = facts.get("flag", f"--{each.name.replace('_', '-')}")
    option = typer.Option(flag, help=facts["text"], rich_help_panel=facts["panel"], case_sensitive=False, **limits)
    annotation: Any = Annotated[kind if default is not None else kind | None, option]
    return inspect.Parameter(name, KEYWORD, default=default, annotation=annotation)


def _enumeration(name: str, values: Sequence[str]) -> Any:  # noqa: ANN401 - a class of that name
    """Return the enumeration that Typer offers as choices."""
    return StrEnum(name, {value: value for value in values})


def _settings(kind: type[Any], given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an object of that class
    """Return settings from the values of their options."""
    values: dict[str, Any] = {}
    for each in fields(kind):
        if "group" in each.metadata:
            group = each.metadata["group"]
            inner = {f.name: given[_parameter_name(f)] for f in fields(group) if _parameter_name(f) in given}
            values[each.name] = group(**inner)
        elif _parameter_name(each) in given:
            values[each.name] = given[_parameter_name(each)]
    return kind(**values)


def _plain(value: Any) -> Any:  # noqa: ANN401 - the value of any option
    """Return the text of a choice, and any other value as it is."""
    return value.value if isinstance(value, StrEnum) else value
