# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes changed at random, and the contents of files that are something else."""

from __future__ import annotations

from collections.abc import Callable

from fuzzing.trial import Random

# What people have under the name of another file.
OTHER_FILES = (
    b"",
    b"\n",
    b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n",
    b"\x89HDF\r\n\x1a\n" + bytes(100),
    b"PAR1" + bytes(60) + b"PAR1",
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }" + b" " * 60 + b"\n" + bytes(24),
    b"PK\x05\x06" + bytes(18),
    b"PK\x03\x04" + bytes(100),
    b"\x1f\x8b\x08" + bytes(30),
    b"x" * 257 + b"ustar\x0000" + bytes(300),
    b"\x89PNG\r\n\x1a\n" + bytes(30),
    b"%PDF-1.7\n",
    b"\x7fELF" + bytes(60),
    b"\x80\x02}q\x00.",
    b"\x00\x00\x08\x03" + bytes(40),
    b"SQLite format 3\x00" + bytes(90),
    b"\xff\xfeN\x00A\x00",
    b"\x00" * 1000,
    b"import os\nos.system('false')\n",
    b'{"a": ' * 5000,
    b"[" * 50_000,
    b"{}",
    b"null",
    b"name: arch\nnormal:\n  - [none, 0]\n",
)


def other_file(random: Random) -> bytes:
    """Return the content of a file that is something else, or noise."""
    if random.random() < 0.3:
        return random.randbytes(random.randrange(1, 2000))
    return random.choice(OTHER_FILES)


def damaged(data: bytes, random: Random, first: int = 0, last: int | None = None) -> bytes:
    """Return bytes with one to three changes between two positions: flips, cuts, insertions, repetitions, noise."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        end = len(data) if last is None else min(last, len(data))
        at = random.randrange(first, end) if end > first else first
        data = random.choice(_CHANGES)(data, at, min(end, at + random.choice((1, 2, 8, 64))), random)
    return data


def _flip(data: bytes, at: int, end: int, random: Random) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :] if at < len(data) else data


def _noise(data: bytes, at: int, end: int, random: Random) -> bytes:
    return data[:at] + random.randbytes(end - at) + data[end:]


def _zeros(data: bytes, at: int, end: int, random: Random) -> bytes:
    return data[:at] + bytes(end - at) + data[end:]


def _insert(data: bytes, at: int, end: int, random: Random) -> bytes:
    return data[:at] + random.randbytes(random.choice((1, 4, 100))) + data[at:]


def _remove(data: bytes, at: int, end: int, random: Random) -> bytes:
    return data[:at] + data[end:]


def _repeat(data: bytes, at: int, end: int, random: Random) -> bytes:
    return data[:end] + data[at:]


def _cut(data: bytes, at: int, end: int, random: Random) -> bytes:
    return data[:at]


_CHANGES: tuple[Callable[[bytes, int, int, Random], bytes], ...] = (
    _flip,
    _noise,
    _zeros,
    _insert,
    _remove,
    _repeat,
    _cut,
)
