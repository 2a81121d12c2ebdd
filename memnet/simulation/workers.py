# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker processes: how far the deck of one is, which signals reach it, and when it ends of itself.

A worker and the simulators that it starts never outlive the run. A worker looks four times a second whether its run is
over or its parent is gone, in a thread of its own: ngspice may hold the main thread for a minute. It keeps no temporary
files, so it can end at once. Simulators are ended by the system (see `die_with_parent`).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import current_process, parent_process
from multiprocessing.context import BaseContext
from typing import TypeVar

Value = TypeVar("Value")

LOOK_S = 0.25  # between two looks at whether the run goes on
# Signals that end a process. A terminal sends the first two to all processes of a run at once; the main process answers
# them for all, so workers and simulators never see them.
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGHUP", "SIGTERM") if hasattr(signal, name))
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Gauge:
    """The fraction done of a running deck, and whether the run is over, in memory shared with a pool's workers.

    A pool has one gauge for all its workers, so the fraction is meant for runs of one deck at a time. The memory has no
    lock, since a worker that is killed while it holds one would never release it.
    """

    def __init__(self, context: BaseContext) -> None:
        self._share, self._over = context.RawValue("d", 0.0), context.RawValue("b", 0)

    def set(self, share: float) -> None:
        """Store the fraction done; called in the worker."""
        self._share.value = share

    def read(self) -> float:
        """Return the fraction done; called in the main process."""
        return float(self._share.value)

    def end(self) -> None:
        """Let all workers end, in the middle of their decks."""
        self._over.value = 1

    def over(self) -> bool:
        """Tell whether the run is over; called in the worker."""
        return bool(self._over.value)


_gauge: Gauge | None = None  # of this worker process
_watching = False  # whether this process ends with its parent


def begin(gauge: Gauge) -> None:
    """Prepare a process to be a worker of memnet's own pool; called once in each, before its first deck."""
    global _gauge
    _gauge = gauge
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the answer of the main process, of which this is a copy
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    end_with_parent()


def report(share: float) -> None:
    """Store the fraction done of this worker's deck for the main process; without a gauge, do nothing."""
    if _gauge is not None:
        _gauge.set(share)


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold back signals that end a process while workers are started: they inherit that, and `begin` lets TERM through.

    So no signal reaches a worker that has no answer to it yet, and INT and HUP never do.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_deck(sender: int, work: Callable[[], Value]) -> Value:
    """Call `work`; a process other than the sender's, whoever started it, is then a worker and ends with its parent."""
    if os.getpid() != sender:
        end_with_parent()
    return work()


def end_with_parent() -> None:
    """End this process soon after the one that started it is gone, or its run is over.

    Without effect in a process that is not started by `multiprocessing`, and in a daemonic one: these end otherwise.
    """
    global _watching
    if _watching or parent_process() is None or current_process().daemon:
        return
    _watching = True
    threading.Thread(target=_watch, name="memnet-watch", daemon=True).start()


def _watch() -> None:
    parent, number = parent_process(), os.getppid()
    # A pipe tells that the parent is gone, unless another process holds a copy of its end; then the number tells it.
    while parent is not None and parent.is_alive() and os.getppid() == number:
        if _gauge is not None and _gauge.over():
            break
        time.sleep(LOOK_S)
    os._exit(1)


def die_with_parent(parent: int) -> None:
    """Let the system kill this process when process `parent`, which started it, is gone; called in a new process.

    Only Linux can do that; elsewhere a simulator whose worker was killed runs its deck to the end.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before
            os._exit(1)
