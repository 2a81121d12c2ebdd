# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled units of `units.cpp`."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

from memnet.operators import NotCompiled, compiled_library, processor

_HERE = Path(__file__).parent
_SOURCES = "units.cpp", "kernels.h"
_FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-fno-finite-math-only")
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

    They need g++, and a processor with AVX2 and FMA.
    """
    if not {"avx2", "fma"} <= {word for line in processor() for word in line.split()}:
        return None
    try:
        loaded = compiled_library([_HERE / name for name in _SOURCES], _FLAGS)
    except NotCompiled:
        return None
    loaded.unit_forward.argtypes = [_POINTER] * 10
    loaded.affine.argtypes = [_POINTER, ctypes.c_long, ctypes.c_int, *[_POINTER] * 3]
    loaded.unit_backward.argtypes = [_POINTER] * 17
    for function in (loaded.unit_forward, loaded.affine, loaded.unit_backward):
        function.restype = None
    return loaded
