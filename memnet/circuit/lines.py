# SPDX-License-Identifier: GPL-3.0-or-later
"""The capacitance of the lines of tiles, lumped: that of a row at its driver, that of a column at its virtual ground.

The delay along a line of 128 crosspoints (2.5 ohm and 1 fF each) is 20 ps, a thousandth of what an amplifier takes, so
a line is one capacitor. At a virtual ground it is a second pole of the amplifier's loop; a driver is an ideal source,
from which a row takes a current and no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.circuit.banks import Memristors
from memnet.circuit.base import Bank, Nets, Tally
from memnet.deployment import Wiring
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCapacitors(Bank):
    """Capacitors from nets to ground; `ground` is the virtual ground of one of the columns that cross the line."""

    READS: ClassVar = ("line",)
    DRIVES: ClassVar = ("ground",)
    VALUES: ClassVar = ("farad",)

    line: Nets
    ground: Nets
    farad: Floats

    def tally(self) -> Tally:
        """Count nothing: lines are no devices."""
        return Tally()

    def charging_w(self, time_s: Floats, volts: Floats) -> Floats:
        """Return the power that goes into the capacitors, sum of C v dv/dt, (points,) watts.

        Parameters
        ----------
        time_s : (points,) seconds
        volts : (points, highest net + 1), by net number
        """
        stored_j = 0.5 * np.square(volts[:, self.line]) @ self.farad
        return np.asarray(np.gradient(stored_j, time_s))


def line_capacitors(banks: Sequence[Bank], wiring: Wiring | None) -> list[LineCapacitors]:
    """Return the capacitors of a stage's rows and columns, as much for each of its memristors on the same line.

    Parameters
    ----------
    banks : of the stage, without wires
    """
    memristors = [bank for bank in banks if isinstance(bank, Memristors)]
    if wiring is None or not memristors:
        return []
    row = np.concatenate([bank.row for bank in memristors])
    column = np.concatenate([bank.column for bank in memristors])
    found = []
    for ends, farad in ((row, wiring.row_farad), (column, wiring.column_farad)):
        if farad:
            line, first, devices = np.unique(ends, return_index=True, return_counts=True)
            found.append(LineCapacitors(line=line, ground=column[first], farad=farad * devices.astype(np.float64)))
    return found


def line_farad(banks: Sequence[Bank], nets: Nets) -> Floats:
    """Return the capacitance of the lines that end at each of `nets`, consecutive net numbers, (nets,) farads."""
    total = np.zeros(len(nets))
    for bank in banks:
        if isinstance(bank, LineCapacitors):
            inside = (bank.line >= nets[0]) & (bank.line <= nets[-1])
            total += np.bincount(bank.line[inside] - nets[0], weights=bank.farad[inside], minlength=len(nets))
    return total
