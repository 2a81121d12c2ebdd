# SPDX-License-Identifier: GPL-3.0-or-later
"""Files written under a temporary name and renamed, so that a reader never sees a part."""

from __future__ import annotations

import errno
import glob
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from memnet.errors import OutputError


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
