# SPDX-License-Identifier: GPL-3.0-or-later
"""PySpice's driver of the ngspice library, loaded apart from the one that the program around memnet may use."""

from __future__ import annotations

import ctypes
import logging
import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from memnet.errors import EngineNotFound
from memnet.simulation.engines.base import Progress
from memnet.simulation.engines.tap import Tap

_PERCENT = re.compile(r"([\d.]+)%")


class Receiver(Protocol):
    """What the driver's callbacks store: lines of the log, progress, values, and that ngspice wants to exit."""

    log: list[str]
    progress: Progress | None
    tap: Tap | None
    gone: bool


@cache
def pyspice() -> ModuleType:
    """Return PySpice's module for the shared library, loaded a second time under a name of our own.

    The module can declare the library's functions only once, and the program that memnet runs in may use PySpice too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySpice 1.5 itself causes them, so users can do nothing
        from PySpice.Spice import NgSpice

        name = f"{NgSpice.__name__}.SharedOfMemnet"
        spec = spec_from_file_location(name, Path(NgSpice.__file__).with_name("Shared.py"))
        if spec is None or spec.loader is None:
            raise EngineNotFound(f"engine ngspice: {NgSpice.__file__} has no Shared.py beside it; install PySpice anew")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    logging.getLogger(f"{name}.NgSpiceShared").setLevel(logging.ERROR)
    return module


def driver(path: str, owner: Receiver) -> Any:  # noqa: ANN401  (PySpice has no types)
    """Return PySpice's driver of that library, with callbacks that store log, progress and values in `owner`."""
    shared = pyspice()

    base: Any = shared.NgSpiceShared

    class Driver(base):  # type: ignore[misc]
        LIBRARY_PATH = path

        @staticmethod
        def _send_char(message: object, ident: int, user_data: object) -> int:
            line = shared.ffi.string(message).decode(errors="replace").removeprefix("stdout ").removeprefix("stderr ")
            if not line.startswith(" Reference value"):
                owner.log.append(line)
            return 0

        @staticmethod
        def _send_stat(message: object, ident: int, user_data: object) -> int:
            percent = _PERCENT.search(shared.ffi.string(message).decode(errors="replace"))
            if percent and owner.progress is not None:
                owner.progress(float(percent.group(1)) / 100)
            return 0

        @staticmethod
        def _send_data(data: Any, count: int, ident: int, user_data: object) -> int:  # noqa: ANN401
            if owner.tap is not None:
                owner.tap.take(data, count)
            return 0

        @staticmethod
        def _exit(status: int, immediate: bool, on_quit: bool, ident: int, user_data: object) -> int:
            owner.gone = True
            return status

    return Driver(send_data=True)


@contextmanager
def own_copy(path: str) -> Iterator[str]:
    """Yield a path under which a library is loaded apart from one that the program loads from `path` itself.

    ngspice has one circuit, one set of options and one receiver of results in a process; with a copy in memory, what
    the program does with PySpice and what memnet does know nothing of each other.
    """
    if not hasattr(os, "memfd_create") or not Path(path).is_file():
        yield path
        return
    file = os.memfd_create("libngspice")
    try:
        with Path(path).open("rb") as library, os.fdopen(os.dup(file), "wb") as copy:
            shutil.copyfileobj(library, copy)
        copied = f"/proc/self/fd/{file}"
        yield copied if _loads(copied) else path
    finally:
        os.close(file)


def _loads(path: str) -> bool:
    """Tell whether a library can be loaded from there: one that looks for others in its own folder cannot."""
    try:
        ctypes.CDLL(path)
    except OSError:
        return False
    return True
