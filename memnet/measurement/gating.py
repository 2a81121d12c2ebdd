# SPDX-License-Identifier: GPL-3.0-or-later
"""Power of each unit of a hypernetwork that select nets switch, from node voltages and op-amp currents at dc.

It shows how dark an unselected unit is: units are switched off by their supplies and by the switches of their rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from memnet.circuit import Bank, Circuit, amplifier_nets
from memnet.measurement.power import supply_watts
from memnet.units import Floats

# A convolution unit has several select nets: for the rows of each kind of convolution (in a slot one for each
# predecessor), for the supply of its amplifiers, and for the switches that ground their noninverting inputs.
_CONVOLUTION_SELECT = re.compile(r"/(sep|conv|dil|dw1|powered|grounded)(/from\d)?$")
_GROUNDED = "/grounded"  # ends the names of select nets that are high while a unit is idle


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPower:
    """Power that one unit takes."""

    unit: str
    kind: str  # 'convolution', 'max', 'avg', 'skip', 'max_pool'
    on: bool
    lent: bool  # a convolution unit whose first amplifiers buffer a max pool
    crossbars_w: float  # heat of its memristors, scale resistors, feedbacks and switches, sum of G v^2
    amplifiers_w: float  # what the supplies give to its op-amps and comparators

    @property
    def cell(self) -> str:
        """Return the cell that the unit belongs to."""
        return self.unit.split("/")[0]

    @property
    def total_w(self) -> float:
        """Return the power of the whole unit, watts."""
        return self.crossbars_w + self.amplifiers_w


def unit_of(select: str) -> tuple[str, str]:
    """Return the name and the kind of the unit that a select net belongs to."""
    if match := _CONVOLUTION_SELECT.search(select):
        return select[: match.start()], "convolution"
    unit, last = re.sub(r"/from\d$", "", select).rsplit("/", 1)
    return (unit, "max_pool") if last == "on" else (f"{unit}/{last}", last)


def unit_powers(circuit: Circuit, volts: Floats, currents: Mapping[int, Floats]) -> tuple[UnitPower, ...]:
    """Return the power of every unit, mean over dc solutions.

    Parameters
    ----------
    volts : (solutions, highest net + 1), by net number
    currents : by net number, (solutions,) amperes out of the op-amp that drives the net
    """
    crossbars: dict[str, float] = {}
    amplifiers: dict[str, float] = {}
    for block in circuit.blocks:
        for bank in block.banks:
            if not bank.select:
                continue
            unit, _ = unit_of(bank.select)
            heat = bank.heat_w(volts, circuit.selects, circuit.technology)
            crossbars[unit] = crossbars.get(unit, 0.0) + sum(float(watts.mean()) for watts in heat.values())
            amplifiers[unit] = amplifiers.get(unit, 0.0) + _supply(bank, circuit, currents)
    kinds = {unit_of(select)[0]: unit_of(select)[1] for select in circuit.selects}
    high = [select for select, on in circuit.selects.items() if on and not select.endswith(_GROUNDED)]
    on = {unit_of(select)[0] for select in high}
    lent = on - {unit_of(select)[0] for select in high if not select.endswith("/powered")}
    return tuple(
        UnitPower(
            unit=unit,
            kind=kind,
            on=unit in on,
            lent=unit in lent,
            crossbars_w=crossbars.get(unit, 0.0),
            amplifiers_w=amplifiers.get(unit, 0.0),
        )
        for unit, kind in kinds.items()
    )


def worst_shares(units: tuple[UnitPower, ...]) -> dict[tuple[str, str], float]:
    """Return by (cell, kind) the largest power of an unselected unit as a share of the mean power of selected ones.

    Units of one kind in one cell have the same size. Convolution units that buffer a max pool are compared separately,
    under the kind 'lent'. There is no entry where all units of a kind in a cell are selected, or none.
    """
    shares = {}
    for cell, kind in dict.fromkeys((unit.cell, unit.kind) for unit in units):
        same_size = [unit for unit in units if (unit.cell, unit.kind) == (cell, kind)]
        off = [unit.total_w for unit in same_size if not unit.on]
        for name, lent in ((kind, False), ("lent", True)):
            on = [unit.total_w for unit in same_size if unit.on and unit.lent == lent]
            if on and off:
                shares[cell, name] = max(off) / float(np.mean(on))
    return shares


def _supply(bank: Bank, circuit: Circuit, currents: Mapping[int, Floats]) -> float:
    """Return the supply power of a bank's op-amps or comparators, quiescent and delivered, watts."""
    opamp, comparator = circuit.technology.opamp, circuit.technology.comparator
    rails = opamp.vdd_v - opamp.vss_v
    powered = bank.on(circuit.selects)
    comparing = bank.tally().selectors * comparator.quiescent_a * rails * powered
    nets = amplifier_nets([bank]).tolist()
    if not nets:
        return comparing
    delivered = supply_watts(np.stack([currents[net] for net in nets], axis=-1), opamp).mean()
    return float(delivered) + len(nets) * opamp.quiescent_a * rails * powered + comparing
