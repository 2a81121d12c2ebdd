# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that end a run, as exceptions: files written aside are removed, and workers end, before the process does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Ended(BaseException):
    """A signal that ends the run; no error, so nothing but the end of the command catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `Ended` in the block at TERM and HUP, once; after that they are ignored until the process has cleaned up.

    A signal that is ignored already, as `nohup` does it, stays so. In other threads than the main one Python cannot
    answer signals, and nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    answered = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _frame: FrameType | None) -> None:
        for each in answered:
            signal.signal(each, signal.SIG_IGN)
        raise Ended(number)

    _keep_trackers()
    for number in answered:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in answered:
            signal.signal(number, signal.SIG_DFL)


def _keep_trackers() -> None:
    """Let the process in which `multiprocessing` keeps track of resources outlive HUP, as it outlives INT and TERM.

    A terminal that is closed sends HUP to all processes. Without its tracker, Python prints tracebacks as it ends.
    """
    from multiprocessing import resource_tracker

    ignored = getattr(resource_tracker, "_IGNORED_SIGNALS", None)  # private: what it blocks while it starts the tracker
    if isinstance(ignored, tuple) and hasattr(signal, "SIGHUP") and signal.SIGHUP not in ignored:
        resource_tracker._IGNORED_SIGNALS = (*ignored, signal.SIGHUP)  # type: ignore[attr-defined]
