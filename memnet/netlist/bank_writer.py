# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the netlist lines of banks of devices for simulation decks (`flat`), in batches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from memnet.circuit import GROUND, Bank, Nets
from memnet.devices import Access, MemristorModel
from memnet.netlist.dialects import DECK_DIALECT, DialectError, find_dialect
from memnet.netlist.elements import (
    GROUNDED,
    access_constants,
    element_of,
    element_texts,
    model_constants,
    noise_constants,
)
from memnet.netlist.memristors import memristor_subcircuit
from memnet.netlist.templates import Pattern, Rendered, render
from memnet.netlist.texts import Column, Text, digits, objects
from memnet.sections import Noise
from memnet.technology import Technology
from memnet.units import number


class Names(Protocol):
    """Names of nets and devices in a deck."""

    def nets(self, numbers: Nets) -> Text:
        """Return the names of one or more nets."""

    def devices(self, bank: Bank) -> Text:
        """Return what the names of a bank's devices end with, unique in the deck; it has one or more."""


@dataclass(slots=True)
class ShortNames:
    """Short names, for decks that only a simulator reads: nets and devices are numbered."""

    _counts: dict[type[Bank], int] = field(default_factory=dict)  # devices named so far, by kind of bank

    def nets(self, numbers: Nets) -> Text:
        """Return `n12` for net 12 and `0` for ground."""
        heads, rests = digits(numbers, b"n")
        grounded = Column(objects([*heads.texts, b""]), np.where(numbers == GROUND, len(heads.texts), heads.index))
        return grounded, rests

    def devices(self, bank: Bank) -> Text:
        """Return the number of the output net that each device alone drives, else a running number within the kind."""
        own = bank.out_nets()
        if own is not None:
            return digits(own)
        first = self._counts.get(type(bank), 0)
        self._counts[type(bank)] = first + len(bank)
        return digits(np.arange(first, first + len(bank)), element_of(bank).label.encode())


class BankWriter:
    """Writes banks of one technology as netlist lines.

    `transient` decks limit the slew rate of amplifiers; dc decks do not need that. `lean` amplifiers have neither
    clamps nor a slew limit: they simulate three times faster, with the same result as long as none comes near
    saturation or its slew limit (`simulation.lean` checks that).

    `selects` gives the state of each select net. A select net outside `switchable` keeps its state during the run: a
    device that it switches is written as one resistor that includes the switch, and an amplifier without power as a
    source of 0 V. For select nets in `switchable`, the switches themselves are written; number k of these nets is
    called `q` and k in the deck. Both ways describe the same circuit.

    `memristor` is the law of `ReadSources`, of memristors in cells, or of the devices at the crosspoints; `access` is
    what memristors have in series; `compiled` is the compiled `memristor_module` of the law, called after it, to use
    that in ngspice and not the subcircuit; `small_signal` decks, of ac analyses, have no switches, but as transients
    what matters only where voltages change, such as the capacitance of lines; `noise` gives resistors and amplifiers
    the noise of a noise analysis.
    """

    def __init__(
        self,
        technology: Technology,
        *,
        transient: bool,
        small_signal: bool = False,
        selects: Mapping[str, bool] | None = None,
        switchable: Collection[str] = (),
        lean: bool = False,
        dialect: str = DECK_DIALECT,
        memristor: MemristorModel | None = None,
        access: Access | None = None,
        compiled: Path | None = None,
        noise: Noise | None = None,
    ) -> None:
        self.technology, self.at_rest, self.dialect = technology, not (small_signal or transient), find_dialect(dialect)
        if not self.dialect.decks:
            raise DialectError(f"simulation decks are not written in the dialect {dialect}, only exports are")
        self.constants = model_constants(technology, transient=transient and not lean) | {
            "clamped": not lean,
            "dialect": self.dialect.name,
            "in_deck": True,
        }
        if small_signal:
            self.constants["small_signal"] = True
        if noise is not None:
            self.constants |= noise_constants(noise)
        self.memristor = ""
        if memristor is not None:
            self.constants |= {
                "subcircuit": memristor.subcircuit if compiled is None else compiled.stem,
                "parameter": memristor.state.parameter,
                "compiled": str(compiled or ""),
            }
            as_text = memristor_subcircuit(memristor, self.dialect.name) if compiled is None else ""
            self.memristor = as_text or self.render("compiled_law")
        if access is not None:
            self.constants |= access_constants(access, memristor, technology, self.dialect)
        self.selects = dict(selects or {})
        self.select_nets = {name: f"q{index}" for index, name in enumerate(switchable)}
        self._patterns: dict[tuple[object, ...], Pattern] = {}

    def models(self, bias: str, bias_v: float) -> Rendered:
        """Return the device models and rails of a deck; `bias` is the name of the bias net."""
        switchable = bool(self.select_nets)
        models = self.render("models", bias=bias, bias_v=number(bias_v), switchable=switchable)
        return Rendered(models + self.memristor)

    def render(self, template: str, **context: object) -> str:
        """Render one of the dialect's templates with the constants of the technology."""
        return render(self.dialect.template(template), **self.constants, **context)

    def text(self, bank: Bank, names: Names) -> Iterator[bytes]:
        """Yield the netlist lines of a bank in batches."""
        element = element_of(bank)
        if not len(bank) or (self.at_rest and not element.at_dc):
            return
        # A switch that is an element by itself is not part of the value of the device that it is in series with.
        values = bank.netlist_values(self.technology, None if bank.select in self.select_nets else self.selects)
        pattern = self._pattern(element.deck, ("id", *bank.nets(), *values), bank)
        yield from pattern.rows(element_texts(pattern, names.devices(bank), bank, values, names.nets), len(bank))

    def _pattern(self, template: str, fields: tuple[str, ...], bank: Bank) -> Pattern:
        """Return the template with everything filled in that is equal for all devices of the bank."""
        net, common = self.select_nets.get(bank.select, ""), bank.common()
        powered = bool(net) or bank.on(self.selects)
        key = (template, fields, net, powered, *common.items())
        if key not in self._patterns:
            variables = {"rectified": False, "powered": powered, "select": net, "gate": net, **GROUNDED}
            self._patterns[key] = Pattern(
                self.dialect.template(template), fields, **(self.constants | variables | common)
            )
        return self._patterns[key]
