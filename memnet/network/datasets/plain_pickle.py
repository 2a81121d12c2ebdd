# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads pickled dictionaries of lists, numbers, texts and arrays of numbers; nothing that a pickle names is imported.

A pickle names classes and functions, and what to call them with. In their place stand the classes of this file, which
keep what they are given. Arrays are made of that afterwards, once their bytes fill their shape.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBERS = re.compile(r"[biuf][1248]")
_ORDERS = ("<", ">", "|", "=")
_MOST_AXES = 8
_SHOWN = 80  # characters of a text from a file, in a message


class PickleError(Exception):
    """A pickle that is no such dictionary, or damaged; the message says why, without the name of the file."""


class _StandIn:
    """Stands in the place of a class or function, and keeps what it is called with."""

    def __init__(self, *given: object) -> None:
        self.given: tuple[Any, ...] = given
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401 - whatever the pickle has
        self.state = state


class _Type(_StandIn):
    """Of the type of an array's elements: name; (version, byte order, ...)."""


class _Filled(_StandIn):
    """Of an array that is made empty and then filled: ...; (version, shape, type, column by column, bytes)."""


class _Buffer(_StandIn):
    """Of an array over a buffer, as of protocol 5: bytes, type, shape, order."""


class _Scalar(_StandIn):
    """Of a number of NumPy: type, bytes."""


class _Bytes(_StandIn):
    """Of the function that makes bytes of a text, as Python 3 writes bytes by old protocols."""

    def __new__(cls, text: str, encoding: str) -> bytes:  # type: ignore[misc]
        if encoding != "latin1":
            raise PickleError("has bytes packed in an unusual way")
        return text.encode("latin-1")


# What pickles of arrays name, by the module paths of old and new NumPy.
_STAND_INS: dict[tuple[str, str], type[_StandIn]] = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Filled,
    ("_codecs", "encode"): _Bytes,
    **{
        (f"numpy.{core}.{file}", name): stand_in
        for core in ("core", "_core")
        for file, name, stand_in in (
            ("multiarray", "_reconstruct", _Filled),
            ("multiarray", "scalar", _Scalar),
            ("numeric", "_frombuffer", _Buffer),
        )
    },
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - the signature of pickle
        if (module, name) not in _STAND_INS:
            asked = ascii(f"{module}.{name}"[:_SHOWN])
            raise PickleError(f"asks for {asked}, which data never needs; refused without running it")
        return _STAND_INS[module, name]


def read_dictionary(data: bytes) -> dict[str, Any]:
    """Return the dictionary that a pickle holds.

    Texts that Python 2 or 3 wrote as bytes become `str`, as keys, values and in lists; numbers of NumPy become those
    of Python.

    Raises
    ------
    PickleError
        it is damaged, names a class or function that no such dictionary needs, or holds something else
    """
    try:
        for code, argument, _ in pickletools.genops(data):
            # The reader makes room for all numbers below that of a value that it keeps.
            if "PUT" in code.name and (argument or 0) > len(data):
                raise PickleError("keeps a value under a number beyond its size")
        # Python 2 wrote the bytes of arrays as texts, which this encoding turns back.
        content = _Reader(io.BytesIO(data), encoding="latin1").load()
        if not isinstance(content, dict):
            raise PickleError(f"holds a {type(content).__name__}, not a dictionary")
        return {_key(key): _plain(value) for key, value in content.items()}
    except PickleError:
        raise
    except Exception as error:  # a damaged pickle may raise nearly anything
        raise PickleError(f"is truncated or damaged ({str(error)[:_SHOWN]!a})") from error


def _key(key: object) -> str:
    text = _plain(key)
    if not isinstance(text, str):
        raise PickleError("has a key that is no text")
    return text


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the pickle has
    """Return a value or a list of values in plain types; what lies deeper is left as it is."""
    if isinstance(value, list):
        return [each if isinstance(each, list) else _plain(each) for each in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, _Filled):
        _, shape, kind, by_columns, content = value.state
        return _array(content, kind, shape, "F" if by_columns else "C")
    if isinstance(value, _Buffer):
        content, kind, shape, order = value.given
        return _array(content, kind, shape, order)
    if isinstance(value, _Scalar):
        kind, content = value.given
        return _array(content, kind, (), "C").item()
    return value


def _array(content: Any, kind: Any, shape: Any, order: Any) -> NDArray[Any]:  # noqa: ANN401
    """Return the array that a pickle describes, once its bytes are as many as its shape takes."""
    name, byte_order = kind.given[0], kind.state[1]
    if not isinstance(name, str) or not _NUMBERS.fullmatch(name) or byte_order not in _ORDERS:
        raise PickleError("holds an array of something else than numbers")
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and side >= 0 for side in shape[:_MOST_AXES]):
        raise PickleError("holds an array with an impossible shape")
    held = content.encode("latin-1") if isinstance(content, str) else memoryview(content)
    dtype = np.dtype(byte_order + name)
    if len(shape) > _MOST_AXES or len(held) != math.prod(shape) * dtype.itemsize:
        raise PickleError(f"holds an array whose {len(held)} bytes do not fill its shape")
    return np.frombuffer(held, dtype).reshape(shape, order=order)
