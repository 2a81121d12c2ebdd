"""Counts a circuit's parts and adds up their areas; knows no voltages and nothing of where parts stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from memnet.circuit.banks import Bank, Circuit, Followers, Inverters, Memristors, ScaleResistors, Selectors, TiaPairs
from memnet.stages import INPUT
from memnet.technology import Technology


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Parts on a chip. Rectifying output stages are part of their op-amp; converters stand at the chip's edge."""

    memristors: int = 0
    opamps: int = 0
    comparators: int = 0
    switches: int = 0
    resistors: int = 0
    dacs: int = 0  # one an input pixel
    adcs: int = 0  # one a class

    def __add__(self, other: Counts) -> Counts:
        """Add part by part."""
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{part: mine[part] + theirs[part] for part in mine})


def count_parts(circuit: Circuit) -> Counts:
    """Count everything on the chip of a circuit."""
    edge = Counts(dacs=_nets(circuit, INPUT), adcs=_nets(circuit, circuit.output))
    return count_banks(bank for block in circuit.blocks for bank in block.banks) + edge


def count_banks(banks: Iterable[Bank]) -> Counts:
    """Count the parts in banks of devices."""
    total = Counts()
    for bank in banks:
        total = total + _count(bank)
    return total


def _count(bank: Bank) -> Counts:
    match bank:
        case Memristors():
            return Counts(memristors=len(bank.row))
        case ScaleResistors():
            return Counts(resistors=len(bank.row))
        case TiaPairs():  # two amplifiers; two feedbacks and the coupling between them
            return Counts(opamps=2 * len(bank.out), resistors=3 * len(bank.out))
        case Inverters():
            return Counts(opamps=len(bank.out), resistors=len(bank.out))
        case Followers():
            return Counts(opamps=len(bank.out))
        case Selectors():
            return Counts(comparators=len(bank.out), switches=2 * len(bank.out))


def area_parts(counts: Counts, technology: Technology) -> dict[str, float]:
    """Return the area of each kind of part in square metres; the chip's area is their sum, converters included."""
    each = {
        "memristors": technology.memristor.area_m2,
        "opamps": technology.opamp.area_m2,
        "comparators": technology.comparator.area_m2,
        "switches": technology.switch.area_m2,
        "resistors": technology.passive.resistor_area_m2,
        "dacs": technology.passive.dac_area_m2,
        "adcs": technology.passive.adc_area_m2,
    }
    return {part: count * each[part] for part, count in asdict(counts).items()}


def _nets(circuit: Circuit, group: str) -> int:
    return int(np.prod(circuit.groups[group].shape))
