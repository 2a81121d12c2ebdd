# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles the C++ of the units once for this machine, keeps the result in the user's cache folder, and loads it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

from memnet.files import aside

_HERE = Path(__file__).parent
_SOURCES = "units.cpp", "kernels.h"
_FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-shared", "-fPIC")
_POINTER = ctypes.c_void_p
# What units.cpp supports of depthwise convolutions; it would compute any other kernel as 5x5, any other dilation as 2.
CHANNELS = 16, 32, 64, 128
KERNELS = 3, 5
DILATIONS = 1, 2


class Shape(ctypes.Structure):
    """The sizes of a unit, with the fields of `struct Shape` in units.cpp; `parts` is the number of inputs."""

    _fields_ = tuple(
        (name, ctypes.c_int)
        for name in (
            "images",
            "height",
            "width",
            "channels",
            "kernel",
            "stride",
            "pad",
            "dilation",
            "out_height",
            "out_width",
            "outs",
            "parts",
            "rectify",
        )
    )


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled units; None if they cannot be compiled here.

    They need g++, and a processor with AVX2 and FMA. The file in the cache folder is named by a digest of sources,
    compiler flags and processor, so that a change of any of these compiles them again.
    """
    compiler = shutil.which("g++")
    if compiler is None or not _has_avx2():
        return None
    source = b"".join((_HERE / name).read_bytes() for name in _SOURCES)
    settings = "\n".join((*_FLAGS, _processor())).encode()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memnet"
    path = folder / f"units-{hashlib.sha256(source + settings).hexdigest()[:16]}.so"
    try:
        if not path.exists():
            _compile(compiler, path)
        loaded = ctypes.CDLL(str(path))
    except (OSError, subprocess.CalledProcessError):
        return None
    loaded.unit_forward.argtypes = [_POINTER] * 10
    loaded.affine.argtypes = [_POINTER, ctypes.c_long, ctypes.c_int, *[_POINTER] * 3]
    loaded.unit_backward.argtypes = [_POINTER] * 17
    for function in (loaded.unit_forward, loaded.affine, loaded.unit_backward):
        function.restype = None
    return loaded


def _compile(compiler: str, path: Path) -> None:
    with aside(path) as temporary:
        command = [compiler, *_FLAGS, "-o", str(temporary), str(_HERE / _SOURCES[0])]
        subprocess.run(command, check=True, capture_output=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags"))}))


def _has_avx2() -> bool:
    words = set(_processor().split())
    return {"avx2", "fma"} <= words
