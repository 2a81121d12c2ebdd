# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of which each negative one changes the others of its pixel, and the finishing pass after it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.operators.finishing import Extremes, Finish, finish_struct, finished, no_extremes
from memnet.operators.kernels import Coupling, library_for, plain, pointer

Values = npt.NDArray[Any]
BLOCK_VALUES = 2**19  # that NumPy computes with at once, 4 MiB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NegativeCoupling:
    """What negative values take from the other channels of their pixel: x becomes y = x - gains min(y, 0).

    Round after round, min(y, 0) is that of the round before, which begins with y = x.

    Attributes
    ----------
    gains : (kinds, channels, channels), much smaller than 1 each; the negative value is that of the last axis
    kinds : (pixels,) which of the gains each pixel has
    rounds : one or more
    """

    gains: Values
    kinds: npt.NDArray[np.int32]
    rounds: int

    def finished(self, values: Values, finish: Finish) -> Extremes:
        """Change values (channels, pixels, images) in place, finish them, and return their extremes.

        Parameters
        ----------
        values : C-contiguous, of the dtype of `gains`
        """
        library = library_for(values)
        if library is None:
            self._changed(values)
            return finished(values, finish, out=values)[1]
        found, gains = no_extremes(len(values)), plain(self.gains)
        struct, kept = finish_struct(finish, found, slice(0, len(values)))
        call = Coupling(*values.shape, self.rounds, pointer(self.kinds), pointer(gains), pointer(values))
        library.couple_values(ctypes.byref(call), ctypes.byref(struct))
        del kept
        return found

    def _changed(self, values: Values) -> None:
        """Change values in place with NumPy, in blocks of images of the pixels of one kind."""
        for kind, gains in enumerate(self.gains):
            pixels = np.flatnonzero(self.kinds == kind)
            width = max(1, BLOCK_VALUES // (len(values) * len(pixels)))
            for first in range(0, values.shape[2], width):
                block = np.ascontiguousarray(values[:, pixels, first : first + width])
                linear = block.reshape(len(values), -1)
                changed = linear
                for _ in range(self.rounds):
                    changed = linear - gains @ np.minimum(changed, 0)
                values[:, pixels, first : first + width] = changed.reshape(block.shape)
