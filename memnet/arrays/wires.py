# SPDX-License-Identifier: GPL-3.0-or-later
"""The wires of a tile: an exact linear map from the voltages at its row drivers to the currents of its columns.

Each row has a driver at its left end, each column a virtual ground at its lower end, and a segment of wire leads from
each of these to the first crosspoint and from crosspoint to crosspoint:

    driver i --[row_ohm]--+--[row_ohm]--+-- ...        the first row stands farthest from the virtual grounds
                          |             |
                        [g i0]        [g i1]
                          |             |
        ... --[column_ohm]+--     ... --+--[column_ohm]-- ... -- virtual ground j

With v volts at the drivers and u volts at the virtual grounds the currents into these are I = E^T v - Y u.

**The recursion.** Let Y (columns, columns) be the admittance of all rows down to row i, and N (columns, rows) the
currents that they deliver into shorted columns per volt at their drivers. Row i alone is a ladder with the admittance
K = (diag(1/g) + Z)^-1, where Z[j, k] = row_ohm (min(j, k) + 1) is the resistance that the currents of crosspoints j and
k have in common; `ladders` has it without an inverse, and for crosspoints without a device too. Then for each row in
turn Y <- K + Y, N <- [N, K 1], and, for the segment below it, F = (1 + column_ohm Y)^-1, N <- F N, Y <- F Y. Nothing
cancels: against ngspice the largest difference is some 1e-13 of the largest current.

The work grows with rows times columns^3, so a tile of more columns than rows is turned: drivers and virtual grounds
change places, and E is what it was by reciprocity. Y is then the admittance at the drivers of the turned tile,
Y[i, k] = delta_ik 1^T K_i 1 - (K_i 1)^T P_i N_k. The inverse of P_i is the admittance of the column nodes at row i:
that of all rows down to it, and that of the segments and rows below it, which the same recursion gives, from the last
row up. P_i K_i 1 is one right-hand side, so that turning takes little more than the second recursion.

**Rows that are driven at both ends** are other ladders. Where such a tile is turned, its columns have virtual grounds
at both ends: Y starts with the segments above the first row, and N is what arrives below plus what arrives above, which
is what arrives below with the order of rows reversed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from memnet.arrays.ladders import ladders
from memnet.arrays.patches import Integers
from memnet.units import Floats

HELD_VALUES = 2**22  # of one matrix for each of the tiles that are solved together, 32 MiB
SHORT_OHM = 1e-9  # segments of rows up to which a second driver changes nothing
LEAST_CHOLESKY = 24  # equations that are solved one tile after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredTiles:
    """Tiles of one shape as linear maps: I = effective^T v - sinks u.

    Attributes
    ----------
    effective : (tiles, rows, columns) siemens from a row's driver to a column's virtual ground
    sinks : (tiles, columns, columns) siemens from the virtual grounds into the tile
    """

    effective: Floats
    sinks: Floats


def wired_tiles(
    siemens: Floats, row_ohm: float, column_ohm: float, *, both_ends: bool = False, lead_ohm: float = 0.0
) -> WiredTiles:
    """Return what tiles conduct between their drivers and virtual grounds, each different tile computed once.

    Parameters
    ----------
    siemens : (tiles, rows, columns) conductances of the devices; 0 where there is none. What is float32 is computed in
        float32, which takes 0.6 to 0.9 of the time and is up to 5e-5 of the largest conductance off
    row_ohm, column_ohm : resistance from crosspoint to crosspoint along rows and along columns
    both_ends : rows have a driver at their right end, too, with a segment to it; both have the same voltage
    lead_ohm : resistance of the wire from a driver to the tile, beyond the segment to the first crosspoint
    """
    different, _, again = different_tiles(siemens)
    batch = max(1, HELD_VALUES // min(different.shape[1:]) ** 2)
    with single_threaded_blas():
        two = both_ends and row_ohm + lead_ohm > SHORT_OHM
        parts = [
            _solved(different[at : at + batch], row_ohm, column_ohm, two, lead_ohm)
            for at in range(0, len(different), batch)
        ]
    effective, sinks = (np.concatenate(each) for each in zip(*parts, strict=True))
    return WiredTiles(effective=effective[again], sinks=sinks[again])


def different_tiles(siemens: Floats) -> tuple[Floats, Integers, Integers]:
    """Return tiles (tiles, rows, columns) without those that are there already.

    Returns
    -------
    the different tiles; (different,) which of the given tiles each is; (tiles,) which of the different tiles each was
    """
    tiles, rows, columns = siemens.shape
    bits = np.ascontiguousarray(siemens).reshape(tiles, rows * columns)
    size = bits.itemsize * rows * columns
    _, first, again = np.unique(bits.view(f"V{size}"), return_index=True, return_inverse=True)
    return bits[first].reshape(-1, rows, columns), first, again.reshape(-1)


def _solved(
    siemens: Floats, row_ohm: float, column_ohm: float, both_ends: bool, lead_ohm: float
) -> tuple[Floats, Floats]:
    """Return `effective` and `sinks` of tiles, recursing over their longer side."""
    if siemens.shape[1] >= siemens.shape[2]:
        below = _Descent.of(siemens, row_ohm, column_ohm, both_ends=both_ends, lead_ohm=lead_ohm)
        return below.delivered.swapaxes(1, 2), below.admittance
    turned = np.ascontiguousarray(siemens[:, ::-1, ::-1].swapaxes(1, 2))
    found = _Descent.of(turned, column_ohm, row_ohm, seen=True, grounded_above=both_ends, foot_ohm=lead_ohm)
    delivered = found.delivered
    if both_ends:
        above = _Descent.of(turned[:, ::-1], column_ohm, row_ohm, grounded_above=True, foot_ohm=lead_ohm)
        delivered = delivered + above.delivered[..., ::-1]
    return delivered[:, ::-1, ::-1], found.seen_by_drivers[:, ::-1, ::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Descent:
    """The result of the recursion from the first row to the last.

    `delivered` is N (tiles, columns, rows), `admittance` Y (tiles, columns, columns), both at the virtual grounds;
    `seen_by_drivers` (tiles, rows, rows) the admittance at the drivers, where it was asked for.
    """

    delivered: Floats
    admittance: Floats
    seen_by_drivers: Floats

    @staticmethod
    def of(
        siemens: Floats,
        row_ohm: float,
        column_ohm: float,
        *,
        seen: bool = False,
        both_ends: bool = False,
        grounded_above: bool = False,
        lead_ohm: float = 0.0,
        foot_ohm: float = 0.0,
    ) -> _Descent:
        """Recurse over the rows of tiles (tiles, rows, columns).

        Parameters
        ----------
        seen : with `seen_by_drivers`
        both_ends : rows are driven at both ends
        grounded_above : columns have a segment to a virtual ground above the first row, too
        lead_ohm, foot_ohm : resistance at the ends of rows and of columns, beyond their last segments
        """
        (tiles, rows, columns), kind = siemens.shape, siemens.dtype
        unit = np.eye(columns, dtype=kind)
        drivers = np.zeros((tiles, rows, rows) if seen else (0, 0, 0), dtype=kind)
        beyond = _admittances_below(siemens, row_ohm, column_ohm, foot_ohm) if seen else iter(())
        admittance: Floats = np.zeros((tiles, columns, columns), dtype=kind)
        if grounded_above:
            admittance += unit / (column_ohm + foot_ohm)
        delivered: Floats = np.zeros((tiles, columns, rows), dtype=kind)
        for row, (own, fed) in enumerate(ladders(siemens, row_ohm, both_ends=both_ends, lead_ohm=lead_ohm)):
            admittance = admittance + own
            delivered[:, :, row] = fed
            into = delivered[:, :, : row + 1]
            if seen:
                (volts,) = _solved_symmetric(admittance + next(beyond), fed[:, :, None])
                back = -np.einsum("tc,tcr->tr", volts[:, :, 0], into)
                back[:, row] += fed.sum(axis=1)
                drivers[:, row, : row + 1] = drivers[:, : row + 1, row] = back
            below_ohm = column_ohm + (foot_ohm if row == rows - 1 else 0.0)
            admittance, into[...] = _solved_symmetric(unit + below_ohm * admittance, admittance, into)
        return _Descent(delivered=delivered, admittance=admittance, seen_by_drivers=drivers)


def _admittances_below(siemens: Floats, row_ohm: float, column_ohm: float, foot_ohm: float) -> Iterator[Floats]:
    """Yield for each row from the first what its column nodes conduct downwards, (tiles, columns, columns) siemens."""
    unit = np.eye(siemens.shape[2], dtype=siemens.dtype)
    found = [np.broadcast_to(unit / max(column_ohm + foot_ohm, SHORT_OHM), (len(siemens), *unit.shape))]
    for own, _ in ladders(siemens[:, :0:-1], row_ohm):
        whole = own + found[-1]
        found += _solved_symmetric(unit + column_ohm * whole, whole)
    return reversed(found)


def _solved_symmetric(matrices: Floats, *rights: Floats) -> list[Floats]:
    """Return the solutions of symmetric positive definite equations, (tiles, n, n) and (tiles, n, right-hand sides).

    NumPy solves small ones together; large ones take Cholesky's method, with half the work of NumPy's.
    """
    if matrices.shape[1] < LEAST_CHOLESKY:
        ends = np.cumsum([right.shape[2] for right in rights])[:-1]
        return np.split(np.linalg.solve(matrices, np.concatenate(rights, axis=2)), ends, axis=2)
    from scipy.linalg import get_blas_funcs, get_lapack_funcs

    symm = get_blas_funcs("symm", (matrices,))
    posv, potrf, potri = get_lapack_funcs(("posv", "potrf", "potri"), (matrices,))
    solved = [np.empty_like(right) for right in rights]
    for tile, matrix in enumerate(matrices):
        if [right.shape[2] for right in rights] == [1]:
            solved[0][tile] = posv(matrix.T, rights[0][tile], overwrite_a=True)[1]
            continue
        inverse, _ = potri(potrf(matrix.T, overwrite_a=True, clean=False)[0], overwrite_c=True)
        for to, right in zip(solved, rights, strict=True):  # LAPACK counts columns first: all is transposed
            to[tile] = symm(1.0, inverse, right[tile].T, side=1).T
    return solved


def single_threaded_blas() -> Any:  # noqa: ANN401 - threadpoolctl has no types
    """Return a context in which BLAS uses one thread: on a busy machine two were 40 times slower on small matrices."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")
