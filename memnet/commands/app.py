# SPDX-License-Identifier: GPL-3.0-or-later
"""The application: registers the commands, runs one, and turns an error into one sentence and an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from memnet import __version__
from memnet.commands import (
    arrays,
    compare,
    demo,
    disturb,
    engines,
    estimate,
    evaluate,
    genotypes,
    graph,
    import_checkpoint,
    memristor,
    memristors,
    netlist,
    simulate,
    technologies,
    train,
)
from memnet.commands.console import notes_on_stderr
from memnet.commands.invocation import begin
from memnet.commands.options import RENAMED, with_verbosity
from memnet.commands.signals import INTERRUPTED, Ended, ended_by_signals
from memnet.commands.streams import READER_GONE, standard_streams
from memnet.errors import MemnetError

_HELP = "DARTS architectures as proven memristor-crossbar circuits: netlists, simulation, accuracy, delay, power, area."
WRONG_CALL = 2  # exit status
COMMANDS = {
    "genotypes": genotypes,
    "graph": graph,
    "netlist": netlist,
    "simulate": simulate,
    "compare": compare,
    "train": train,
    "import": import_checkpoint,
    "evaluate": evaluate,
    "disturb": disturb,
    "estimate": estimate,
    "arrays": arrays,
    "technologies": technologies,
    "memristors": memristors,
    "memristor": memristor,
    "engines": engines,
    "demo": demo,
}


class _Commands(TyperGroup):
    """The list of commands, in plain text: rich, which prints other help, takes as long to load as all else."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - whatever Typer gives
        super().__init__(**settings)
        self.rich_markup_mode = None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's, which it does not name
        """Write what each command does as a whole sentence, where Typer would cut it at the end of the line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(10_000)) for name, command in self.commands.items()])


class _App(typer.Typer):
    """The application; all of its commands have the options that say how much is printed."""

    def command(self, name: str | None = None, **settings: Any) -> Any:  # noqa: ANN401 - as Typer has it
        """Return the decorator that adds a command."""
        return lambda function: super(_App, self).command(name, **settings)(with_verbosity(function))


def _say_version(asked: bool) -> None:
    if asked:
        print(f"memnet {__version__}")
        raise typer.Exit


def _root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Take the options that stand before a command; without a command print the help."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())
        raise typer.Exit(WRONG_CALL)


def build_app() -> typer.Typer:
    """Return the application with every command registered."""
    app = _App(
        name="memnet",
        cls=_Commands,
        callback=_root,
        help=_HELP,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in COMMANDS.values():
        command.register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0 is success, 1 a job that failed, 2 a wrong call or wrong input, 128 and the number of a signal a run that this
    signal has ended: 130 an interrupt from the keyboard, 143 TERM, 129 a terminal that is gone. A run whose output
    nobody reads to the end, as in `memnet genotypes | head -1`, writes its files and then returns 141.
    """
    begin(sys.argv[1:] if arguments is None else arguments, __version__)
    with standard_streams() as out:
        try:
            with ended_by_signals(), notes_on_stderr():
                status = _run(arguments)
            out.flush()
        except Ended as ended:
            return _fail(f"ended by {ended}; nothing half written stays behind", 128 + ended.number)
        except KeyboardInterrupt:
            return _fail("interrupted; nothing half written stays behind", INTERRUPTED)
        if out.error is None or status:
            return status
        if isinstance(out.error, BrokenPipeError):
            return READER_GONE
        return _fail(f"standard output: {out.error.strerror}", 1)


def _run(arguments: Sequence[str] | None) -> int:
    """Run one command and return its exit status; signals that end it are raised."""
    try:
        status = build_app()(args=None if arguments is None else list(arguments), standalone_mode=False)
    except MemnetError as error:
        return _fail(str(error), error.exit_status)
    except OSError as error:
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}", 1)
    except Exception as error:
        # Typer's own errors, such as a wrong option, have a method `format_message`; anything else is a bug.
        if not hasattr(error, "format_message"):
            raise
        hint = RENAMED.get(str(getattr(error, "option_name", "")), "")
        message = error.format_message()
        return _fail(f"{message}; {hint}" if hint else message, getattr(error, "exit_code", WRONG_CALL))
    if status == INTERRUPTED:  # Typer's answer to an interrupt
        raise KeyboardInterrupt
    return int(status or 0)


def _fail(message: str, status: int) -> int:
    """Print an error on standard error and return the exit status."""
    print(f"memnet: {message}", file=sys.stderr)
    return status
