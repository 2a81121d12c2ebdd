# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the netlist files of an export: two per block, and the network that has a subcircuit around each such two.

One of the two holds the memristors, scale resistors and feedback resistors of the block, its conductances. The files
with the structure are therefore equal byte for byte whatever the weights are. Switches belong to the structure; the
voltages of the select nets that control them are in a file of their own (`selects`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from memnet.circuit import Bank, Block, Circuit
from memnet.deployment import INPUT
from memnet.netlist.dialects import DECK_DIALECT, Dialect, find_dialect
from memnet.netlist.elements import GROUNDED, access_constants, element_of, element_texts, model_constants
from memnet.netlist.memristors import memristor_subcircuit, switched_name, switched_subcircuit
from memnet.netlist.places import BlockNames, NetNames, identifier, net_prefixes
from memnet.netlist.templates import BODY, Pattern, Rendered, around_body, render
from memnet.netlist.texts import Text
from memnet.units import number

BATCH_ROWS = 2**19  # devices whose positions in tables are in memory at a time, some 100 bytes each
_NETS_PER_LINE = 8
_RAILS = ["vclp", "vcln"]
GATE, BULK = CELL_RAILS = ("gate", "bulk")  # of transistors in cells: the line of those always on, and their substrate


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
        law = circuit.memristor
        if law is not None:
            self.constants |= {"subcircuit": law.subcircuit, "parameter": law.state.parameter}
        self.rails, access = [*_RAILS], circuit.access
        if access is not None:
            self.constants |= access_constants(access, law, circuit.technology, dialect)
            self.rails += CELL_RAILS if access.has_gate else ()
        self._patterns: dict[tuple[object, ...], Pattern] = {}
        self.nets = shared_nets(circuit)

    def render(self, template: str, **context: object) -> str:
        """Render one of the dialect's templates with the constants of the circuit's technology."""
        return render(self.dialect.template(template), **self.constants, **context)

    def pattern(self, template: str, fields: tuple[str, ...], **context: object) -> Pattern:
        """Return one of the dialect's templates with these fields left open, and the rest filled in."""
        return Pattern(self.dialect.template(template), fields, **(self.constants | context))

    def models(self) -> str:
        """Return the file with the subcircuits of op-amps, selectors and curved memristors, and the device models."""
        opamp, law = self.circuit.technology.opamp, self.circuit.memristor
        models = self.render(
            "export_models",
            technology=self.circuit.technology.name,
            gain=number(opamp.gain),
            gbw_hz=number(opamp.gbw_hz),
            saturation_v=number(opamp.saturation_v),
            offset_v=number(opamp.offset_v),
            slew_v_per_s=number(opamp.slew_v_per_s),
        )
        if law is not None:
            models += memristor_subcircuit(law, self.dialect.name)
        if law is not None and self.circuit.selects and self.circuit.access is None:
            models += switched_subcircuit(law, self.dialect.name, self.circuit.technology.switch.ron_ohm)
        return models

    def block(self, block: Block) -> Iterator[bytes]:
        """Yield the amplifiers, selectors and switches of a block."""
        names = BlockNames(self.circuit, block)
        text = self.render("export_block", path=block.name, kind=block.kind, body=BODY, legend=_legend(block, names))
        head, tail = around_body(text)
        yield head.encode()
        yield from self._banks(names, structure=True)
        yield tail.encode()

    def conductances(self, block: Block) -> Iterator[bytes]:
        """Yield the memristors, scale and feedback resistors of a block."""
        counts = count_elements(block)
        yield self.render(
            "export_conductances", path=block.name, memristors=counts["memristors"], resistors=counts["resistors"]
        ).encode()
        yield from self._banks(BlockNames(self.circuit, block), structure=False)

    def network(self, name: str, files: Mapping[str, Sequence[str]], **about: object) -> Iterator[bytes]:
        """Yield the main netlist: the subcircuits of all blocks, and one called `name` around instances of them.

        Parameters
        ----------
        files : by block, the files that its subcircuit includes
        """
        head, rest = around_body(
            self.render("export_network", name=name, ports=lines(self.ports()), body=BODY, **about)
        )
        middle, tail = around_body(rest)
        yield head.encode()
        for block in self.circuit.blocks:
            ports = lines([port for some in self.block_ports(block) for port in some])
            name = identifier(block.name)
            yield self.render("export_subckt", name=name, ports=ports, files=files[block.name]).encode()
        yield middle.encode()
        for block in self.circuit.blocks:
            connected = [net for group in (*block.inputs, *block.outputs) for net in self._group(self.nets, group)]
            nets = lines([*connected, *self.rails, *block_selects(block)])
            yield self.render("export_instance", name=identifier(block.name), nets=nets).encode()
        yield tail.encode()

    def block_ports(self, block: Block) -> tuple[list[str], list[str], list[str]]:
        """Return the ports of a block's subcircuit in three parts: nets that it reads, nets that it drives, rails."""
        names = NetNames((self.circuit.groups[group], prefix) for group, prefix in net_prefixes(block).items())
        reads, drives = (
            [net for group in groups for net in self._group(names, group)] for groups in (block.inputs, block.outputs)
        )
        return reads, drives, [*self.rails, *block_selects(block)]

    def ports(self) -> list[str]:
        """Return the ports of the network's subcircuit: input nets, outputs, bias, rails and select nets."""
        return [*self.inputs(), *self.outputs(), "bias", *self.rails, *map(select_net, self.circuit.selects)]

    def selects(self) -> str:
        """Return the file with the voltages of the select nets; with the conductances, it sets the architecture."""
        high = self.constants.get("gate_v", "1")  # switches and gated op-amps take that, too
        states = [(select_net(name), high if on else "0") for name, on in self.circuit.selects.items()]
        return self.render("export_selects", states=states, high=high)

    def inputs(self) -> list[str]:
        """Return the names of the input nets."""
        return self._group(self.nets, INPUT)

    def input_names(self) -> Text:
        """Return the names of the input nets as parts."""
        return self.nets(self.circuit.groups[INPUT].nets)

    def outputs(self) -> list[str]:
        """Return the names of the class outputs."""
        return self._group(self.nets, self.circuit.output)

    def _group(self, names: NetNames, group: str) -> list[str]:
        return names.strings(self.circuit.groups[group].nets)

    def _banks(self, names: BlockNames, *, structure: bool) -> Iterator[bytes]:
        """Yield the elements of a block that belong to its structure, or those of its conductance file."""
        for index, bank in enumerate(names.banks):
            element = element_of(bank)
            template = element.structure if structure else element.programmed
            if not template:
                continue
            # The switch is in series with its device; the net between them is called `m` and the device's name.
            between = ("row" if structure else "column") if element.in_series else ""
            for start in range(0, len(bank), BATCH_ROWS):
                rows = slice(start, min(start + BATCH_ROWS, len(bank)))
                yield from self._text(template, bank.take(rows), names.devices(index, rows), names.nets, between)

    def _text(self, template: str, batch: Bank, device: Text, net_names: NetNames, between: str) -> Iterator[bytes]:
        """Yield the lines of a batch of devices.

        Parameters
        ----------
        device : what their names end with
        between : the field with the nets between switches and devices, "" for none
        """
        values = batch.netlist_values(self.circuit.technology)
        pattern = self._pattern(template, ("id", *batch.nets(), *values), batch)
        texts = element_texts(pattern, device, batch, values, net_names)
        if between:
            texts[between] = b"m", *device
        yield from pattern.rows(texts, len(batch))

    def _pattern(self, template: str, fields: tuple[str, ...], bank: Bank) -> Pattern:
        """Return the template with everything filled in that is equal for all devices of the bank."""
        net, common = select_net(bank.select) if bank.select else "", bank.common()
        key = (template, fields, net, *common.items())
        if key not in self._patterns:
            rectified = "_rectified" if common.get("rectified") else ""
            amplifier = f"opamp{rectified}{'_gated' if net else ''}"
            law = self.circuit.memristor if self.circuit.access is None else None
            variables: dict[str, object] = {} if law is None or not net else {"subcircuit": switched_name(law)}
            variables |= {"rectified": False, "switch": net or GATE, "enable": net, "amplifier": amplifier, **GROUNDED}
            self._patterns[key] = self.pattern(template, fields, **(variables | common))
        return self._patterns[key]


def rail_volts(circuit: Circuit) -> dict[str, str]:
    """Return the volts of the rails, the bias rail and the select nets by their names, as netlists have them."""
    writer = HierarchyWriter(circuit, find_dialect(DECK_DIALECT), transient=False)
    constants, high = writer.constants, writer.constants.get("gate_v", "1")
    rails = {"vclp": constants["clamp_v"], "vcln": f"-{constants['clamp_v']}", "bias": number(circuit.bias_v)}
    if GATE in writer.rails:
        rails |= {GATE: constants["gate_v"], BULK: constants["bulk_v"]}
    return rails | {select_net(name): high if on else "0" for name, on in circuit.selects.items()}


def block_path(block: Block) -> str:
    """Return the path of a block's files below the folder of their kind, without suffix; a cell has a folder."""
    cell, _, rest = block.name.partition("/")
    return f"{identifier(cell)}/{identifier(rest)}" if rest else identifier(cell)


def select_net(select: str) -> str:
    """Return the name of a select net in a netlist."""
    return f"select_{identifier(select)}"


def block_selects(block: Block) -> list[str]:
    """Return the select nets that a block's subcircuit has as ports, each once."""
    used = dict.fromkeys(bank.select for bank in block.banks)
    return [select_net(select) for select in used if select]


def lines(nets: Sequence[str]) -> list[Rendered]:
    """Return names of nets, which `identifier` made, as lines of at most eight."""
    return [Rendered(" ".join(nets[start : start + _NETS_PER_LINE])) for start in range(0, len(nets), _NETS_PER_LINE)]


def count_elements(block: Block) -> dict[str, int]:
    """Count a block's components by the names that the manifest and `memnet.measurement.Counts` have for them."""
    tally = block.tally()
    return {
        "memristors": tally.memristors,
        "access_transistors": tally.access_transistors,
        "resistors": tally.resistors,
        "opamps": tally.amplifiers,
        "comparators": tally.selectors,
        "switches": tally.analog_switches,
    }


def shared_nets(circuit: Circuit) -> NetNames:
    """Return the names that the main netlist has for the nets between blocks."""
    internal = {name for block in circuit.blocks for name in block.internal}
    groups = [group for name, group in circuit.groups.items() if name not in internal]
    return NetNames((group, identifier(group.name)) for group in groups)


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
