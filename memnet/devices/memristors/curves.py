# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured current-voltage curves of a device in several states, read from a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memnet.errors import DataError
from memnet.files import one_line, opened_text
from memnet.units import Floats

FEWEST_POINTS = 5  # of a curve
MOST_ROWS = 1_000_000
MOST_FALL = 0.05  # of a curve's range: what a current may fall by where the voltage grows
_VOLTS = {"V": 1.0, "mV": 1e-3}
_AMPERES = {"A": 1.0, "mA": 1e-3, "uA": 1e-6, "µA": 1e-6, "nA": 1e-9, "pA": 1e-12}
_HEADING = re.compile(r"(.*?)\s*[\[(]\s*(\S+)\s*[\])]\s*")
_FORM = "name the columns with their units in the first line, such as: voltage [V],state 1 [uA],state 2 [uA]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Currents of a device at the same voltages in several states; names are those of the columns."""

    name: str  # of the file
    names: tuple[str, ...]
    volts: Floats  # (points,) that grow
    amperes: Floats  # (points, states)


def read_curves(path: Path) -> Curves:
    """Return the curves of a CSV file: the voltage in its first column, the current in each state in another.

    The first line names the columns with their units in brackets: V or mV, then A, mA, uA, nA or pA.

    Raises
    ------
    DataError
        the file cannot be read, has columns without units or with mixed ones, too few points, values that are no
        numbers, voltages that repeat, or currents that no device in a fixed state has; with the line or the column
    """
    rows = _rows(path)
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if not numbered:
        raise DataError(f"{path}: is empty; {_FORM}")
    names, factors = _headings(path, numbered[0][1])
    table = np.array([_numbers(path, number, row, len(names)) for number, row in numbered[1:]]).reshape(-1, len(names))
    table = table[np.argsort(table[:, 0], kind="stable")] * factors
    return checked_curves(
        Curves(name=path.name, names=tuple(names[1:]), volts=table[:, 0], amperes=table[:, 1:]), str(path)
    )


def _rows(path: Path) -> list[list[str]]:
    """Return the cells of a CSV file, line by line."""
    rows: list[list[str]] = []
    with opened_text(path, DataError, newline="") as stream:
        try:
            for row in csv.reader(stream):
                if len(rows) > MOST_ROWS:
                    raise DataError(f"{path}: has over {MOST_ROWS:,} lines, more than curves need; give fewer points")
                rows.append(row)
        except csv.Error as error:
            raise DataError(f"{path}: line {len(rows) + 1} is no CSV ({error})") from None
    return rows


def checked_curves(curves: Curves, where: str) -> Curves:
    """Return curves that a device can have.

    Raises
    ------
    DataError
        they have too few points, voltages that repeat, or currents that no device in a fixed state has
    """
    volts = curves.volts
    if len(volts) < FEWEST_POINTS:
        raise DataError(f"{where}: has {len(volts)} points; give {FEWEST_POINTS} or more voltages for each curve")
    repeated = volts[1:][np.diff(volts) <= 0]
    if len(repeated):
        raise DataError(
            f"{where}: has the voltage {repeated[0]:g} V twice; give one current for each, and not a sweep up and down"
        )
    for name, amperes in zip(curves.names, curves.amperes.T, strict=True):
        span = float(np.ptp(amperes))
        fall = -np.diff(amperes)
        if span == 0.0 or np.abs(volts).max() == 0.0:
            raise DataError(f"{where}: column {name!r} has the same current at all voltages")
        if fall.max() > MOST_FALL * span:
            at = int(fall.argmax())
            raise DataError(
                f"{where}: column {name!r} falls from {amperes[at]:.3g} A at {volts[at]:g} V to "
                f"{amperes[at + 1]:.3g} A at {volts[at + 1]:g} V; in a fixed state it grows with the voltage"
            )
        if float(volts @ amperes) <= 0.0:
            raise DataError(f"{where}: column {name!r} has the wrong sign: positive voltages drive positive currents")
    return curves


def _headings(path: Path, row: Sequence[str]) -> tuple[list[str], Floats]:
    """Return the names of the columns, and the factors that bring them to volts and amperes."""
    names, units = [], []
    if len(row) == 1 and ";" in row[0]:
        raise DataError(
            f"{path}: its columns are separated by semicolons; separate them by commas, with decimal points"
        )
    for number, cell in enumerate(row, start=1):
        found = _HEADING.fullmatch(one_line(cell))
        if not found:
            raise DataError(f"{path}: column {number}, {one_line(cell)!r}, has no unit: {_FORM}")
        names.append(found[1] or f"column {number}")
        units.append(found[2])
    if len(names) < 2:
        raise DataError(f"{path}: has no column of currents: {_FORM}")
    if units[0] not in _VOLTS:
        raise DataError(f"{path}: the first column is in {units[0]!r}: give the voltage there, in V or mV")
    for name, unit in zip(names[1:], units[1:], strict=True):
        if unit not in _AMPERES:
            raise DataError(f"{path}: column {name!r} is in {unit!r}: give currents in one of {', '.join(_AMPERES)}")
        if unit != units[1]:
            raise DataError(
                f"{path}: mixed units: column {names[1]!r} is in {units[1]}, column {name!r} in {unit}; give all "
                "currents in one unit"
            )
    return names, np.array([_VOLTS[units[0]], *([_AMPERES[units[1]]] * (len(names) - 1))])


def _numbers(path: Path, line: int, row: Sequence[str], columns: int) -> list[float]:
    if len(row) != columns:
        raise DataError(f"{path}: line {line} has {len(row)} columns, the first line {columns}")
    values = []
    for cell in row:
        try:
            value = float(cell)
        except ValueError:
            raise DataError(f"{path}: line {line}: {one_line(cell)[:40]!r} is no number") from None
        if not np.isfinite(value):
            raise DataError(f"{path}: line {line}: {cell.strip()} is not finite; leave the line out")
        values.append(value)
    return values
