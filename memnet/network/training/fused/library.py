"""Compiles the units' C++ once for this machine and loads it; knows no tensors."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_SOURCES = "units.cpp", "kernels.h"
_FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-shared", "-fPIC")
_POINTER = ctypes.c_void_p
CHANNELS = 16, 32, 64, 128  # of depthwise convolutions that are compiled


class Shape(ctypes.Structure):
    """The sizes of a unit, as the C++ has them."""

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
    """Return the compiled units, from this user's cache folder if they are there; None where they cannot be made.

    They need a processor with AVX2 and FMA, and g++.
    """
    compiler = shutil.which("g++")
    if compiler is None or not _has_avx2():
        return None
    text = b"".join((_HERE / name).read_bytes() for name in _SOURCES)
    about = "\n".join((*_FLAGS, _processor())).encode()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memnet"
    path = folder / f"units-{hashlib.sha256(text + about).hexdigest()[:16]}.so"
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
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        command = [compiler, *_FLAGS, "-o", str(aside), str(_HERE / _SOURCES[0])]
        subprocess.run(command, check=True, capture_output=True)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags"))}))


def _has_avx2() -> bool:
    words = set(_processor().split())
    return {"avx2", "fma"} <= words
