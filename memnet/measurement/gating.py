"""What each unit behind a select net draws, from voltages and currents of one solution; knows no simulator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.circuit.banks import Bank, Circuit, Memristors, ScaleResistors, Selectors, is_on
from memnet.measurement.power import dissipation, output_nets, supply_watts

Floats = npt.NDArray[np.float64]
# A convolution unit has several nets: its halves (sep, conv, dil) and, in a slot, its predecessors.
_PART_OF_UNIT = re.compile(r"/(sep|conv|dil|dw1)(/from\d)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPower:
    """What one unit draws: its crossbars and resistors by G v^2, its amplifiers and comparators from their supplies."""

    unit: str
    kind: str  # 'convolution', 'max', 'avg', 'skip', 'max_pool'
    on: bool
    crossbars_w: float
    amplifiers_w: float

    @property
    def cell(self) -> str:
        """Return the cell that the unit stands in."""
        return self.unit.split("/")[0]

    @property
    def total_w(self) -> float:
        """Return all that the unit draws."""
        return self.crossbars_w + self.amplifiers_w


def unit_of(select: str) -> tuple[str, str]:
    """Return the unit that a select net belongs to, and its kind."""
    if match := _PART_OF_UNIT.search(select):
        return select[: match.start()], "convolution"
    unit, last = select.rsplit("/", 1)
    return (unit, "max_pool") if last == "on" else (select, last)


def unit_powers(circuit: Circuit, volts: Floats, currents: Mapping[int, Floats]) -> tuple[UnitPower, ...]:
    """Return what every unit draws, mean over solutions.

    Parameters
    ----------
    volts : (solutions, highest net + 1) by net number
    currents : by net, (solutions,) out of the op-amp that drives it
    """
    crossbars: dict[str, float] = {}
    amplifiers: dict[str, float] = {}
    for block in circuit.blocks:
        for bank in block.banks:
            select = _select(bank)
            if not select:
                continue
            unit, _ = unit_of(select)
            heat = sum(float(watts.mean()) for watts in dissipation(bank, volts, circuit).values())
            crossbars[unit] = crossbars.get(unit, 0.0) + heat
            amplifiers[unit] = amplifiers.get(unit, 0.0) + _supply(bank, circuit, currents)
    kinds = {unit_of(select)[0]: unit_of(select)[1] for select in circuit.selects}
    on = {unit_of(select)[0] for select, high in circuit.selects.items() if high}
    return tuple(
        UnitPower(unit=unit, kind=kind, on=unit in on, crossbars_w=crossbars.get(unit, 0.0),
                  amplifiers_w=amplifiers.get(unit, 0.0))
        for unit, kind in kinds.items()
    )  # fmt: skip


def worst_shares(units: tuple[UnitPower, ...]) -> dict[tuple[str, str], float]:
    """Return for each cell and kind the most that an unselected unit draws, as a share of what selected ones draw.

    Units of one kind in one cell have the same size; selected ones count on average. Where none is selected, or none
    unselected, there is no share.
    """
    shares = {}
    for cell, kind in dict.fromkeys((unit.cell, unit.kind) for unit in units):
        alike = [unit for unit in units if (unit.cell, unit.kind) == (cell, kind)]
        on = [unit.total_w for unit in alike if unit.on]
        off = [unit.total_w for unit in alike if not unit.on]
        if on and off:
            shares[cell, kind] = max(off) / float(np.mean(on))
    return shares


def _select(bank: Bank) -> str:
    return bank.select if isinstance(bank, Memristors | ScaleResistors) else bank.gate


def _supply(bank: Bank, circuit: Circuit, currents: Mapping[int, Floats]) -> float:
    """Return the supply power of a bank's amplifiers or comparators, quiescent and delivered."""
    opamp, comparator = circuit.technology.opamp, circuit.technology.comparator
    if isinstance(bank, Memristors | ScaleResistors):
        return 0.0
    rails = opamp.vdd_v - opamp.vss_v
    powered = is_on(bank.gate, circuit.selects)
    if isinstance(bank, Selectors):
        return len(bank.out) * comparator.quiescent_a * rails * powered
    nets = output_nets(bank).tolist()
    delivered = supply_watts(np.stack([currents[net] for net in nets], axis=-1), opamp).mean()
    return float(delivered) + len(nets) * opamp.quiescent_a * rails * powered
