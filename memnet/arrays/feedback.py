# SPDX-License-Identifier: GPL-3.0-or-later
"""Remedy `feedback`: feedback resistors are designed for the wired columns, and take the mean of the drop.

Wires make the currents of a column smaller. Most of that is one factor for the whole column, which larger feedbacks
make up for. With the conductances g_i that devices of a column are to have, and E_i those that they have in effect, the
factor is

    gain = sum(w_i g_i) / sum(w_i E_i),    w_i = g_i - Gmin,

a mean over the devices weighted by the weights that they carry; w_i = 1 in a column that carries none. The second TIA
of a pair has the feedback Rf gain_minus, the first Rf gain_plus / gain_minus, so that each column has its own factor.
Scale resistors, which have no wires, are larger by gain_plus. Feedbacks are also compensated for the finite gain of
op-amps with the conductance that wired columns have at their virtual grounds, the diagonal of Y in `wires`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays.units import StageUnits, each_device
from memnet.deployment import ChipDevices, Term
from memnet.units import Floats

Values = npt.NDArray[Any]


def column_gains(units: StageUnits, devices: ChipDevices) -> tuple[Floats, Floats]:
    """Return what feedbacks make up for in plus and in minus columns, (channels, pixels) each, 1 or a little more.

    Parameters
    ----------
    units : with the effective conductances of devices as they are programmed in `found`
    """
    plus, minus = (_gains(units, devices, side) for side in (0, 1))
    return plus, minus


def _gains(units: StageUnits, devices: ChipDevices, side: int) -> Floats:
    least = devices.deployment.technology.memristor.g_min_siemens
    weighted, plain = np.zeros((2, 2, units.channels, units.pixels))  # what columns are to have, and have
    for term in units.terms:
        if devices.deployment.plan.on(term.select):
            found = units.found[term.unit][side]
            target = _in_layout(units, term, devices.targets(units.stage, term)[side])
            wanted = np.where(found > 0.0, target, 0.0)  # none on padding
            for at, each in enumerate((wanted, found)):
                weighted[at] += _sums(units, term, (wanted - least) * each)
                plain[at] += _sums(units, term, each)
    plain[:, plain[1] == 0.0] = 1.0  # all rows of the column are switched out
    wanted, found = np.where(weighted[0] > 0.0, weighted, plain)
    return np.asarray(wanted / found)


def _in_layout(units: StageUnits, term: Term, target: Floats) -> Floats:
    """Return targets (out, in, taps) so that they go with conductances in the layout of `StageUnits.found`."""
    if term.kind == "bias":
        return target.reshape(len(target), 1, -1)
    return np.asarray(each_device(units.groups[term.unit].rows, target.reshape(len(target), -1)))


def _sums(units: StageUnits, term: Term, values: Values) -> Values:
    """Return sums over the devices of each column, (channels, pixels)."""
    return np.asarray(values.sum(axis=2) if term.kind == "bias" else units.groups[term.unit].rows.sums(values))
