# SPDX-License-Identifier: GPL-3.0-or-later
"""Files written under a temporary name and renamed, so that a reader never sees a part; text files that users give,
read in the encoding that they show; the templates.

`one_line` is what every text from outside (names, descriptions, titles) goes through before it is written into a file
whose lines mean something.
"""

from __future__ import annotations

import codecs
import errno
import glob
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from memnet.errors import MemnetError, OutputError

if TYPE_CHECKING:
    from jinja2 import Environment

# What a text file may begin with, and its encoding then; UTF-32 is tried first, since its mark begins as UTF-16's does.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HEAD = 4096  # bytes at the beginning of a file; a zero byte among them shows that it is not UTF-8


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a path beside `path` for a file to be written to, and rename that file to `path` when the block ends.

    If the block fails, what it has written is deleted, and a file that `path` named before is unchanged. Errors of the
    file system are raised as they are. A symbolic link stays, and the file that it leads to is replaced; one that leads
    to a device or a pipe is refused.
    """
    path = _end_of_links(path) if path.is_symlink() else path
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


def _end_of_links(path: Path) -> Path:
    try:
        end = path.resolve()
    except RuntimeError:  # of pathlib, where links lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
    if is_stream(end):
        raise OSError(errno.EINVAL, "it leads to a device or a pipe", str(path))
    return end


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
        if number.isdigit() and not is_alive(int(number)):
            with suppress(OSError):  # a folder, or another process was faster
                part.unlink()


def is_alive(number: int) -> bool:
    """Tell whether a process of this machine has that number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


@contextmanager
def opened_text(path: Path, refused: type[MemnetError], *, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file that a user gives, and close it when the block ends.

    It is UTF-8, with or without the mark (BOM) that Windows programs put first, or UTF-16 or UTF-32 with theirs. Other
    encodings cannot be told from one another, so a file in one of these is refused.

    Parameters
    ----------
    refused : the error to raise
    newline : as that of `open`

    Raises
    ------
    refused
        the file cannot be read or is no such text, which may show while the block reads; the message names the file,
        and for UTF-8 the line and column
    """
    encoding = "utf-8"
    try:
        with path.open("rb") as binary:
            head = binary.peek(_HEAD)[:_HEAD]
            mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
            encoding = _MARKS.get(mark, encoding)
            if not mark and b"\0" in head:
                raise refused(f"{path}: has zero bytes, so it is no text in UTF-8; save it as UTF-8")
            with TextIOWrapper(binary, encoding=encoding, newline=newline) as stream:
                yield stream
    except UnicodeDecodeError as error:
        found = _fault(path, encoding) or f"is not {encoding.upper()} throughout ({error.reason})"
        raise refused(f"{path}: {found}; save it as UTF-8") from None
    except OSError as error:
        raise refused(f"{path}: cannot be read ({error.strerror or error})") from None


def read_text(path: Path, refused: type[MemnetError], *, most: int) -> str:
    """Return the contents of a text file that a user gives, of at most `most` characters, as `opened_text` reads it.

    Raises
    ------
    refused
        the file cannot be read, is no text, or is longer
    """
    with opened_text(path, refused) as stream:
        text = stream.read(most + 1)
    if len(text) > most:
        raise refused(f"{path}: has over {most:,} characters, more than such a file needs; give another file")
    return text


def _fault(path: Path, encoding: str) -> str:
    """Return a phrase with the line and column of the first byte that is not UTF-8; '' where that cannot be told."""
    if not encoding.startswith("utf-8") or not path.is_file():  # a pipe cannot be read twice
        return ""
    with path.open(encoding=encoding, errors="surrogateescape") as stream:
        for number, line in enumerate(stream, start=1):
            for column, character in enumerate(line, start=1):
                if "\udc80" <= character <= "\udcff":  # what `surrogateescape` makes of the byte
                    return f"line {number}, column {column}: byte 0x{ord(character) - 0xDC00:02x} is not UTF-8"
    return ""


def template_environment(*, page: bool, more: Mapping[str, str] | None = None) -> Environment:
    """Return the Jinja environment of the templates, which are in the package, or beside it in a checkout.

    Parameters
    ----------
    page : whether the templates are pages: values are escaped, and the newline at the end of a template is dropped
    more : further templates by their path; files of the same path come before them
    """
    from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined

    from memnet.units import number  # loads numpy, which the command line does not need at once

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
