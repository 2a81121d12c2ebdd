# SPDX-License-Identifier: GPL-3.0-or-later
"""How the running command was called: its words, and whether its tables and progress are wanted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

STANDARD_OUTPUT = Path("-")  # in place of a file: `--json -`
# Options that say where results go, and not what they are.
OUTPUTS = ("--json", "--svg", "--report", "--outputs", "--output", "-o")
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
    dated : figures and reports have the date
    """

    words: tuple[str, ...] = ()
    version: str = ""
    json_piped: bool = False
    quiet: bool = False
    dated: bool = False


_CURRENT: ContextVar[Invocation] = ContextVar("_CURRENT", default=Invocation())  # noqa: B039 - it is frozen


def begin(words: Sequence[str], version: str) -> None:
    """Note that a command of memnet's version begins, with these words after `memnet`."""
    _CURRENT.set(Invocation(words=tuple(words), version=version))


def current() -> Invocation:
    """Return the running call."""
    return _CURRENT.get()


def note(**said: bool) -> None:
    """Note what options of the running call say: attributes of `Invocation`; others keep what was said before."""
    _CURRENT.set(replace(_CURRENT.get(), **said))  # type: ignore[arg-type]


def provenance() -> dict[str, str]:
    """Return the version and the command that figures come from, without what says only where they are written.

    The date, UTC, is there only where it was asked for: without it, equal calls write equal bytes but for run times.
    """
    call = current()
    made = {"memnet": call.version, "command": shlex.join(["memnet", *_without_outputs(call.words)])}
    return made | ({"date": datetime.now(UTC).isoformat(timespec="seconds")} if call.dated else {})


def with_provenance(text: str) -> str:
    """Return figures as JSON with version and command before them."""
    figures: dict[str, Any] = json.loads(text)
    return json.dumps(provenance() | figures, indent=2) + "\n"


def page_with_provenance(page: str) -> str:
    """Return a report, as HTML, with version and command at its end."""
    made = provenance()
    words = f"memnet {made['memnet']}: <code>{escape(made['command'])}</code>"
    dated = f", {made['date']}" if "date" in made else ""
    before, end, after = page.rpartition("</main>")
    return f'{before}<p class="note">{words}{dated}</p>\n{end}{after}'


def _without_outputs(words: Sequence[str]) -> Iterator[str]:
    named = iter(words)
    for word in named:
        if word in OUTPUTS:
            next(named, None)
        elif word not in QUIETLY and word.partition("=")[0] not in OUTPUTS:
            yield word
