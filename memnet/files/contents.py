# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind a file from outside is, by its first bytes: for messages about files that are something else."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path

HEAD_BYTES = 1024  # enough for every kind below
ZIP, NPZ, TORCH = "a zip archive", "an npz file", "a PyTorch file"
PICKLE, SAFETENSORS = "a pickle", "a safetensors file"
ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    OverflowError,
    struct.error,
)
_KINDS: tuple[tuple[str, str], ...] = (  # a pattern of the first bytes, read as Latin-1, and what such a file is
    (r"version https://git-lfs", "a Git-LFS pointer (`git lfs pull` fetches the file that it stands for)"),
    (r"(?i)\s*(<!doctype html|<html|<head|<!--)", "an HTML page (download the file itself, not the page about it)"),
    (r"(?i)\s*<\?xml", "an XML file"),
    (r"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (r"PAR1", "a Parquet file"),
    (r"ARROW1", "an Arrow file"),
    (r"\x93NUMPY", "a single NumPy array (.npy)"),
    (r"PK(\x03\x04|\x05\x06)", ZIP),
    (r"\x1f\x8b", "a gzip archive"),
    (r"BZh", "a bzip2 archive"),
    (r"\xfd7zXZ\0", "an xz archive"),
    (r"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (r"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (r"Rar!", "a RAR archive"),
    (r"[\s\S]{257}ustar", "a tar archive"),
    (r"%PDF", "a PDF"),
    (r"\x89PNG", "a PNG picture"),
    (r"\xff\xd8\xff", "a JPEG picture"),
    (r"GIF8", "a GIF picture"),
    (r"SQLite format 3\0", "an SQLite database"),
    (r"\x7fELF|MZ\x90", "a program"),
    (r"\x80[\x02-\x05]", PICKLE),
    (r"\0\0[\x08-\x0e][\x01-\x04]", "an idx file (as of MNIST)"),
    (r"[\s\S]{4}\0{4}\{\s*\"", SAFETENSORS),
)
_KINDS_COMPILED = tuple((re.compile(pattern), kind) for pattern, kind in _KINDS)


def kind_of(head: bytes) -> str:
    """Return what a file is, such as `an HDF5 file`, from its first `HEAD_BYTES` bytes; empty if that is unknown."""
    text = head.decode("latin-1")
    return next((kind for pattern, kind in _KINDS_COMPILED if pattern.match(text)), "")


def kind_of_file(path: Path) -> str:
    """Return what the file at a path is; a zip archive is told apart by its members. Empty if that is unknown.

    Raises
    ------
    OSError
        the file cannot be read
    """
    with path.open("rb") as stream:
        kind = kind_of(stream.read(HEAD_BYTES))
    return _kind_of_zip(path) if kind == ZIP else kind


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except ZIP_DAMAGE:
        return ZIP
    if any(name.endswith("data.pkl") for name in names):
        return TORCH
    return NPZ if names and all(name.endswith(".npy") for name in names) else ZIP
