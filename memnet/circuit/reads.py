# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristors with a law: a device at each crosspoint in exports, and in decks where its shape moves with the state.

For a law I = G f(V), decks have a source of f(V) a row, and in the place of each device a current G (f(V) - u) from
row to column, u the column's voltage. A virtual ground is within microvolts of 0 V, so that is the current of a device
at V. One source a row costs a simulator next to nothing, a curved law at each crosspoint some ten times as much as a
resistor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from memnet.circuit.banks import Memristors
from memnet.circuit.base import Bank, Nets, Tally
from memnet.circuit.blocks import Block, Circuit, OnDemand
from memnet.devices import MemristorModel, memristor_model
from memnet.technology import Technology
from memnet.units import Floats

READ = "read"  # name of the group of a stage's nets at f(V)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSources(Bank):
    """Ideal sources, read = f(row): the current of a device of known conductance G at that row, divided by G.

    They take no current from the row.
    """

    READS: ClassVar = ("row",)
    DRIVES: ClassVar = ("read",)

    row: Nets
    read: Nets
    law: MemristorModel

    def tally(self) -> Tally:
        """Count nothing: they stand for the law of the memristors."""
        return Tally()

    def netlist_values(self, technology: Technology, selects: Mapping[str, bool] | None = None) -> dict[str, Floats]:
        """Return the state of the device, the highest level's, and 1 / G, which turns its current into volts."""
        siemens = np.full(len(self), technology.memristor.g_max_siemens)
        return {"state": self.law.programmed(siemens), "ohm": 1.0 / siemens}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMemristors(Memristors):
    """Memristors whose current is that of their conductance between the net `read`, at f(row), and their column."""

    READS: ClassVar = ("row", "read")

    read: Nets

    def netlist_values(self, technology: Technology, selects: Mapping[str, bool] | None = None) -> dict[str, Floats]:
        """Return the conductances, switches included."""
        return {"siemens": 1.0 / self.written_ohm(selects, technology)}

    def heat_w(self, volts: Floats, selects: Mapping[str, bool], technology: Technology) -> dict[str, Floats]:
        """Return the heat: the voltage across each device times its current."""
        siemens = 1.0 / self.effective_ohm(selects, technology)
        heat = [((row[self.row] - row[self.column]) * (row[self.read] - row[self.column])) @ siemens for row in volts]
        return {self.PART: np.array(heat)}


def with_reads(
    banks: Sequence[Bank], rows: Nets, reads: Nets, law: MemristorModel, selects: Mapping[str, bool]
) -> list[Bank]:
    """Return the banks of a stage with the rows of its memristors at f(V); open switches let linear currents through.

    Parameters
    ----------
    rows : (rows,) the nets of all rows of memristors that are switched in, in rising order
    reads : (rows,) the nets at f(V) of these
    """

    def read(bank: Memristors) -> ReadMemristors:
        return ReadMemristors(
            row=bank.row,
            read=reads[np.searchsorted(rows, bank.row)],
            column=bank.column,
            siemens=bank.siemens,
            select=bank.select,
        )

    curved = [read(bank) if isinstance(bank, Memristors) and bank.on(selects) else bank for bank in banks]
    return [ReadSources(row=rows, read=reads, law=law), *curved]


def with_devices(banks: Sequence[Bank], law: MemristorModel, selects: Mapping[str, bool]) -> list[Bank]:
    """Return the banks of a stage with a device of a model in place of each memristor that is switched in."""
    return [replace(bank, model=law) if isinstance(bank, Memristors) and bank.on(selects) else bank for bank in banks]


def at_crosspoints(circuit: Circuit, name: str, *, switches: bool = True) -> Circuit:
    """Return a circuit of linear memristors with a device of a model in place of each; banks are built when read.

    Parameters
    ----------
    name : of the model, as `memristor_model` takes it
    switches : whether switches stand in series with the devices by themselves; else each device includes its own, and
        one whose switch is open stays linear
    """

    law = memristor_model(name)  # once: banks that had its name would read its file for each thing asked of them

    def with_model(block: Block) -> tuple[Bank, ...]:
        return tuple(
            replace(bank, model=law)
            if isinstance(bank, Memristors) and (switches or bank.on(circuit.selects))
            else bank
            for bank in block.banks
        )

    blocks = tuple(
        replace(block, banks=OnDemand(block.tally(), partial(with_model, block))) for block in circuit.blocks
    )
    return replace(circuit, blocks=blocks, memristor=law)
