# SPDX-License-Identifier: GPL-3.0-or-later
"""One row of a wired tile alone: a ladder of wire segments, with a device to a column at every node.

With the driver at 0 V and all columns but one at 0 V too, a device of conductance g at node j sees its own node through
the rest of the ladder. Let A be the admittance to the right of a node with its own device, and Z the resistance to the
left of it, to the driver:

    A_j = g_j + A_{j+1} / (1 + R A_{j+1})           Z_j = R + Z_{j-1} / (1 + g_{j-1} Z_{j-1}),  Z_0 = R

Then the impedance of node j is Z_j / (1 + Z_j A_j), a voltage at a node falls to its share 1 / (1 + R A_k) from each
node k - 1 to the next, and the admittances between columns follow with as many operations as there are of them. The
diagonal is written so that nothing is subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from memnet.units import Floats

HELD_VALUES = 2**18  # of the matrices of all rows that are computed together, 2 MiB, which fit into a cache


def ladders(
    siemens: Floats, row_ohm: float, *, both_ends: bool = False, lead_ohm: float = 0.0
) -> Iterator[tuple[Floats, Floats]]:
    """Yield for each row of tiles what it conducts.

    Parameters
    ----------
    siemens : (tiles, rows, columns)
    both_ends : the row is driven at its right end, too; its segments then have a resistance
    lead_ohm : what the segment next to each driver resists beyond `row_ohm`

    Yields
    ------
    the admittance between the columns, (tiles, columns, columns) siemens, with the drivers at 0 V; and the current
    into each column per volt at the drivers, (tiles, columns) siemens
    """
    tiles, rows, columns = siemens.shape
    block = max(1, HELD_VALUES // (tiles * columns * columns))
    for first in range(0, rows, block):
        admittance, fed = _ladders(siemens[:, first : first + block], row_ohm, both_ends, lead_ohm)
        for row in range(admittance.shape[1]):
            yield admittance[:, row], fed[:, row]


def _ladders(siemens: Floats, row_ohm: float, both_ends: bool, lead_ohm: float) -> tuple[Floats, Floats]:
    """Return what `ladders` does for some rows, (tiles, rows, columns, columns) and (tiles, rows, columns)."""
    columns = siemens.shape[2]
    right, left = np.zeros_like(siemens), np.full_like(siemens, row_ohm)  # without a node's own device
    left[..., 0] += lead_ohm
    if both_ends:
        right[..., -1] = 1.0 / (row_ohm + lead_ohm)
    for at in range(columns - 1, 0, -1):
        beyond = siemens[..., at] + right[..., at]
        right[..., at - 1] = beyond / (1.0 + row_ohm * beyond)
        before = columns - 1 - at
        left[..., before + 1] += left[..., before] / (1.0 + siemens[..., before] * left[..., before])
    whole = siemens + right
    segments = np.full(columns, row_ohm, dtype=siemens.dtype)  # from the left, in the order of nodes
    segments[0] += lead_ohm
    falls = 1.0 / (1.0 + segments * whole)
    between = np.zeros((*siemens.shape, columns), dtype=siemens.dtype)  # impedances, above the diagonal
    for at in range(1, columns):
        own = left[..., at - 1] / (1.0 + left[..., at - 1] * whole[..., at - 1])
        between[..., at - 1, at] = own * falls[..., at]
        between[..., : at - 1, at] = between[..., : at - 1, at - 1] * falls[..., at, None]
    between += between.swapaxes(2, 3)
    admittance = -(siemens[..., :, None] * siemens[..., None, :] * between)
    places = np.arange(columns)
    admittance[..., places, places] = siemens * (1.0 + left * right) / (1.0 + left * whole)
    volts = np.cumprod(falls, axis=2)
    if both_ends:
        back = 1.0 / (1.0 + segments[::-1] * (siemens + 1.0 / left))
        volts += np.cumprod(back[..., ::-1], axis=2)[..., ::-1]
    return admittance, siemens * volts
