# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and folders written under a temporary name and renamed, so that a reader never sees a part; the templates.

`one_line` is what every text from outside (names, descriptions, titles) goes through before it is written into a file
whose lines mean something.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from memnet.errors import OutputError
from memnet.units import number

if TYPE_CHECKING:
    from jinja2 import Environment

Result = TypeVar("Result")


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a path beside `path` for a file to be written to, and rename that file to `path` when the block ends.

    If the block fails, what it has written is deleted, and a file that `path` named before is unchanged. Errors of the
    file system are raised as they are.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path, "part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_aside(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename that to `path`.

    If anything fails, the temporary file is deleted and a file that `path` named before is unchanged.

    Raises
    ------
    OutputError
        the folder cannot be made or written to, or the disk is full
    """
    try:
        with aside(path) as temporary, temporary.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: not written ({reason}); free space or choose another place") from error


def write_folder_aside(folder: Path, write: Callable[[Path], Result]) -> Result:
    """Let `write` fill a new folder beside `folder`, then rename that to `folder`; return what `write` returns.

    If anything fails, the new folder is deleted, and one that `folder` named before is as it was.

    Raises
    ------
    OutputError
        the folder cannot be made or written to, or the disk is full
    """
    temporary, old = _beside(folder, "part"), _beside(folder, "old")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        result = write(temporary)
        if folder.exists():
            folder.rename(old)
        temporary.rename(folder)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{folder}: not written ({reason}); free space or choose another folder") from error
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return result


def one_line(text: str) -> str:
    """Return text from outside as one line of printable characters.

    Nothing that a user or a file says can then end a line, which in a netlist would begin an element or a command, and
    no marker of memnet's own, which are all unprintable, can be imitated. White space becomes a space, any other
    character that is not printable a question mark; other text stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


def _beside(path: Path, suffix: str) -> Path:
    """Return a hidden path in the same folder that no other process uses, on this machine or on one that shares it."""
    return path.with_name(f".{path.name}.{platform.node()}-{os.getpid()}.{suffix}")


def template_environment(*, page: bool, more: Mapping[str, str] | None = None) -> Environment:
    """Return the Jinja environment of the templates, which are in the package, or beside it in a checkout.

    Parameters
    ----------
    page : whether the templates are pages: values are escaped, and the newline at the end of a template is dropped
    more : further templates by their path; files of the same path come before them
    """
    from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined

    package = Path(__file__).resolve().parent
    folders = [str(folder / "templates") for folder in (package, package.parent)]
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folders), DictLoader({} if more is None else more)]),
        undefined=StrictUndefined,
        autoescape=page,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not page,
    )
    environment.filters["num"] = number
    return environment
