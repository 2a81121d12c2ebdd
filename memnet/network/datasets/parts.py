# SPDX-License-Identifier: GPL-3.0-or-later
"""`PartedArray`: an array that is read from files part by part, as its elements are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartedArray:
    """An array in equal parts along its first axis; a part is read when one of its elements is asked for.

    Indices, slices and arrays of indices are taken as by NumPy's arrays, and give such an array; `numpy.asarray` gives
    the whole one. Elements are finished each time they are asked for: what a part has may take less memory.

    Attributes
    ----------
    shape, dtype : of the whole array
    part_length : elements in a part
    read : returns a part (part_length, ...) by its number from 0, checked, and keeps it where it may be asked for again
    finish : returns elements (n, ...) of that type, such as normalised images, of elements of a part
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    part_length: int
    read: Callable[[int], NDArray[Any]]
    finish: Callable[[NDArray[Any]], NDArray[Any]] = np.asarray

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: Any) -> Any:  # noqa: ANN401 - whatever NumPy takes, and then gives
        first, *others = which if isinstance(which, tuple) else (which,)
        wanted = np.arange(len(self))[first]
        chosen = self._elements(np.atleast_1d(wanted))
        return chosen[(slice(None) if wanted.ndim else 0, *others)]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)

    def _elements(self, wanted: NDArray[np.int64]) -> NDArray[Any]:
        found = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        parts = wanted // self.part_length
        for number in np.unique(parts):
            here = parts == number
            found[here] = self.finish(self.read(int(number))[wanted[here] % self.part_length])
        return found
