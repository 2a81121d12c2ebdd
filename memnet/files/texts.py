# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts from outside: files that users give, read in the encoding that they show, and texts as one line.

`one_line` is what every text from outside (names, descriptions, titles) goes through before it is written into a file
whose lines mean something.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from memnet.errors import MemnetError

# What a text file may begin with, and its encoding then; UTF-32 is tried first, since its mark begins as UTF-16's does.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HEAD = 4096  # bytes at the beginning of a file; a zero byte among them shows that it is not UTF-8


def one_line(text: str) -> str:
    """Return text from outside as one line of printable characters.

    Nothing that a user or a file says can then end a line, which in a netlist would begin an element or a command, and
    no marker of memnet's own, which are all unprintable, can be imitated. White space becomes a space, any other
    character that is not printable a question mark; other text stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


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
