# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the arrays of an npz file; what the file says of them is checked before memory is taken for them."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from memnet.files.contents import NPZ, ZIP, kind_of_file

_MOST_UNPACKED = 100  # bytes that one byte of a file may unpack to, in files that unpack to much
_MUCH_BYTES = 2**26
_MOST_AXIS = 2**31
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What NumPy and zipfile raise for files that are damaged or made up; a made-up header may raise nearly anything.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    SyntaxError,
    TokenError,
    OverflowError,
    MemoryError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


class ContentsError(Exception):
    """A file whose content is not what it should be; the message says why, without the file's name."""


def read_npz(path: Path, wanted: tuple[str, ...] = ()) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz file by name; each is compared with its place in the file before it is read.

    Parameters
    ----------
    wanted : names of the arrays to read, where they are there; empty: all

    Raises
    ------
    FileNotFoundError
        there is no such file
    ContentsError
        it is no npz file, damaged, encrypted, or unpacks to far more than it should; or an array holds objects, or is
        larger than its place in the file
    """
    if not path.exists():
        raise FileNotFoundError(path)
    if not path.is_file():
        raise ContentsError("it is no regular file")
    try:
        kind = kind_of_file(path)
        if kind and kind not in (NPZ, ZIP):
            raise ContentsError(f"it is {kind}")
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path.stat().st_size)
            return {name: _array(archive, name, members[name]) for name in wanted or members if name in members}
    except ContentsError:
        raise
    except _DAMAGE as error:
        raise ContentsError(_shown(error, 160) or type(error).__name__) from error


def _members(archive: zipfile.ZipFile, file_bytes: int) -> Mapping[str, zipfile.ZipInfo]:
    """Return the members of an archive by the names of their arrays, all of which can be read in little memory."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name == info.filename:
            raise ContentsError(f"{_shown(name)} in it is no array (.npy)")
        if info.flag_bits & 1:
            raise ContentsError(f"{_shown(name)} in it is encrypted")
        if info.compress_type not in _METHODS:
            raise ContentsError(f"{_shown(name)} in it is compressed by a method that npz files do not have")
        if name in members:
            raise ContentsError(f"{_shown(name)} is in it twice")
        members[name] = info
    unpacked = sum(info.file_size for info in members.values())
    if unpacked > max(_MUCH_BYTES, _MOST_UNPACKED * file_bytes):
        raise ContentsError(f"its {file_bytes:,} bytes unpack to {unpacked:,}, which weights or results never do")
    return members


def _array(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> NDArray[Any]:
    """Return the array of a member, once its header fits the member's size."""
    with archive.open(info) as stream:
        shape, dtype = _header(stream)
        header_bytes = stream.tell()
    where = _shown(name)
    if dtype.hasobject:
        raise ContentsError(f"{where} holds Python objects, not numbers")
    if any(not 0 <= side < _MOST_AXIS for side in shape):
        raise ContentsError(f"{where} has the impossible shape {_shown(shape)}")
    if math.prod(shape) * dtype.itemsize != info.file_size - header_bytes:
        raise ContentsError(
            f"{where} has {info.file_size - header_bytes:,} bytes, which is not what {dtype} {_shown(shape)} takes"
        )
    with archive.open(info) as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of the array that begins here, and leave the stream behind its header."""
    version = np.lib.format.read_magic(stream)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:  # version 3.0 is for names of fields, which structured arrays have
        raise ContentsError("it has structured arrays, not numbers")
    shape, _, dtype = read(stream)
    return shape, dtype


def _shown(value: object, limit: int = 60) -> str:
    """Return what a file says, such as a name or a shape, as one short line."""
    text = "".join(c if c.isprintable() else "?" for c in str(value))
    return text if len(text) <= limit else text[: limit - 3] + "..."
