# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the netlist lines of banks of devices for simulation decks (`flat`), in batches."""

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
    """Names of nets and devices in a deck, as character arrays; NUL characters are padding."""

    def nets(self, numbers: Nets) -> Bytes:
        """Return (n, width) characters of net names."""

    def devices(self, bank: Bank) -> Bytes:
        """Return (n, width) characters that end the names of a bank's devices, unique in the deck."""


@dataclass(slots=True)
class ShortNames:
    """Short names, for decks that only a simulator reads: nets and devices are numbered."""

    _memristors: int = 0
    _resistors: int = 0
    _switches: int = 0

    def nets(self, numbers: Nets) -> Bytes:
        """Return `n12` for net 12 and `0` for ground."""
        text = digits(numbers, "n")
        text[numbers == GROUND, 0] = 0
        return text

    def devices(self, bank: Bank) -> Bytes:
        """Return a running number for memristors, scale resistors and switches, else the number of the output net."""
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
    """Writes banks of one technology as netlist lines.

    `transient` decks limit the slew rate of amplifiers; dc decks do not need that. `lean` amplifiers have neither
    clamps nor a slew limit: they simulate three times faster, with the same result as long as none comes near
    saturation or its slew limit (`simulation.lean` checks that).

    `selects` gives the state of each select net. A select net outside `switchable` keeps its state during the run: a
    device that it switches is written as one resistor that includes the switch, and an amplifier without power as a
    source of 0 V. For select nets in `switchable`, the switches themselves are written; number k of these nets is
    called `q` and k in the deck. Both ways describe the same circuit.
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
        self.select_nets = {name: f"q{index}" for index, name in enumerate(switchable)}
        self._patterns: dict[tuple[str, bool, str, bool, bool], Pattern] = {}

    def models(self, bias: str, bias_v: float) -> str:
        """Return the device models and rails of a deck; `bias` is the name of the bias net."""
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
        """Return the resistance that each device is written with, (devices,) ohm."""
        if bank.select in self.select_nets:
            return series_ohm(bank) - self.technology.switch.ron_ohm  # the switch is an element by itself
        return effective_ohm(bank, self.selects, self.technology)

    def _pattern(self, template: str, fields: tuple[str, ...], bank: Bank) -> Pattern:
        """Return the template with everything filled in that is equal for all devices of the bank."""
        select = select_of(bank)
        rectified = bool(getattr(bank, "rectified", False))
        net = self.select_nets.get(select, "")
        powered = bool(net) or is_on(select, self.selects)
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
