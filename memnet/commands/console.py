"""Progress bars, tables and files for the commands; knows no command and computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from memnet.errors import OutputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPED_WIDTH = 140


def out() -> Console:
    """Return the console for results, on standard output; where that is no terminal, tables get room."""
    import sys

    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)


def err() -> Console:
    """Return the console for progress and errors, on standard error."""
    from rich.console import Console

    return Console(highlight=False, stderr=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Show one bar for each thing that is done; the callable takes what it is and which share of it is done."""
    from rich.progress import BarColumn, Progress, Task, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Left(TextColumn):
        def render(self, task: Task) -> Text:
            left = time_left_s(task.completed, task.fields["told_s"], task.elapsed or 0.0)
            return Text("" if left is None or task.finished else f"{clock(left)} left")

    columns = TextColumn("{task.description}"), BarColumn(bar_width=30), TaskProgressColumn(), TimeElapsedColumn()
    console = err()
    with Progress(*columns, Left(""), console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=1.0, told_s=0.0)
            elapsed = next(task.elapsed for task in bars.tasks if task.id == tasks[what])
            bars.update(tasks[what], completed=min(share, 1.0), told_s=elapsed or 0.0)

        yield tell


def time_left_s(share: float, told_s: float, now_s: float) -> float | None:
    """Return how long something will still take, of which a share was done after `told_s`; None before any was."""
    if share <= 0.0:
        return None
    return max(0.0, told_s / share - now_s)


def clock(seconds: float) -> str:
    """Return a time as `0:05`, `12:30` or `2:03:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Table:
    """Return a plain table; the first `left` columns are words, the rest figures, aligned right."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, heading in enumerate(headings):
        made.add_column(heading, justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def write_text(path: Path, text: str) -> None:
    """Write a file aside and put it in its place; `OutputError` if that fails."""
    from memnet.files import write_aside

    write_aside(path, lambda stream: stream.write(text.encode()))


def refuse_unwritable(*paths: Path | None) -> None:
    """Raise `OutputError` before hours of work whose result could not be written.

    Parameters
    ----------
    paths : files that are to be written; None is skipped
    """
    from memnet.files import write_aside

    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a file in it")
        trial = path.with_name(f".{path.name}.try")
        try:
            write_aside(trial, lambda stream: stream.write(b""))
        except OutputError as error:
            raise OutputError(str(error).replace(str(trial), str(path))) from error
        trial.unlink()
