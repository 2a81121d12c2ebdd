# SPDX-License-Identifier: GPL-3.0-or-later
"""C++ that is compiled once for this machine, kept in the user's cache folder, and loaded."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from memnet.files import aside

COMPILER = "g++"
PATIENCE_S = 300.0  # for the compiler, which takes some seconds


_lock = Lock()


class NotCompiled(Exception):
    """C++ that cannot be compiled or loaded here; its text says why."""


def compiled_library(sources: Sequence[Path], flags: Sequence[str]) -> ctypes.CDLL:
    """Return the library that the compiler makes of the first of `sources`, which includes the others.

    The file in the cache folder is named by a digest of sources, flags and processor, so that a change of any of these
    compiles them again. It is written beside its place and renamed: several processes may compile at once, and what
    a killed one leaves is never loaded. A file that does not load is compiled anew, and where the folder cannot be
    written to, the library is compiled for this process alone.

    Raises
    ------
    NotCompiled
        there is no compiler, or it fails
    """
    compiler = shutil.which(COMPILER)
    if compiler is None:
        raise NotCompiled(f"{COMPILER} is not installed")
    command = [compiler, *flags, "-shared", "-fPIC", str(sources[0]), "-o"]
    text = b"".join(source.read_bytes() for source in sources)
    settings = "\n".join((*flags, "\n".join(processor()))).encode()
    name = f"{sources[0].stem}-{hashlib.sha256(text + settings).hexdigest()[:16]}.so"
    path = cache_folder() / name
    with _lock:  # threads of one process would write to one temporary file
        return _loaded(path) or _made(path, command)


def cache_folder() -> Path:
    """Return the folder of the user that keeps what was compiled; it may not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memnet"


def _loaded(path: Path) -> ctypes.CDLL | None:
    """Return a library, or None where there is none, or one that does not load."""
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        return None


def _made(path: Path, command: list[str]) -> ctypes.CDLL:
    """Compile, keep and load a library."""
    try:
        with aside(path) as temporary:
            _run([*command, str(temporary)])
        return ctypes.CDLL(str(path))
    except OSError:  # the folder cannot be written to, or no library be loaded from it
        return _for_this_process(command)


def _for_this_process(command: list[str]) -> ctypes.CDLL:
    try:
        with TemporaryDirectory(prefix="memnet-") as folder:
            path = Path(folder) / "library.so"
            _run([*command, str(path)])
            return ctypes.CDLL(str(path))
    except OSError as error:
        raise NotCompiled(f"compiled, but not loaded ({error})") from error


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise NotCompiled(f"{COMPILER} took more than {PATIENCE_S:.0f} s") from error
    except subprocess.CalledProcessError as error:
        lines = str(error.stderr).strip().splitlines()
        raise NotCompiled(f"{COMPILER} failed: {lines[0] if lines else f'status {error.returncode}'}") from error


@cache
def processor() -> tuple[str, ...]:
    """Return the lines that say which processor this is, and which instructions it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return (platform.processor(),)
    return tuple(sorted({line for line in lines if line.startswith(("model name", "flags"))}))
