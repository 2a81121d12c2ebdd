# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard streams that are closed, full, or read no more: a run goes on to its end and writes its files."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

READER_GONE = 128 + signal.SIGPIPE  # exit status of a program that is ended by a closed pipe, as shells show it


class Stream:
    """A text stream that keeps its first error and drops all text after it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.error = stream, cast(OSError | None, None)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - encoding, isatty and others of a stream
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write text, as long as no error has come."""
        self._try(lambda: self.stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Pass on what is written, as long as no error has come."""
        self._try(self.stream.flush)

    def _try(self, action: Callable[[], object]) -> None:
        if self.error is not None:
            return
        try:
            action()
        except OSError as error:
            self.error = error
            # Python writes out what is left when it ends, and would fail again; that goes nowhere.
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.stream.fileno())
                os.close(nowhere)


@contextmanager
def standard_streams() -> Iterator[Stream]:
    """Let the block print whatever becomes of standard output and standard error; yield standard output."""
    _open_closed()
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - os.devnull is no path on every system
        out, err = (Stream(nowhere if stream is None else stream) for stream in before)
        sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
        try:
            yield out
            out.flush()
        finally:
            err.flush()
            sys.stdout, sys.stderr = before


def _open_closed() -> None:
    """Open what is closed of the three standard streams: the next file would get its number, and foreign output."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
