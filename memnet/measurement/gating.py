"""What each unit behind a select net draws, from voltages and currents of one solution; knows no simulator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.circuit import Bank, Circuit, Memristors, ScaleResistors, Selectors, Switches, is_on, select_of
from memnet.measurement.power import dissipation, output_nets, supply_watts

Floats = npt.NDArray[np.float64]
# A convolution unit has several nets: its halves (sep, conv, dil), what powers them and, in a slot, its predecessors.
_PART_OF_UNIT = re.compile(r"/(sep|conv|dil|dw1|powered|grounded)(/from\d)?$")
_GROUNDED = "/grounded"  # ends the nets of switches that are closed while a unit is idle


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPower:
    """What one unit draws: its crossbars and resistors by G v^2, its amplifiers and comparators from their supplies."""

    unit: str
    kind: str  # 'convolution', 'max', 'avg', 'skip', 'max_pool'
    on: bool
    lent: bool  # a convolution unit whose amplifiers buffer a max pool
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
    unit, last = re.sub(r"/from\d$", "", select).rsplit("/", 1)
    return (unit, "max_pool") if last == "on" else (f"{unit}/{last}", last)


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
            select = select_of(bank)
            if not select:
                continue
            unit, _ = unit_of(select)
            heat = sum(float(watts.mean()) for watts in dissipation(bank, volts, circuit).values())
            crossbars[unit] = crossbars.get(unit, 0.0) + heat
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
    """Return for each cell and kind the most that an unselected unit draws, as a share of what selected ones draw.

    Units of one kind in one cell have the same size; selected ones count on average, those of kind `lent` apart, which
    are convolution units that buffer a max pool. Where none is selected, or none unselected, there is no share.
    """
    shares = {}
    for cell, kind in dict.fromkeys((unit.cell, unit.kind) for unit in units):
        alike = [unit for unit in units if (unit.cell, unit.kind) == (cell, kind)]
        off = [unit.total_w for unit in alike if not unit.on]
        for name, lent in ((kind, False), ("lent", True)):
            on = [unit.total_w for unit in alike if unit.on and unit.lent == lent]
            if on and off:
                shares[cell, name] = max(off) / float(np.mean(on))
    return shares


def _supply(bank: Bank, circuit: Circuit, currents: Mapping[int, Floats]) -> float:
    """Return the supply power of a bank's amplifiers or comparators, quiescent and delivered."""
    opamp, comparator = circuit.technology.opamp, circuit.technology.comparator
    if isinstance(bank, Memristors | ScaleResistors | Switches):
        return 0.0
    rails = opamp.vdd_v - opamp.vss_v
    powered = is_on(bank.gate, circuit.selects)
    if isinstance(bank, Selectors):
        return len(bank.out) * comparator.quiescent_a * rails * powered
    nets = output_nets(bank).tolist()
    delivered = supply_watts(np.stack([currents[net] for net in nets], axis=-1), opamp).mean()
    return float(delivered) + len(nets) * opamp.quiescent_a * rails * powered
