# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a job is: bars on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from memnet.commands.console import err
from memnet.commands.invocation import current

PROGRESS_EVERY_S = 5.0  # between lines on the progress of a job, where there is no terminal


class Tell(Protocol):
    """What a job tells how far it is."""

    def __call__(self, what: str, share: float, note: str = "") -> None:
        """Take the name of a task, the share of it that is done, 0 to 1, and what is to be read beside it."""
        ...


@contextmanager
def progress_bar() -> Iterator[Tell]:
    """Show one progress bar for each task of a job; a new name of a task adds a bar.

    Where standard error is no terminal, there is a line every PROGRESS_EVERY_S instead; nothing of a quiet call.
    """
    if current().quiet or not err().is_terminal:
        yield _silence if current().quiet else ProgressLines()
        return
    from rich.progress import BarColumn, Progress, Task, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Left(TextColumn):
        def render(self, task: Task) -> Text:
            left = time_left_s(task.completed, task.fields["told_s"], task.elapsed or 0.0)
            return Text("" if left is None or task.finished else f"{clock(left)} left")

    # A column does not ask its console whether there is markup.
    name, beside = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[note]}"))
    columns = name, BarColumn(bar_width=30), TaskProgressColumn(), beside, TimeElapsedColumn()
    console = err()
    with Progress(*columns, Left(""), console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, share: float, note: str = "") -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=1.0, told_s=0.0, note="")
            elapsed = next(task.elapsed for task in bars.tasks if task.id == tasks[what])
            bars.update(tasks[what], completed=min(share, 1.0), told_s=elapsed or 0.0, note=note)

        yield tell


class ProgressLines:
    """Prints how far a job is as a line on standard error, for logs: one every PROGRESS_EVERY_S at most."""

    def __init__(self) -> None:
        """Begin; a job that ends sooner than PROGRESS_EVERY_S prints nothing."""
        self.said_s = time.monotonic()

    def __call__(self, what: str, share: float, note: str = "") -> None:
        """Take the name of a task, the share of it that is done, and what is to be read beside it."""
        now_s = time.monotonic()
        if now_s - self.said_s >= PROGRESS_EVERY_S:
            self.said_s = now_s
            beside = f", {note}" if note else ""
            err().print(f"memnet: {what}: {min(share, 1.0):.0%}{beside}", soft_wrap=True)


def _silence(what: str, share: float, note: str = "") -> None:
    """Take how far a job is, and print nothing."""


def time_left_s(share: float, told_s: float, now_s: float) -> float | None:
    """Return the predicted rest of a task's time, seconds; None while nothing of it is done.

    Parameters
    ----------
    share : share of the task that was done `told_s` seconds after its start
    now_s : seconds since its start
    """
    if share <= 0.0:
        return None
    return max(0.0, told_s / share - now_s)


def clock(seconds: float) -> str:
    """Return a time as `0:05`, `12:30` or `2:03:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
