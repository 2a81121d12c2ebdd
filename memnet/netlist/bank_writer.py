"""Writes the netlist lines of banks for simulation decks, in batches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from memnet.circuit import (
    GROUND,
    Bank,
    Memristors,
    Nets,
    ScaleResistors,
    Switches,
    effective_ohm,
    is_on,
    select_of,
    series_ohm,
)
from memnet.netlist.elements import GROUNDED, element_layout, model_constants
from memnet.netlist.templates import Bytes, Pattern, digits, render
from memnet.technology import Technology
from memnet.units import Floats, number, number_table


class Names(Protocol):
    """How nets and devices are called: short numbers in a simulation deck, places in an export."""

    def nets(self, numbers: Nets) -> Bytes:
        """Return (n, width) characters of net names."""

    def devices(self, bank: Bank) -> Bytes:
        """Return (n, width) characters that end the names of a bank's devices, unique in the deck."""


@dataclass(slots=True)
class ShortNames:
    """Names for the solver: nets are `n` and their number, devices a running number or their output net's."""

    _memristors: int = 0
    _resistors: int = 0
    _switches: int = 0

    def nets(self, numbers: Nets) -> Bytes:
        """Return `n12` for net 12 and `0` for ground."""
        text = digits(numbers, "n")
        text[numbers == GROUND, 0] = 0
        return text

    def devices(self, bank: Bank) -> Bytes:
        """Return a running number for memristors, resistors and switches, that of the output net for all others."""
        if isinstance(bank, Memristors):
            self._memristors += len(bank.row)
            return digits(np.arange(self._memristors - len(bank.row), self._memristors))
        if isinstance(bank, ScaleResistors):
            self._resistors += len(bank.row)
            return digits(np.arange(self._resistors - len(bank.row), self._resistors))
        if isinstance(bank, Switches):
            self._switches += len(bank.first)
            return digits(np.arange(self._switches - len(bank.first), self._switches))
        return digits(bank.out)


class BankWriter:
    """Writes banks of one technology; `transient` decks have the slew-limited input stage, dc decks need none.

    `selects` gives the state of each select net. What a fixed net switches is written as one resistor, its switch's
    resistance included, and an unpowered amplifier gives 0 V; for the nets in `switchable` the switches are drawn, and
    net number k of them is called `q` and k. Both are the same circuit. `lean` amplifiers have neither clamps nor a
    slew limit: three times faster to simulate, and the same while none comes near either (`simulation.lean` checks).
    """

    def __init__(
        self,
        technology: Technology,
        *,
        transient: bool,
        selects: Mapping[str, bool] | None = None,
        switchable: Collection[str] = (),
        lean: bool = False,
    ) -> None:
        self.technology = technology
        self.constants = model_constants(technology, transient=transient and not lean) | {"clamped": not lean}
        self.selects = dict(selects or {})
        self.select_nets = {name: f"q{at}" for at, name in enumerate(switchable)}
        self._patterns: dict[tuple[str, bool, str, bool, bool], Pattern] = {}

    def models(self, bias: str, bias_v: float) -> str:
        """Return the models and rails that stand once in a deck."""
        return render(
            "spice/models.sp.j2", bias=bias, bias_v=number(bias_v), switchable=bool(self.select_nets), **self.constants
        )

    def text(self, bank: Bank, names: Names) -> Iterator[bytes]:
        """Yield the netlist lines of a bank in batches."""
        template, nets, values = element_layout(bank)
        if isinstance(bank, Memristors | ScaleResistors):
            values = {"ohm": self._ohm(bank)}
        pattern = self._pattern(template, ("id", *nets, *values), bank)
        columns = {"id": names.devices(bank)}
        columns |= {name: names.nets(numbers) for name, numbers in nets.items()}
        for name, value in values.items():
            texts, index = number_table(value)
            columns[name] = texts[index]
        yield from pattern.rows(columns)

    def _ohm(self, bank: Memristors | ScaleResistors) -> Floats:
        if bank.select in self.select_nets:
            return series_ohm(bank) - self.technology.switch.ron_ohm
        return effective_ohm(bank, self.selects, self.technology)

    def _pattern(self, template: str, fields: tuple[str, ...], bank: Bank) -> Pattern:
        gate = select_of(bank)
        rectified = bool(getattr(bank, "rectified", False))
        net = self.select_nets.get(gate, "")
        powered = bool(net) or is_on(gate, self.selects)
        key = (template, rectified, net, powered, "positive" in fields)
        if key not in self._patterns:
            self._patterns[key] = Pattern(
                f"spice/{template}.sp.j2",
                fields,
                rectified=rectified,
                powered=powered,
                select=net,
                gate=net,
                **GROUNDED,
                **self.constants,
            )
        return self._patterns[key]
