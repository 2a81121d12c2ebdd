# SPDX-License-Identifier: GPL-3.0-or-later
"""How the running command was called: its words, and whether its tables and progress are wanted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

STANDARD_OUTPUT = Path("-")  # in place of a file: `--json -`
# Options that say where results go, and not what they are.
OUTPUTS = ("--json", "--svg", "--report", "--outputs", "--output", "-o", "--out")
QUIETLY = ("--quiet", "-q", "--verbose", "-v")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of the command line.

    Attributes
    ----------
    words : what was typed after `memnet`
    version : of memnet
    json_piped : figures go to standard output, and tables to standard error
    quiet : neither tables nor progress are printed
    """

    words: tuple[str, ...] = ()
    version: str = ""
    json_piped: bool = False
    quiet: bool = False


_CURRENT: ContextVar[Invocation] = ContextVar("_CURRENT", default=Invocation())  # noqa: B039 - it is frozen


def begin(words: Sequence[str], version: str) -> None:
    """Note that a command of memnet's version begins, with these words after `memnet`."""
    _CURRENT.set(Invocation(words=tuple(words), version=version))


def current() -> Invocation:
    """Return the running call."""
    return _CURRENT.get()


def note(*, json_piped: bool | None = None, quiet: bool | None = None) -> None:
    """Note what options of the running call say; None leaves what was said before."""
    call = _CURRENT.get()
    piped = call.json_piped if json_piped is None else json_piped
    _CURRENT.set(replace(call, json_piped=piped, quiet=call.quiet if quiet is None else quiet))


def provenance() -> dict[str, str]:
    """Return the version and the command that figures come from, without what says only where they are written."""
    call = current()
    return {"memnet": call.version, "command": shlex.join(["memnet", *_without_outputs(call.words)])}


def with_provenance(text: str) -> str:
    """Return figures as JSON with version and command before them; a list of entries stays as it is."""
    figures: Any = json.loads(text)
    return json.dumps(provenance() | figures, indent=2) + "\n" if isinstance(figures, dict) else text


def _without_outputs(words: Sequence[str]) -> Iterator[str]:
    named = iter(words)
    for word in named:
        if word in OUTPUTS:
            next(named, None)
        elif word not in QUIETLY and word.partition("=")[0] not in OUTPUTS:
            yield word
