# SPDX-License-Identifier: GPL-3.0-or-later
"""What shut amplifiers do to the other columns of their tile: each loses its virtual ground, and wires pass that on.

A rectifying second TIA whose output y would be negative is shut: its output stays at 0 V, and the current that it does
not take lifts its minus column to u = -y Gf / (Gf + Gs + Y), with the feedback Gf, the coupling Gs to the first TIA and
the conductance Y from the column into its tile. Without resistance in the wires no other column notices. With it,
u drives a current into every other column of the tile, which changes their outputs, and what these do to others. Each
round of the correction is some hundred times smaller than the one before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays import WiredStage
from memnet.units import Floats

Values = npt.NDArray[Any]
# Bound of what a further round could change, as a share of a stage's largest output before its rectifiers. What it does
# change at the outputs of a network is a hundredth of that, and of single precision some 1e-6 is left anyway.
SINGLE_PRECISION_BOUND, BOUND = 1e-4, 1e-6
BLOCK_VALUES = 2**19  # outputs that are corrected at once, 2 MiB in single precision
MOST_ROUNDS = 20  # where wires resist so much that rounds hardly get smaller


class ShutColumns:
    """The correction of one rectifying stage.

    Parameters
    ----------
    wired : the stage with its wires
    plus_ohm, minus_ohm : volts at the outputs per ampere that flows into the plus columns, and that is taken from
        those of current into the minus columns, (channels, pixels)
    lifted : share of a shut output's negative voltage that its minus column is lifted by, (channels, pixels)
    """

    def __init__(
        self, wired: WiredStage, plus_ohm: Floats, minus_ohm: Floats, lifted: Floats, dtype: npt.DTypeLike
    ) -> None:
        self.maps: list[tuple[npt.NDArray[np.int64], Values]] = []
        for kind in range(len(wired.into_plus)):
            pixels = np.flatnonzero(wired.kinds == kind)
            first = pixels[0]  # all pixels of a kind have the same tile, and gains that differ by some 1e-6
            gain = plus_ohm[:, first, None] * wired.into_plus[kind] - minus_ohm[:, first, None] * wired.into_minus[kind]
            self.maps.append((pixels, (gain * lifted[:, first]).astype(dtype)))
        largest = max(float(np.abs(gain).sum(axis=1).max()) for _, gain in self.maps)
        self.rounds = rounds_needed(largest, SINGLE_PRECISION_BOUND if np.dtype(dtype) == np.float32 else BOUND)

    def correct(self, out: Values) -> None:
        """Correct outputs (channels, pixels, images) in place, before they are rectified."""
        if len(self.maps) == 1:  # all pixels are of one kind
            self._correct(out, self.maps[0][1])
            return
        for pixels, gain in self.maps:
            chosen = np.ascontiguousarray(out[:, pixels])
            self._correct(chosen, gain)
            out[:, pixels] = chosen

    def _correct(self, out: Values, gain: Values) -> None:
        """Correct outputs (channels, pixels, images) of one kind of tile in place."""
        flat = out.view()
        flat.shape = (len(out), -1)  # unlike `reshape`, this never copies
        width = max(1, BLOCK_VALUES // len(flat))
        for first in range(0, flat.shape[1], width):
            block = flat[:, first : first + width]
            linear = block.copy() if self.rounds > 1 else block
            for _ in range(self.rounds):
                np.subtract(linear, gain @ np.minimum(block, 0), out=block)


def rounds_needed(largest: float, bound: float) -> int:
    """Return the least number of rounds n, at least one, with largest^(n + 1) <= bound.

    Parameters
    ----------
    largest : the most that the outputs of a pixel change in a round, over what they changed in the round before
    """
    rounds = 1
    while largest ** (rounds + 1) > bound and rounds < MOST_ROUNDS:
        rounds += 1
    return rounds
