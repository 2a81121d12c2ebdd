# SPDX-License-Identifier: GPL-3.0-or-later
"""What shut amplifiers do to the other columns of their tile: each loses its virtual ground, and wires pass that on.

A rectifying second TIA whose output y would be negative is shut: its output stays at 0 V, and the current that it does
not take lifts its minus column to u = -y Gf / (Gf + Gs + Y), with the feedback Gf, the coupling Gs to the first TIA and
the conductance Y from the column into its tile. Without resistance in the wires no other column notices. With it,
u drives a current into every other column of the tile, which changes their outputs, and what these do to others. Each
round of the correction is some hundred times smaller than the one before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from memnet.arrays import WiredStage
from memnet.operators import NegativeCoupling
from memnet.units import Floats

# Bound of what a further round could change, as a share of a stage's largest output before its rectifiers. What it does
# change at the outputs of a network is a hundredth of that, and of single precision some 1e-6 is left anyway.
SINGLE_PRECISION_BOUND, BOUND = 1e-4, 1e-6
MOST_ROUNDS = 20  # where wires resist so much that rounds hardly get smaller


def shut_columns(
    wired: WiredStage, plus_ohm: Floats, minus_ohm: Floats, lifted: Floats, dtype: npt.DTypeLike
) -> NegativeCoupling:
    """Return the correction of one rectifying stage, for its outputs before they are rectified.

    Parameters
    ----------
    wired : the stage with its wires
    plus_ohm, minus_ohm : volts at the outputs per ampere that flows into the plus columns, and that is taken from
        those of current into the minus columns, (channels, pixels)
    lifted : share of a shut output's negative voltage that its minus column is lifted by, (channels, pixels)
    """
    _, first = np.unique(wired.kinds, return_index=True)
    # All pixels of a kind have the same tile, and gains that differ by some 1e-6.
    plus, minus, lift = (each[:, first].T for each in (plus_ohm, minus_ohm, lifted))
    gains = (plus[:, :, None] * wired.into_plus - minus[:, :, None] * wired.into_minus) * lift[:, None, :]
    bound = SINGLE_PRECISION_BOUND if np.dtype(dtype) == np.float32 else BOUND
    rounds = rounds_needed(float(np.abs(gains).sum(axis=2).max()), bound)
    return NegativeCoupling(gains=gains.astype(dtype), kinds=wired.kinds.astype(np.int32), rounds=rounds)


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
