"""Takes wanted values out of ngspice's memory at every point of a run; knows no circuit.

ngspice keeps vectors of all nets and branches unless it is told which to keep, each with room for 1,024 points, some
8 kB; and telling it costs a comparison of every wanted name with every net. So large decks keep none (`.save none`),
and what is wanted of a point is copied when ngspice announces it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.simulation.engines.base import vector_key

SCALES = ("v-sweep", "i-sweep", "res-sweep", "temp-sweep", "time")
OLDEST = 42  # version of ngspice that is known to do it
_DOUBLE = 8  # bytes; a `vecvalues` of ngspice is a pointer to its name, then its value, real part first


class Tap:
    """Copies of the wanted vectors and the axis, one row a point."""

    def __init__(self, ffi: Any, wanted: Sequence[str]) -> None:  # noqa: ANN401  (cffi has no types)
        self.ffi, self.wanted = ffi, [vector_key(name) for name in wanted]
        self.missing: list[int] | None = None  # positions in `wanted`, known from the first point on
        self.rows: list[npt.NDArray[np.float64]] = []

    def take(self, data: Any, count: int) -> None:  # noqa: ANN401
        """Copy one point; `data` is ngspice's `vecvaluesall`, of `count` vectors."""
        if self.missing is None or data.vecsa != self._vectors:
            self._locate(data, count)
        if not self.missing:
            self.rows.append(self._memory[self._at])

    def _locate(self, data: Any, count: int) -> None:  # noqa: ANN401
        """Find where the wanted values stand; they keep their places as long as the list of vectors does."""
        self._vectors = data.vecsa
        text = self.ffi.string
        known = {vector_key(text(data.vecsa[at].name).decode(errors="replace")): at for at in range(count)}
        scale = next((known[name] for name in SCALES if name in known), None)
        self.missing = [at for at, name in enumerate(self.wanted) if name not in known]
        if self.missing:
            return
        places = [*([] if scale is None else [scale]), *(known[name] for name in self.wanted)]
        self.scaled = scale is not None
        pointers = np.frombuffer(self.ffi.buffer(data.vecsa, _DOUBLE * count), dtype=np.uintp)[places]
        lowest, highest = int(pointers.min(initial=np.iinfo(np.uintp).max)), int(pointers.max(initial=0))
        size = max(0, highest - lowest) + 2 * _DOUBLE
        self._memory = np.frombuffer(
            self.ffi.buffer(self.ffi.cast("char *", lowest), size if places else 0), dtype=np.float64
        )
        self._at = ((pointers - np.uintp(lowest)) // _DOUBLE).astype(np.int64) + 1

    def result(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the axis (points,) and the wanted values (points, vectors)."""
        if not self.rows:
            return np.zeros(0), np.zeros((0, len(self.wanted)))
        table = np.array(self.rows)
        return (table[:, 0].copy(), table[:, 1:]) if self.scaled else (np.zeros(len(table)), table)


def keep_none(text: str) -> str:
    """Return a deck's text with `.save none` after the title."""
    title, newline, rest = text.partition("\n")
    return f"{title}{newline}.save none\n{rest}"
