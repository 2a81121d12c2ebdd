# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and files, as all commands print and write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memnet.commands.invocation import STANDARD_OUTPUT, current, page_with_provenance, with_provenance
from memnet.errors import DeviationError, GenotypeWarning, OutputError, SetupError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from memnet.flow import Evaluation, Simulation
    from memnet.measurement import Deviation

PIPED_WIDTH = 140  # characters in a line where standard output is not a terminal, and COLUMNS not set


def out() -> Console:
    """Return the console for results, on standard output; on standard error where figures go there as JSON.

    It prints texts as they are: brackets and colons in a path, a name or a message are neither styles nor pictures.
    """
    import sys
    from os import environ

    from rich.console import Console

    call = current()
    stream = sys.stderr if call.json_piped else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in environ else PIPED_WIDTH
    return Console(
        file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True, width=width, quiet=call.quiet
    )


def err() -> Console:
    """Return the console for progress and errors, on standard error; it prints texts as they are too."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, stderr=True)


@contextmanager
def notes_on_stderr() -> Iterator[None]:
    """Print what was left out or chosen to read a genotype as a line on standard error, each time it happens."""
    import sys
    import warnings

    with warnings.catch_warnings():
        show = warnings.showwarning

        def say(message: Warning | str, category: type[Warning], *args: Any, **more: Any) -> None:  # noqa: ANN401
            if issubclass(category, GenotypeWarning):
                print(f"memnet: note: {message}", file=sys.stderr)
            else:
                show(message, category, *args, **more)

        warnings.simplefilter("always", GenotypeWarning)
        warnings.showwarning = say
        yield


def report_deviations(deviations: Iterable[Deviation | str | None], strict: bool) -> None:
    """Print a warning on standard error for each circuit beyond its error bound, when all results are written.

    Raises
    ------
    DeviationError
        there is one, and the command is to be strict
    """
    found = [str(deviation) for deviation in deviations if deviation is not None]
    if strict and found:
        raise DeviationError("\n".join(found))
    for sentence in found:
        err().print(f"memnet: warning: {sentence}", soft_wrap=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Table:
    """Return a plain table; the first `left` columns are aligned left, all others right."""
    from rich import box
    from rich.table import Table

    plain = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, heading in enumerate(headings):
        plain.add_column(heading, justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        plain.add_row(*row)
    return plain


def write_text(path: Path, text: str) -> None:
    """Write a file beside its target and rename it, so that a reader sees the old file or the new one.

    Raises
    ------
    OutputError
        the file cannot be written
    """
    from memnet.files import write_aside

    write_aside(path, lambda stream: stream.write(text.encode()))


def write_named(what: str, path: Path, text: str) -> None:
    """Write a file, and say what it is and where."""
    write_text(path, text)
    out().print(f"{what}: {path}")


def write_figures(path: Path | None, text: str) -> None:
    """Write figures as JSON, with version and command, to a file or to standard output, and say so; None writes none.

    Parameters
    ----------
    text : the figures as JSON
    """
    if path == STANDARD_OUTPUT:
        import sys

        sys.stdout.write(with_provenance(text))
    elif path is not None:
        write_named("figures", path, with_provenance(text))


def write_page(path: Path, page: str) -> None:
    """Write a report with version and command, and say where it is."""
    write_named("report", path, page_with_provenance(page))


def write_outputs(path: Path | None, result: Simulation | Evaluation) -> None:
    """Write the class outputs of each image as CSV, and say so; None writes none."""
    if path is not None:
        from memnet.flow import as_csv

        write_named("outputs", path, as_csv(result.per_image()))


def refuse_unwritable(*paths: Path | None, read: Sequence[object] = ()) -> None:
    """Check that files can be written and cost nothing that is needed, before hours of work whose results go into them.

    Parameters
    ----------
    paths : files that will be written; None is skipped
    read : what the same call reads: paths, or names and texts, which are no files

    Raises
    ------
    OutputError
        a file cannot be written
    SetupError
        a file is named for two outputs, or is one that the call reads
    """
    from memnet.files import is_stream, write_aside

    inputs = {Path(each).resolve() for each in read if isinstance(each, (str, PathLike)) and _is_file(each)}
    taken: set[Path] = set()
    for path in paths:
        if path is None or path == STANDARD_OUTPUT or is_stream(path):
            continue
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a file in it")
        whole = path.resolve()
        if whole in taken:
            raise SetupError(f"{path}: is named for two outputs; name two files")
        if whole in inputs:
            raise SetupError(f"{path}: is read by this call and would be overwritten; name another file")
        taken.add(whole)
        trial = whole.with_name(f".{whole.name}.try")
        try:
            write_aside(trial, lambda stream: stream.write(b""))
        except OutputError as error:
            raise OutputError(str(error).replace(str(trial), str(path))) from error
        trial.unlink()


def report_page(folder: Path) -> Path:
    """Return the page of the report in a folder; OutputError where it has another page of that name."""
    return kept_from_others(folder / "index.html", b"<title>memnet: ", "report")


def kept_from_others(path: Path, mark: bytes, what: str) -> Path:
    """Return the path of a file whose folder the call names, but not the file itself.

    Parameters
    ----------
    mark : what a file of memnet's of that kind has in it
    what : that kind

    Raises
    ------
    OutputError
        there is a file of that name, and it is not one of memnet's
    """
    if path.is_file() and mark not in path.read_bytes():
        raise OutputError(f"{path}: is no {what} of memnet; choose another folder")
    return path


def unnamed(path: Path) -> Path:
    """Return the path of an output that the call does not name; OutputError where there is such a file already."""
    if path.exists():
        raise OutputError(f"{path}: is there already; name it with -o to replace it, or name another file")
    return path


def _is_file(given: str | PathLike[str]) -> bool:
    """Tell whether a text or path names a file; a genotype's text may be too long, or too odd, for any name."""
    try:
        return Path(given).is_file()
    except (OSError, ValueError):
        return False
