# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a file under a temporary name and renames it, so a reader sees the old file or the new one, never a part."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from memnet.errors import OutputError


def write_aside(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename that to `path`.

    If anything fails, the temporary file is deleted and a file that `path` named before is unchanged.

    Raises
    ------
    OutputError
        the folder cannot be made or written to, or the disk is full
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: not written ({reason}); free space or choose another place") from error
    finally:
        if path.parent.is_dir():
            aside.unlink(missing_ok=True)
