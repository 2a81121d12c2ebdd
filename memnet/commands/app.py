"""The command line: gathers the commands and turns errors into one sentence and an exit status; computes nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from memnet.commands import (
    compare,
    demo,
    engines,
    estimate,
    evaluate,
    genotypes,
    graph,
    import_checkpoint,
    netlist,
    simulate,
    train,
)
from memnet.errors import MemnetError

_HELP = "DARTS architectures as proven memristor-crossbar circuits: netlists, simulation, accuracy, delay, power, area."
INTERRUPTED = 130
COMMANDS = {
    "genotypes": genotypes,
    "graph": graph,
    "netlist": netlist,
    "simulate": simulate,
    "compare": compare,
    "train": train,
    "import": import_checkpoint,
    "evaluate": evaluate,
    "estimate": estimate,
    "engines": engines,
    "demo": demo,
}


def build_app() -> typer.Typer:
    """Return the application with every command registered."""
    app = typer.Typer(
        name="memnet",
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in COMMANDS.values():
        command.register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, 1 when the job failed, 2 when the call is wrong."""
    try:
        status = build_app()(args=None if arguments is None else list(arguments), standalone_mode=False)
    except MemnetError as error:
        return _fail(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing half written stays behind", INTERRUPTED)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return 1
    except OSError as error:
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}", 1)
    except Exception as error:
        # Typer's own errors (a wrong option, say) know how to print themselves; anything else is a bug.
        if not hasattr(error, "format_message"):
            raise
        return _fail(error.format_message() or "give a command", getattr(error, "exit_code", 2))
    if status == INTERRUPTED:
        return _fail("interrupted; nothing half written stays behind", INTERRUPTED)
    return int(status or 0)


def _fail(message: str, status: int) -> int:
    """Say what went wrong on standard error."""
    if message != "give a command":  # after which the help is on the screen already
        print(f"memnet: {message}", file=sys.stderr)
    return status
