# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the circuit of a deployment: one block for each stage, with its banks of devices."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from memnet.circuit.amplifiers import compensated_feedback
from memnet.circuit.banks import (
    Followers,
    Inverters,
    Memristors,
    ScaleResistors,
    Switches,
    TiaPairs,
)
from memnet.circuit.base import GROUND, Bank, Nets, Tally, column_siemens
from memnet.circuit.blocks import Block, Circuit, OnDemand
from memnet.circuit.counting import tally_stage
from memnet.circuit.decks import deck_names
from memnet.circuit.feedbacks import FeedbackDesign
from memnet.circuit.layout import Layout, outputs_of, positive, signal
from memnet.circuit.lines import line_capacitors
from memnet.circuit.pools import max_tree
from memnet.circuit.reads import READ, with_devices, with_reads
from memnet.circuit.wires import count_segments, tiles_of, wire_groups, with_wires
from memnet.deployment import (
    BIAS_RAIL,
    INPUT,
    ChipDevices,
    Deployment,
    Stage,
    Term,
    middle_of,
    shares,
    term_crossings,
)
from memnet.units import Floats

AVERAGE_OHM = 1e4  # feedback of the global average's amplifiers
# Devices of built banks that are kept in memory, at some 24 bytes each; the last block is kept even if it has more.
KEPT_DEVICES = 10_000_000


def build_circuit(deployment: Deployment, devices: ChipDevices | None = None) -> Circuit:
    """Return the circuit of a deployment; its nets are numbered at once, its banks are built when they are read.

    Every stage output is an ideal source, so the circuit may be cut there.

    Parameters
    ----------
    devices : what stands on the chip; by default every device is at its target
    """
    builder = _Builder(devices or ChipDevices(deployment))
    partitions = deck_names(deployment.plan)
    blocks = tuple(builder.block(stage, partitions[stage.name]) for stage in deployment.plan.stages)
    last = deployment.plan.stages[-1].name
    return Circuit(
        groups=builder.layout.groups,
        blocks=blocks,
        technology=deployment.technology,
        bias_v=builder.devices.bias_rail_v,
        input_scale_v=deployment.scales[INPUT],
        output=last,
        output_scale_v=deployment.scales[last],
        nets=builder.layout.last,
        selects=dict(deployment.plan.selects),
        memristor=builder.devices.device,
        access=builder.devices.access,
    )


def build_block(deployment: Deployment, name: str, devices: ChipDevices | None = None) -> Circuit:
    """Return the circuit of one stage alone; it has the net groups that the stage reads, but nothing drives them."""
    builder = _Builder(devices or ChipDevices(deployment))
    stage = deployment.plan.stage(name)
    for source, shape in builder.sources(stage).items():
        if source not in builder.layout.groups:
            builder.layout.allocate(source, shape)
    return Circuit(
        blocks=(builder.block(stage, name),),
        groups=builder.layout.groups,
        technology=deployment.technology,
        bias_v=deployment.scales[BIAS_RAIL],
        input_scale_v=deployment.scales[INPUT],
        output=name,
        output_scale_v=deployment.scales[name],
        nets=builder.layout.last,
        selects=dict(deployment.plan.selects),
        memristor=builder.devices.device,
        access=builder.devices.access,
    )


class _Builder:
    """Turns stages into blocks, and builds their banks when these are read."""

    def __init__(self, devices: ChipDevices) -> None:
        self.devices, self.deployment = devices, devices.deployment
        deployment = devices.deployment
        self.layout, self.wires = Layout(deployment), wire_groups(devices.wiring)
        cell = devices.cell
        self.in_cells: dict[str, Any] = {} if cell is None else {"model": cell.memristor, "access": cell.access}
        self.shapes = self.layout.shapes
        self.kept: OrderedDict[str, tuple[Bank, ...]] = OrderedDict()  # banks built last, by stage
        self.kept_devices = 0

    def nets(self, name: str) -> Nets:
        """Return the net numbers of a group that the layout has allocated."""
        return self.layout.groups[name].nets

    def rows(self, term: Term) -> Nets:
        """Return the nets of a term's source, flat over (channels, height, width)."""
        drivers = self.deployment.plan.drivers(term.source)
        return np.concatenate([self.nets(signal(driver, term.rectified)) for driver in drivers])

    def sources(self, stage: Stage) -> dict[str, tuple[int, ...]]:
        """Return the net groups that a stage reads, with their shapes."""
        return {
            signal(driver, term.rectified): self.shapes[driver]
            for term in stage.terms
            for driver in self.deployment.plan.drivers(term.source)
        }

    def block(self, stage: Stage, partition: str) -> Block:
        """Number the nets of a stage and return its block."""
        plan, program = self.deployment.plan, self.deployment.programs.get(stage.name)
        tally = tally_stage(stage, plan, program, transistors=self.devices.has_transistors)
        more = dict.fromkeys(self.wires if tally.memristors else (), tally.memristors)
        if read := len(self._read_rows(stage)):
            more[READ] = read
        numbered = self.layout.add(stage, more)
        outputs, pieces = outputs_of(stage), Tally(segments=count_segments(stage, self.devices, tally.memristors))
        return Block(
            name=stage.name,
            kind=stage.kind,
            partition=partition,
            inputs=tuple(self.sources(stage)),
            outputs=tuple(outputs),
            internal=tuple(name for name in numbered if name not in outputs),
            banks=OnDemand(tally + pieces, partial(self.banks, stage)),
        )

    def banks(self, stage: Stage) -> tuple[Bank, ...]:
        """Return the banks of a stage; the banks built last are kept, up to KEPT_DEVICES devices."""
        if stage.name in self.kept:
            return self.kept[stage.name]
        make = {"crossbar": self._crossbar, "max_pool": self._max_pool, "average": self._average}[stage.kind]
        banks = make(stage)
        self.kept[stage.name] = banks
        self.kept_devices += sum(map(len, banks))
        while self.kept_devices > KEPT_DEVICES and len(self.kept) > 1:
            self.kept_devices -= sum(map(len, self.kept.popitem(last=False)[1]))
        return banks

    def _crossbar(self, stage: Stage) -> tuple[Bank, ...]:
        plus, minus = (self.nets(f"{stage.name}/{side}") for side in ("plus", "minus"))
        program = self.deployment.programs[stage.name]
        feedback = np.repeat(program.feedback_ohm(self.deployment.technology), _pixels(stage.shape))
        banks: list[Bank] = []
        design = FeedbackDesign.wired(stage, self.devices)
        for term in stage.rows:
            if term.memristive:
                banks += self._memristors(stage, term, plus, minus)
            else:
                beside = feedback if design is None else feedback * design.plus_gain
                banks.append(self._scale_resistors(stage, term, plus, beside, program.scale_v))
        tias = self._tias(
            stage, plus, minus, feedback, design or FeedbackDesign.plain(stage, self.devices, banks, plus, minus)
        )
        lines = line_capacitors(banks, self.devices.wiring)
        if self.devices.wiring is not None and self.wires and stage.memristive:
            nets = {name: self.nets(f"{stage.name}/{name}") for name in self.wires}
            banks = with_wires(banks, tiles_of(stage, self.devices), self.devices.wiring.at(stage.name), nets)
        law, rows = self.devices.device, self._read_rows(stage)
        if law is not None and self.devices.moving and self.devices.access is None:
            banks = with_devices(banks, law, self.deployment.plan.selects)
        elif law is not None and len(rows):
            banks = with_reads(banks, rows, self.nets(f"{stage.name}/{READ}"), law, self.deployment.plan.selects)
        return (*banks, *lines, *self._lending_switches(stage), *tias)

    def _read_rows(self, stage: Stage) -> Nets:
        """Return the nets of a stage's rows of memristors that are switched in; none where these need no sources.

        Linear memristors do not, nor those that stand at the crosspoints themselves: in cells with access devices, or
        with a law whose shape moves with the state.
        """
        devices = self.devices
        if devices.device is None or devices.access is not None or devices.moving:
            return np.zeros(0, dtype=np.int64)
        on = self.deployment.plan.on
        terms = [term for term in stage.memristor_terms if on(term.select)]
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(self.rows(term) for term in terms)]))

    def _lending_switches(self, stage: Stage) -> list[Switches]:
        """Return the switches from ground and from each max pool to the noninverting inputs of the first TIAs."""
        if not stage.follows:
            return []
        nets = self.nets(positive(stage))
        ground = Switches(first=np.full(len(nets), GROUND), second=nets, select=stage.grounded)
        return [ground, *(Switches(first=self.rows(term), second=nets, select=term.select) for term in stage.follows)]

    def _memristors(self, stage: Stage, term: Term, plus: Nets, minus: Nets) -> list[Bank]:
        program = self.deployment.programs[stage.name]
        crossings = term_crossings(stage, term, self.deployment.plan, program)
        rows = self.rows(term)[crossings.rows]
        return [
            Memristors(row=rows, column=column[crossings.columns], select=term.select, siemens=siemens, **self.in_cells)
            for column, siemens in zip((plus, minus), self.devices.listed(stage, term), strict=True)
        ]

    def _scale_resistors(
        self, stage: Stage, term: Term, columns: Nets, feedback: Floats, scale_v: float
    ) -> ScaleResistors:
        """Return the resistors from a term's rows into `columns`: R = Rf s_source / (s_stage share)."""
        crossings = term_crossings(stage, term, self.deployment.plan, None)
        source = self.deployment.scale_rows().rows(term.source)[crossings.rows]
        ohm = feedback[crossings.columns] * source / (scale_v * shares(term, crossings))
        row, column = self.rows(term)[crossings.rows], columns[crossings.columns]
        return ScaleResistors(row=row, column=column, ohm=ohm, select=term.select)

    def _tias(
        self, stage: Stage, plus: Nets, minus: Nets, feedback: Floats, design: FeedbackDesign
    ) -> tuple[Bank, ...]:
        gain = self.deployment.technology.opamp.gain
        out = self.nets(signal(stage.name, not stage.raw))
        coupling = np.repeat(
            self.deployment.programs[stage.name].coupling_ohm(self.deployment.technology), _pixels(stage.shape)
        )
        first, second = design.resistors(feedback, coupling, gain, stage.name)
        pairs = TiaPairs(
            plus=plus,
            middle=self.nets(middle_of(stage.name)),
            minus=minus,
            out=out,
            coupling=coupling,
            feedback_plus=first,
            feedback_minus=second,
            rectified=not stage.raw,
            select=stage.gate,
            positive=self.nets(positive(stage)) if stage.follows else None,
            offset_plus=self._offsets(stage, "plus"),
            offset_minus=self._offsets(stage, "minus"),
        )
        if not stage.copied:
            return (pairs,)
        copy = self.nets(signal(stage.name, True))
        select, offset = stage.copy_gate or stage.gate, self._offsets(stage, "copy")
        return pairs, Followers(input=out, out=copy, rectified=True, select=select, offset=offset)

    def _offsets(self, stage: Stage, bank: str) -> Floats | None:
        """Return the offsets of a bank of op-amps, volts; None where all have the technology's."""
        if not self.devices.spread.offset_v:
            return None
        return self.devices.offsets(stage, bank, (stage.shape[0], _pixels(stage.shape))).reshape(-1)

    def _siemens(self, banks: Sequence[Bank], columns: Nets) -> Floats:
        return column_siemens(banks, columns, self.deployment.plan.selects, self.deployment.technology)

    def _max_pool(self, stage: Stage) -> tuple[Bank, ...]:
        term = stage.terms[0]
        inputs = self.rows(term).reshape(self.shapes[term.source])

        def allocate(name: str, _count: int) -> Nets:
            return self.nets(f"{stage.name}/{name}")

        selectors, larger = max_tree(term.window, inputs, stage.shape, allocate)
        gated = [replace(bank, select=stage.gate) for bank in selectors]
        larger, out = larger.reshape(-1), self.nets(stage.name)
        if stage.buffered:
            offset = self._offsets(stage, "follower")
            return (*gated, Followers(input=larger, out=out, rectified=False, select=stage.gate, offset=offset))
        return (*gated, Switches(first=larger, second=out))

    def _average(self, stage: Stage) -> tuple[Bank, ...]:
        """Return the banks of a whole-map average: one inverting amplifier per channel, hence the negative scale."""
        total, out = self.nets(f"{stage.name}/sum"), self.nets(stage.name)
        nominal = np.full(stage.shape[0], AVERAGE_OHM)
        resistors = self._scale_resistors(stage, stage.terms[0], total, nominal, -self.deployment.scales[stage.name])
        feedback = compensated_feedback(
            nominal, self._siemens([resistors], total), self.deployment.technology.opamp.gain, stage.name
        )
        return resistors, Inverters(sum=total, out=out, feedback=feedback, offset=self._offsets(stage, "average"))


def _pixels(shape: tuple[int, int, int]) -> int:
    return shape[1] * shape[2]
