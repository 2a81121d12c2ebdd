# SPDX-License-Identifier: GPL-3.0-or-later
"""Files written under a temporary name and renamed, so that a reader never sees a part; the templates.

`one_line` is what every text from outside (names, descriptions, titles) goes through before it is written into a file
whose lines mean something.
"""

from __future__ import annotations

import glob
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from memnet.errors import OutputError
from memnet.units import number

if TYPE_CHECKING:
    from jinja2 import Environment


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a path beside `path` for a file to be written to, and rename that file to `path` when the block ends.

    If the block fails, what it has written is deleted, and a file that `path` named before is unchanged. Errors of the
    file system are raised as they are. A symbolic link stays, and the file that it leads to is replaced.
    """
    path = path.resolve() if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path, "part")
    remove_abandoned_parts(path.parent, path.name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_aside(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename that to `path`.

    If anything fails, the temporary file is deleted and a file that `path` named before is unchanged. A pipe or a
    device, such as /dev/stdout, is written to and stays what it is.

    Raises
    ------
    OutputError
        the folder cannot be made or written to, or the disk is full
    """
    try:
        if is_stream(path):
            with path.open("ab") as stream:
                write(stream)
            return
        with aside(path) as temporary, temporary.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: not written ({reason}); free space or choose another place") from error


def is_stream(path: Path) -> bool:
    """Tell whether a path is a pipe or a device, which take what is written to them and cannot be replaced."""
    named = path.parent in (Path("/dev"), Path("/dev/fd"))  # standard output may be redirected to a file
    return named or (path.exists() and not path.is_file() and not path.is_dir())


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


def remove_abandoned_parts(folder: Path, name: str = "*") -> None:
    """Remove the parts of files `name` in a folder that processes of this machine were writing when they were killed.

    Parameters
    ----------
    name : of the files whose parts are removed; * stands for all
    """
    pattern = f".{name if name == '*' else glob.escape(name)}.{glob.escape(platform.node())}-*.part"
    for part in folder.glob(pattern):
        number = part.name.removesuffix(".part").rpartition("-")[2]
        if number.isdigit() and not _lives(int(number)):
            with suppress(OSError):  # a folder, or another process was faster
                part.unlink()


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


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
