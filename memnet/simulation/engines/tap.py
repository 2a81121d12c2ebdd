# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies the values of a deck's vectors out of ngspice's memory at every point of a run.

ngspice keeps vectors of all nets and branches unless `.save` lines name those to keep. Each vector has room for 1,024
points, some 8 kB; and each name in a `.save` line is compared with every net. So decks run with `.save none` and
without their own `.save` lines, and the values of each point are copied when ngspice calls back with that point. A
quantity of a device, such as `@r1[i]`, is computed only where a `.save` line names it: decks that want one keep these
lines.

A vector `imag(v(n1))` is the imaginary part of `v(n1)` in an ac analysis.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.simulation.engines.base import imaginary_of, vector_key

SCALES = ("v-sweep", "i-sweep", "res-sweep", "temp-sweep", "time", "frequency")
OLDEST = 42  # oldest version of ngspice that this was tested with
# Bytes of a double and of a pointer; ngspice's struct `vecvalues` is a pointer to the name, real part, imaginary part.
_DOUBLE = 8
_SAVES = re.compile(r"^\.save\b.*\n(\+.*\n)*", re.IGNORECASE | re.MULTILINE)


class Tap:
    """Copies of the axis and the wanted vectors, one row per point."""

    def __init__(self, ffi: Any, wanted: Sequence[str]) -> None:  # noqa: ANN401  (cffi has no types)
        self.ffi = ffi
        self.wanted = [vector_key(imaginary_of(name) or name) for name in wanted]
        self.imaginary = [imaginary_of(name) is not None for name in wanted]
        self.missing: list[int] | None = None  # positions in `wanted`; set at the first point
        self.passed = False  # a noise analysis ends with a plot of integrals, in which the wanted vectors are not
        self.rows: list[npt.NDArray[np.float64]] = []  # (1 + wanted,) with an axis, else (wanted,)

    def take(self, data: Any, count: int) -> None:  # noqa: ANN401
        """Copy one point; `data` is ngspice's struct `vecvaluesall` with `count` vectors."""
        if self.missing is None or (data.vecsa, count) != self._vectors:
            self._locate(data, count)
        if not self.missing and not self.passed:
            self.rows.append(self._memory[self._at])

    def _locate(self, data: Any, count: int) -> None:  # noqa: ANN401
        """Find the addresses of the wanted values, which stay valid as long as ngspice's list of vectors does."""
        self._vectors = (data.vecsa, count)
        text = self.ffi.string
        known = {vector_key(text(data.vecsa[i].name).decode(errors="replace")): i for i in range(count)}
        scale = next((known[name] for name in SCALES if name in known), None)
        missing = [i for i, name in enumerate(self.wanted) if name not in known]
        self.passed = bool(missing and self.rows)
        if self.passed:
            return
        self.missing = missing
        if missing:
            return
        places = [*([] if scale is None else [scale]), *(known[name] for name in self.wanted)]
        self.scaled = scale is not None
        pointers = np.frombuffer(self.ffi.buffer(data.vecsa, _DOUBLE * count), dtype=np.uintp)[places]
        lowest, highest = int(pointers.min(initial=np.iinfo(np.uintp).max)), int(pointers.max(initial=0))
        size = max(0, highest - lowest) + 3 * _DOUBLE
        # All memory between the lowest and the highest of these structs as doubles, and where the wanted parts are.
        self._memory = np.frombuffer(
            self.ffi.buffer(self.ffi.cast("char *", lowest), size if places else 0), dtype=np.float64
        )
        parts = np.array([*([] if scale is None else [False]), *self.imaginary], dtype=np.int64)
        self._at = ((pointers - np.uintp(lowest)) // _DOUBLE).astype(np.int64) + 1 + parts

    def result(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the axis (points,) and the wanted values (points, vectors)."""
        if not self.rows:
            return np.zeros(0), np.zeros((0, len(self.wanted)))
        table = np.array(self.rows)
        return (table[:, 0].copy(), table[:, 1:]) if self.scaled else (np.zeros(len(table)), table)


def keep_none(text: str) -> str:
    """Return a deck's text with `.save none` after the title, in place of all its `.save` lines."""
    title, newline, rest = text.partition("\n")
    return f"{title}{newline}.save none\n{_SAVES.sub('', rest)}"
