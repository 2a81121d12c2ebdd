"""Writes files aside and renames them, so that nothing half written stays behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from memnet.errors import OutputError


def write_aside(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a file beside `path`, then put it in its place; on any failure nothing of it stays."""
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
