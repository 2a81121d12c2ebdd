# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the netlist files of an export: a subcircuit and a conductance file per block, and the network around them.

The conductance file of a block holds its memristors, scale resistors and feedback resistors; the block's subcircuit
includes it. The files with the structure are therefore equal byte for byte whatever the weights are. Switches belong to
the structure; the voltages of the select nets that control them are in a file of their own (`selects`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from memnet.circuit import (
    Bank,
    Block,
    Circuit,
    Followers,
    Inverters,
    Memristors,
    Nets,
    ScaleResistors,
    Selectors,
    Switches,
    TiaPairs,
    select_of,
    series_ohm,
    size_of,
)
from memnet.deployment import INPUT
from memnet.devices import memristor_model
from memnet.netlist.dialects import Dialect
from memnet.netlist.elements import GROUNDED, model_constants, positive_nets
from memnet.netlist.places import BlockNames, NetNames, identifier
from memnet.netlist.templates import Bytes, Pattern, joined, render, repeated
from memnet.units import Floats, number, number_table

BATCH_ROWS = 65536
_NETS_PER_LINE = 8
_RAILS = ["vclp", "vcln"]


class HierarchyWriter:
    """Renders the files of one circuit in one dialect; large files come as bytes in batches of bounded size."""

    def __init__(self, circuit: Circuit, dialect: Dialect, *, transient: bool) -> None:
        self.circuit, self.dialect = circuit, dialect
        self.constants: dict[str, Any] = {
            "dialect": dialect.name,
            "select": "",
            "gate": "",
            "powered": True,
            "switchable": bool(circuit.selects),
            **model_constants(circuit.technology, transient=transient),
        }
        self._patterns: dict[tuple[str, bool, str, bool], Pattern] = {}
        self.nets = shared_nets(circuit)

    def render(self, template: str, **context: object) -> str:
        """Render one of the dialect's templates with the constants of the circuit's technology."""
        return render(self.dialect.template(template), **self.constants, **context)

    def models(self) -> str:
        """Return the file with the subcircuits of op-amps and selectors, and the device models."""
        opamp = self.circuit.technology.opamp
        return self.render(
            "export_models",
            technology=self.circuit.technology.name,
            gain=number(opamp.gain),
            gbw_hz=number(opamp.gbw_hz),
            saturation_v=number(opamp.saturation_v),
            offset_v=number(opamp.offset_v),
            slew_v_per_s=number(opamp.slew_v_per_s),
        )

    def block(self, block: Block, conductances: str) -> Iterator[bytes]:
        """Yield the subcircuit of a block; it includes the file named `conductances`, or none if that is empty."""
        names = BlockNames(self.circuit, block)
        ports = [net for group in (*block.inputs, *block.outputs) for net in self._group(names.nets, group)]
        text = self.render(
            "export_block",
            path=block.name,
            kind=block.kind,
            name=identifier(block.name),
            conductances=conductances,
            ports=lines([*ports, *_RAILS, *block_selects(block)]),
            body="@body@",
            legend=_legend(block, names),
        )
        head, tail = text.split("@body@\n")
        yield head.encode()
        yield from self._banks(block, names, structure=True)
        yield tail.encode()

    def conductances(self, block: Block) -> Iterator[bytes]:
        """Yield the memristors, scale and feedback resistors of a block."""
        counts = count_elements(block)
        yield self.render(
            "export_conductances", path=block.name, memristors=counts["memristors"], resistors=counts["resistors"]
        ).encode()
        yield from self._banks(block, BlockNames(self.circuit, block), structure=False)

    def network(self, name: str, **about: object) -> Iterator[bytes]:
        """Yield the main netlist: one subcircuit called `name` around all blocks."""
        text = self.render("export_network", name=name, ports=lines(self.ports()), body="@body@", **about)
        head, tail = text.split("@body@\n")
        yield head.encode()
        for block in self.circuit.blocks:
            nets = [net for group in (*block.inputs, *block.outputs) for net in self._group(self.nets, group)]
            ports = lines([*nets, *_RAILS, *block_selects(block)])
            yield self.render("export_instance", name=identifier(block.name), nets=ports).encode()
        yield tail.encode()

    def ports(self) -> list[str]:
        """Return the ports of the network's subcircuit: input nets, outputs, bias, clamp rails and select nets."""
        return [*self.inputs(), *self.outputs(), "bias", *_RAILS, *map(select_net, self.circuit.selects)]

    def selects(self) -> str:
        """Return the file with the voltages of the select nets; with the conductances, it sets the architecture."""
        states = [(select_net(name), int(on)) for name, on in self.circuit.selects.items()]
        return self.render("export_selects", states=states)

    def inputs(self) -> list[str]:
        """Return the names of the input nets."""
        return self._group(self.nets, INPUT)

    def outputs(self) -> list[str]:
        """Return the names of the class outputs."""
        return self._group(self.nets, self.circuit.output)

    def _group(self, names: NetNames, group: str) -> list[str]:
        return names.strings(self.circuit.groups[group].nets)

    def _banks(self, block: Block, names: BlockNames, *, structure: bool) -> Iterator[bytes]:
        """Yield the elements of a block that belong to its structure, or those of its conductance file."""
        for index, bank in enumerate(block.banks):
            count = size_of(bank)
            for start in range(0, count, BATCH_ROWS):
                rows = slice(start, min(start + BATCH_ROWS, count))
                batch = _devices_of(bank, rows)
                device = names.devices(index, rows)
                layout = _structure(batch) if structure else self._resistances(batch)
                if layout is not None:
                    yield from self._text(layout, batch, device, names)

    def _text(self, layout: _Layout, batch: Bank, device: Bytes, names: BlockNames) -> Iterator[bytes]:
        """Yield the lines of a batch of devices; `device` holds the ends of their names."""
        template, nets, values = layout
        columns = {"id": device} | {name: names.nets(numbers) for name, numbers in nets.items()}
        if isinstance(batch, Memristors | ScaleResistors) and batch.select:
            # The switch is in series with its device; the net between them is called `m` and the device's name.
            between = joined(repeated("m", len(device)), device)
            columns["row" if template == "export_row_switch" else "column"] = between
        for name, value in values.items():
            texts, index = number_table(value)
            columns[name] = texts[index]
        yield from self._pattern(template, tuple(columns), batch).rows(columns)

    def _resistances(self, bank: Bank) -> _Layout | None:
        """Return what a bank has in the conductance file: memristors and resistors; None if nothing."""
        match bank:
            case Memristors() | ScaleResistors():
                template = memristor_model().template if isinstance(bank, Memristors) else "scale_resistor"
                switch_ohm = self.circuit.technology.switch.ron_ohm if bank.select else 0.0
                return template, {"row": bank.row, "column": bank.column}, {"ohm": series_ohm(bank) - switch_ohm}
            case TiaPairs():
                nets = {"plus": bank.plus, "middle": bank.middle, "minus": bank.minus, "out": bank.out}
                values = {
                    "feedback_plus": bank.feedback_plus,
                    "coupling": bank.coupling,
                    "feedback_minus": bank.feedback_minus,
                }
                return "feedback_pair", nets, values
            case Inverters():
                return "feedback", {"sum": bank.sum, "out": bank.out}, {"feedback": bank.feedback}
        return None

    def _pattern(self, template: str, columns: tuple[str, ...], bank: Bank) -> Pattern:
        """Return the template with everything filled in that is equal for all devices of the bank."""
        rectified = bool(getattr(bank, "rectified", False))
        select = select_of(bank)
        net = select_net(select) if select else ""
        key = (template, rectified, net, "positive" in columns)
        if key not in self._patterns:
            amplifier = ("opamp_rectified" if rectified else "opamp") + ("_gated" if net else "")
            variables = {"rectified": rectified, "switch": net, "enable": net, "amplifier": amplifier}
            context = self.constants | GROUNDED | variables
            self._patterns[key] = Pattern(self.dialect.template(template), columns, **context)
        return self._patterns[key]


def select_net(select: str) -> str:
    """Return the name of a select net in a netlist."""
    return f"select_{identifier(select)}"


def block_selects(block: Block) -> list[str]:
    """Return the select nets that a block's subcircuit has as ports, each once."""
    # selectors have no supply switch in an export
    used = [select_of(bank) for bank in block.banks if not isinstance(bank, Selectors)]
    return [select_net(select) for select in dict.fromkeys(used) if select]


def lines(words: Sequence[str]) -> list[str]:
    """Return words as lines of at most eight words each."""
    return [" ".join(words[start : start + _NETS_PER_LINE]) for start in range(0, len(words), _NETS_PER_LINE)]


def count_elements(block: Block) -> dict[str, int]:
    """Count a block's memristors, resistors (scale and feedback), op-amps, switches and selectors."""
    banks = block.banks
    return {
        "memristors": block.memristors(),
        "resistors": sum(len(bank.row) for bank in banks if isinstance(bank, ScaleResistors))
        + sum(
            len(bank.out) * (3 if isinstance(bank, TiaPairs) else 1)
            for bank in banks
            if isinstance(bank, TiaPairs | Inverters)
        ),
        "opamps": block.amplifiers(),
        "switches": sum(
            size_of(bank) for bank in banks if isinstance(bank, Memristors | ScaleResistors | Switches) and bank.select
        ),
        "selectors": sum(len(bank.out) for bank in banks if isinstance(bank, Selectors)),
    }


def shared_nets(circuit: Circuit) -> NetNames:
    """Return the names that the main netlist has for the nets between blocks."""
    internal = {name for block in circuit.blocks for name in block.internal}
    groups = [group for name, group in circuit.groups.items() if name not in internal]
    return NetNames((group, identifier(group.name)) for group in groups)


def _arrays(bank: Bank) -> dict[str, Nets | Floats]:
    return {field.name: value for field in fields(bank) if isinstance(value := getattr(bank, field.name), np.ndarray)}


def _devices_of(bank: Bank, rows: slice) -> Bank:
    """Return some devices of a bank as a bank."""
    arrays: dict[str, Any] = {name: array[rows] for name, array in _arrays(bank).items()}
    return replace(bank, **arrays)


def _legend(block: Block, names: BlockNames) -> list[str]:
    """Return comment lines that say which net group each prefix of a net's name stands for."""
    meanings = {
        "plus": "virtual grounds of the plus columns",
        "minus": "virtual grounds of the minus columns",
        "middle": "outputs of the first amplifiers",
        "positive": "noninverting inputs of the first amplifiers, lent to max pools",
    }
    reads = [f"reads {group} as {names.prefixes[group]}" for group in block.inputs]
    drives = [f"drives {group} as {names.prefixes[group]}" for group in block.outputs]
    internal = [
        f"{prefix}: {meanings[prefix]}" for group in block.internal if (prefix := names.prefixes[group]) in meanings
    ]
    return [*reads, *drives, *internal]


# A template, and the nets and values of the devices by its fields, as `elements.element_layout` returns them.
_Layout = tuple[str, dict[str, Nets], dict[str, Floats]]


def _structure(bank: Bank) -> _Layout | None:
    """Return what a bank has in its block's subcircuit: amplifiers, selectors and switches; None if nothing."""
    match bank:
        case Memristors() | ScaleResistors():
            return ("export_row_switch", {"column": bank.column}, {}) if bank.select else None
        case TiaPairs():
            nets = {"plus": bank.plus, "middle": bank.middle, "minus": bank.minus, "out": bank.out}
            return "export_tia_pair", nets | positive_nets(bank), {}
        case Inverters():
            return "export_inverter", {"sum": bank.sum, "out": bank.out}, {}
        case Followers():
            return "export_follower", {"input": bank.input, "out": bank.out}, {}
        case Selectors():
            nets = {"first": bank.first, "second": bank.second, "decision": bank.decision, "out": bank.out}
            return "export_selector", nets, {}
        case Switches():
            nets = {"row": bank.first, "column": bank.second}
            return "export_row_switch" if bank.select else "export_wire", nets, {}
