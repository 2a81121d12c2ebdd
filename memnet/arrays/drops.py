# SPDX-License-Identifier: GPL-3.0-or-later
"""The voltage across each device of a wired tile, from its nodal equations; the recursion of `wires` gives no nodes."""

from __future__ import annotations

import numpy as np

from memnet.units import Floats

SHORT = 1e-9  # of the least resistance of a device: a wire without resistance is solved as this


def device_volts(
    siemens: Floats, driven_v: Floats, row_ohm: float, column_ohm: float, *, both_ends: bool = False
) -> Floats:
    """Return the voltages across the devices of a tile, (rows, columns) volts; columns end in virtual grounds at 0 V.

    Kirchhoff's current law at the two nodes of every crosspoint, one on the wire of its row and one on that of its
    column, solved by SuperLU.

    Parameters
    ----------
    siemens : (rows, columns) conductances of the devices; 0 where there is none
    driven_v : (rows,) volts at the drivers, which are at the left ends of rows
    row_ohm, column_ohm : resistance from crosspoint to crosspoint along rows and along columns
    both_ends : rows have drivers at their right ends, too
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import splu

    rows, columns = siemens.shape
    short = SHORT / max(float(siemens.max()), np.finfo(float).tiny)
    along_row, along_column = 1.0 / max(row_ohm, short), 1.0 / max(column_ohm, short)
    row = np.arange(rows * columns).reshape(rows, columns)
    column = row + row.size
    pairs = [
        (row, column, siemens),
        (row[:, :-1], row[:, 1:], np.full((rows, columns - 1), along_row)),
        (column[:-1], column[1:], np.full((rows - 1, columns), along_column)),
    ]
    first, second, value = (np.concatenate([each[part].reshape(-1) for each in pairs]) for part in range(3))
    driven = [row[:, 0], *([row[:, -1]] if both_ends else [])]
    ends = np.concatenate([*driven, column[-1]])
    to_ends = np.concatenate([np.full(len(driven) * rows, along_row), np.full(columns, along_column)])
    places = np.concatenate([first, second, first, second, ends]), np.concatenate([first, second, second, first, ends])
    matrix = coo_array((np.concatenate([value, value, -value, -value, to_ends]), places)).tocsc()
    fed = np.zeros(2 * row.size)
    for each in driven:
        fed[each] += along_row * driven_v
    nodes = splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(fed)
    return np.asarray(nodes[row] - nodes[column])
