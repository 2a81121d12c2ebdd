# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled kernels of `kernels.cpp`, as functions of arrays; float32 only.

Where they cannot be compiled, and for float64, the operators compute with NumPy and SciPy.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.errors import SetupError
from memnet.operators.compiling import NotCompiled, compiled_library

Values = npt.NDArray[Any]
SWITCH = "MEMNET_KERNELS"  # environment variable: `compiled` (the default) or `numpy`
_HERE = Path(__file__).parent
_SOURCES = _HERE / "kernels.cpp", _HERE / "coupling.h", _HERE / "vectors.h"
_FLAGS = ("-std=c++17", "-O3", "-march=native")
_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_int64


class FinishStruct(ctypes.Structure):
    """`struct Finish` of vectors.h."""

    _fields_ = (
        ("gain", ctypes.c_float),
        ("constant_wide", ctypes.c_int32),
        ("slope_wide", ctypes.c_int32),
        ("constant", _POINTER),
        ("slope", _POINTER),
        ("low", _POINTER),
        ("high", _POINTER),
    )


class ChannelSums(ctypes.Structure):
    """`struct ChannelSums` of kernels.cpp."""

    _fields_ = (
        *((name, _SIZE) for name in ("channels", "pixels", "source_pixels", "images", "factor_stride")),
        *((name, _POINTER) for name in ("starts", "rows", "taps", "numbers", "factors", "values", "out")),
        ("add", ctypes.c_int32),
    )


class DenseTerm(ctypes.Structure):
    """`struct DenseTerm` of kernels.cpp."""

    _fields_ = (
        *((name, _POINTER) for name in ("values", "matrix", "map")),
        *((name, _SIZE) for name in ("channels", "taps", "source_pixels", "pixel_stride")),
    )


class DenseSums(ctypes.Structure):
    """`struct DenseSums` of kernels.cpp."""

    _fields_ = (
        *((name, _SIZE) for name in ("channels", "pixels", "images", "terms")),
        ("term", ctypes.POINTER(DenseTerm)),
        ("rows", _POINTER),
        ("out", _POINTER),
    )


class Coupling(ctypes.Structure):
    """`struct Coupling` of kernels.cpp."""

    _fields_ = (
        *((name, _SIZE) for name in ("channels", "pixels", "images", "rounds")),
        *((name, _POINTER) for name in ("kinds", "gains", "x")),
    )


class Axis(ctypes.Structure):
    """`struct Axis` of kernels.cpp."""

    _fields_ = (*((name, _SIZE) for name in ("lines", "results", "stride", "taps")), ("offsets", _POINTER))


@dataclass(frozen=True, slots=True)
class Kernels:
    """What runs here: the compiled library, or None and the reason."""

    library: ctypes.CDLL | None
    reason: str = ""


@cache
def kernels_here() -> Kernels:
    """Return the kernels that run here; they are compiled at the first call on a machine.

    Raises
    ------
    SetupError
        the environment variable MEMNET_KERNELS names no kernels
    """
    chosen = os.environ.get(SWITCH) or "compiled"
    if chosen == "numpy":
        return Kernels(None, f"{SWITCH}=numpy")
    if chosen != "compiled":
        raise SetupError(f"{SWITCH}={chosen}: no such kernels; choose compiled or numpy")
    try:
        library = compiled_library(_SOURCES, _FLAGS)
    except NotCompiled as error:
        return Kernels(None, str(error))
    library.sum_channels.argtypes = [_POINTER] * 2
    library.sum_dense.argtypes = [_POINTER] * 2
    library.couple_values.argtypes = [_POINTER] * 2
    library.finish_values.argtypes = [_POINTER, _POINTER, _SIZE, _SIZE, _SIZE, _POINTER]
    library.pool_values.argtypes = [_POINTER, _POINTER, _SIZE, _SIZE, *[_POINTER] * 2, ctypes.c_float, _POINTER]
    for name in ("sum_channels", "sum_dense", "couple_values", "finish_values", "pool_values"):
        getattr(library, name).restype = None
    return Kernels(library)


def library_for(values: Values) -> Any:  # noqa: ANN401 - a library has the functions that it has
    """Return the compiled library where it can compute with these values; None where NumPy has to."""
    return kernels_here().library if values.dtype == np.float32 else None


def pointer(array: Values | None) -> int | None:
    """Return the address of an array, which must be C-contiguous and stay alive while it is used."""
    if array is None:
        return None
    assert array.flags.c_contiguous
    return int(array.__array_interface__["data"][0])


def plain(array: Values) -> Values:
    """Return an array as the kernels read it: C-contiguous float32."""
    return np.ascontiguousarray(array, dtype=np.float32)
