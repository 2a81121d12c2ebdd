# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of a memristor as a sum of products: I(V, G) = sum_r a_r(G) f_r(V), f_r in volts and a_r in siemens.

Rows at f_r(V) and resistors of a_r(G) then have the currents of the devices. For a law I = G f(V) one product is exact.
Where the shape of the curve moves with the state, a few products are near: the cross approximation takes the curve at
some conductance G_1 and the currents at some voltage V_1, I(V, G_1) I(V_1, G) / I(V_1, G_1), which is exact wherever
V = V_1 or G = G_1; then the same of what is left, each time at the largest rest (M. Bebendorf, Numer. Math. 86:565,
2000). How far the sum is from the law is measured on a finer grid, and part of the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.devices.memristors.base import MemristorModel
from memnet.errors import SetupError
from memnet.units import Floats

Values = npt.NDArray[Any]
# Shares of the largest current of a read: what the sum may deviate by at voltages that the read limit allows, and at
# larger ones. Rows get these only where amplifiers are near saturation.
BOUND, BOUND_BEYOND = 5e-7, 2e-3
MOST_TERMS, SAFE = 10, 0.7  # the latter of the bounds on the coarse grid, to be within them on the finer one
VOLTS, CONDUCTANCES = (
    401,
    129,
)  # points of the grid that the products are chosen on; the check has four and two times as many
CELLS = 8192  # of the table of f_r(V), straight lines between its points


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """A law whose shape moves with the state, as a sum of R products.

    Attributes
    ----------
    at_v : (R,) volts; a_r(G) is a sum of the currents at these, times `mix_parts` (R, R), in 1/V
    first_cell : number of the table's cell that begins at 0 V
    cell_v : length of a cell, volts
    tables : by precision, f_r at the beginning of each cell and what it grows by, (2, R, cells) volts
    error, error_beyond : largest deviation from the law, over the largest current of a read, at voltages within the
        read limit and at larger ones; with the table, on the finer grid
    """

    model: MemristorModel
    at_v: Floats
    mix_parts: Floats
    first_cell: int
    cell_v: float
    tables: dict[np.dtype[Any], Values]
    error: float = 0.0
    error_beyond: float = 0.0

    def read(self, volts: Values) -> tuple[Values, ...]:
        """Return f_r(V), volts; beyond the table's ends as straight lines."""
        values, slopes = self.tables[volts.dtype]
        at = volts * volts.dtype.type(1.0 / self.cell_v)
        cell = np.floor(at)
        np.clip(cell, -self.first_cell, values.shape[1] - self.first_cell - 1, out=cell)
        at -= cell
        index = cell.astype(np.intp)
        index += self.first_cell
        found = []
        for value, slope in zip(values, slopes, strict=True):
            f = slope.take(index)
            f *= at
            f += value.take(index)
            found.append(f)
        return tuple(found)

    def parts(self, siemens: Values) -> tuple[Values, ...]:
        """Return a_r(G), siemens.

        Raises
        ------
        SetupError
            the model cannot have a conductance
        """
        there = siemens > 0
        known = np.asarray(np.where(there, siemens, self.model.conductances()[1]), dtype=np.float64)
        currents = [self.model.current_a(np.asarray(volts), known) for volts in self.at_v]
        return tuple(
            (sum(factor * each for factor, each in zip(row, currents, strict=True)) * there).astype(siemens.dtype)
            for row in self.mix_parts
        )


@cache
def expand(
    model: MemristorModel, siemens: tuple[float, float], volts: tuple[float, float], limit_v: float
) -> Expansion:
    """Return a law as a sum of products.

    Parameters
    ----------
    siemens : the smallest and the largest conductance of a device
    volts : the lowest and the highest voltage of a row; 0 V is between them
    limit_v : the largest voltage of a read

    Raises
    ------
    SetupError
        MOST_TERMS products are farther from the law than BOUND
    """
    grid_v, grid_g = _grids(siemens, volts, VOLTS, CONDUCTANCES)
    at_v, at_g = _crosses(model, grid_v, grid_g, limit_v)
    lower, upper = _factors(model.current_a(at_v[:, None], at_g[None, :]))
    mix_read, mix_parts = np.linalg.inv(upper), np.linalg.inv(lower)
    cell_v = (volts[1] - volts[0]) / CELLS
    first = int(np.ceil(-volts[0] / cell_v))
    points = np.asarray(cell_v * np.arange(-first, int(np.ceil(volts[1] / cell_v)) + 1), dtype=np.float64)
    shapes = (model.current_a(points[:, None], at_g[None, :]) @ mix_read).T
    peaks = np.abs(shapes[:, np.abs(points) <= limit_v]).max(axis=1, keepdims=True)
    shapes, mix_parts = shapes * limit_v / peaks, mix_parts * peaks / limit_v
    table = np.stack([shapes[:, :-1], np.diff(shapes, axis=1)])
    tables = {np.dtype(kind): table.astype(kind) for kind in (np.float32, np.float64)}
    made = Expansion(model=model, at_v=at_v, mix_parts=mix_parts, first_cell=first, cell_v=cell_v, tables=tables)
    error, beyond = _errors(made, siemens, volts, limit_v)
    if not (error <= BOUND and beyond <= BOUND_BEYOND):
        raise SetupError(
            f"memristor {model.name}: {len(at_v)} curves of {siemens[0]:g} to {siemens[1]:g} S make up all others to "
            f"{error:.1e} of the largest current, and {BOUND:g} is wanted ({beyond:.1e} and {BOUND_BEYOND:g} beyond "
            f"{limit_v:g} V): its law has a kink, or curves too different; give "
            "another, or conductances nearer to each other (less variation)"
        )
    return Expansion(
        model=model,
        at_v=at_v,
        mix_parts=mix_parts,
        first_cell=first,
        cell_v=cell_v,
        tables=tables,
        error=error,
        error_beyond=beyond,
    )


def _grids(siemens: tuple[float, float], volts: tuple[float, float], many_v: int, many_g: int) -> tuple[Floats, Floats]:
    """Return voltages, evenly spaced, and conductances, denser where they are small."""
    return np.linspace(*volts, many_v), np.geomspace(*siemens, many_g)


def _crosses(model: MemristorModel, volts: Floats, siemens: Floats, limit_v: float) -> tuple[Floats, Floats]:
    """Return the voltages and the conductances of the curves that a law is put together from, (R,) each."""
    rest = model.current_a(volts[:, None], siemens[None, :])
    reads = np.abs(volts) <= limit_v
    largest = np.abs(rest[reads]).max()
    weight = np.where(reads, 1.0 / BOUND, 1.0 / BOUND_BEYOND)[:, None] / largest
    rows: list[int] = []
    columns: list[int] = []
    while len(rows) < MOST_TERMS:
        weighted = np.abs(rest * weight)
        row, column = divmod(int(weighted.argmax()), len(siemens))
        if weighted[row, column] <= SAFE:
            break
        rows.append(row)
        columns.append(column)
        rest = rest - np.outer(rest[:, column], rest[row]) / rest[row, column]
    return volts[rows], siemens[columns]


def _factors(core: Floats) -> tuple[Floats, Floats]:
    """Return L and U of a square matrix, L with ones on its diagonal, without exchange of rows."""
    upper, lower = core.copy(), np.eye(len(core))
    for step in range(len(core)):
        lower[step + 1 :, step] = upper[step + 1 :, step] / upper[step, step]
        upper[step + 1 :] -= np.outer(lower[step + 1 :, step], upper[step])
    return lower, upper


def _errors(
    made: Expansion, siemens: tuple[float, float], volts: tuple[float, float], limit_v: float
) -> tuple[float, float]:
    """Return `error` and `error_beyond` of an expansion; the latter is 0 where no larger voltages were asked for."""
    grid_v, grid_g = _grids(siemens, volts, 4 * VOLTS - 1, 2 * CONDUCTANCES - 1)
    currents = made.model.current_a(grid_v[:, None], grid_g[None, :])
    off = np.abs(np.stack(made.read(grid_v), axis=1) @ np.stack(made.parts(grid_g)) - currents).max(axis=1)
    reads = np.abs(grid_v) <= limit_v
    largest = np.abs(currents[reads]).max()
    return float(off[reads].max() / largest), float(off[~reads].max(initial=0.0) / largest)
