# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the components of a chip (memristors, op-amps, comparators, switches ...) and adds up their areas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np

from memnet.circuit import Amounts, Bank, Circuit, Tally, count_selectors, tally_of
from memnet.deployment import INPUT, Plan, Shape, Stage, count_crossings
from memnet.technology import Technology

CONVERTERS = ("dacs", "adcs")
PROGRAMMABLE_NOTE = (
    "assumption: the scale and feedback resistors of a hypernetwork, which differ between architectures, are 1T1R "
    "memristive devices and take a memristor's area; resistors of individual deployment are fixed poly"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts(Amounts):
    """Numbers of components on a chip. A rectifying output stage counts as part of its op-amp.

    Attributes
    ----------
    switches : analog switches of max pools and at the noninverting inputs of lent amplifiers; a switch in series with
        a memristor is the access transistor of its cell and not counted
    resistors : fixed scale, feedback and coupling resistors
    programmable : the same resistors on a chip that is switched between architectures, where they are 1T1R devices
    enables : switches that gate the supply of an op-amp or comparator
    select_drivers : drivers of select nets, one for each net
    dacs : converters at the inputs, one for each input pixel and channel
    adcs : converters at the outputs, one for each class
    """

    memristors: int = 0
    opamps: int = 0
    comparators: int = 0
    switches: int = 0
    resistors: int = 0
    programmable: int = 0
    enables: int = 0
    select_drivers: int = 0
    dacs: int = 0
    adcs: int = 0

    @property
    def all_switches(self) -> int:
        """Return the number of all analog switches but the access transistors of memristor cells."""
        return self.switches + self.enables + self.select_drivers

    def switched(self, selects: int) -> Counts:
        """Return the components of this chip with `selects` select nets: drivers for these, programmable resistors.

        With no select nets the counts stay as they are.
        """
        if not selects:
            return self
        return replace(self, resistors=0, programmable=self.resistors, select_drivers=selects)


def count_components(circuit: Circuit) -> Counts:
    """Count all components of a circuit's chip."""
    edge = Counts(dacs=_nets(circuit, INPUT), adcs=_nets(circuit, circuit.output))
    inside = _counts(sum((block.tally() for block in circuit.blocks), Tally()))
    return inside.switched(len(circuit.selects)) + edge


def count_banks(banks: Iterable[Bank]) -> Counts:
    """Count the components in banks of devices, without converters and select drivers."""
    return _counts(sum(map(tally_of, banks), Tally()))


def count_plan(plan: Plan) -> Counts:
    """Count all components of a plan's chip without building its circuit, which may be too large to build.

    A bias term without a fixed number of rows counts as one row: how many it needs depends on the weights, which a
    plan does not have. `chip_cost.count_deployment` counts the programmed rows.
    """
    shapes = plan.shapes()
    total = Counts()
    for stage in plan.stages:
        total = total + count_stage(stage, shapes)
    inputs, outputs = (int(np.prod(shape)) for shape in (plan.image_shape, plan.stages[-1].shape))
    return total.switched(len(plan.selects)) + Counts(dacs=inputs, adcs=outputs)


def component_areas(counts: Counts, technology: Technology) -> dict[str, float]:
    """Return the area of each kind of component, square metres; the chip's area with converters is their sum."""
    switch = technology.switch.area_m2
    unit_m2 = {
        "memristors": technology.memristor.area_m2,
        "opamps": technology.opamp.area_m2,
        "comparators": technology.comparator.area_m2,
        "switches": switch,
        "resistors": technology.passive.resistor_area_m2,
        "programmable": technology.memristor.area_m2,
        "enables": switch,
        "select_drivers": switch,
        "dacs": technology.passive.dac_area_m2,
        "adcs": technology.passive.adc_area_m2,
    }
    return {component: count * unit_m2[component] for component, count in asdict(counts).items()}


def core_area_m2(counts: Counts, technology: Technology) -> float:
    """Return the area of a chip without its converters, in square metres."""
    return sum(area for component, area in component_areas(counts, technology).items() if component not in CONVERTERS)


def _counts(tally: Tally) -> Counts:
    """Return the components of a tally of devices.

    A pair of TIAs has two feedback resistors and a coupling resistor, an inverter one feedback resistor, a selector two
    switches.
    """
    return Counts(
        memristors=tally.memristors,
        opamps=tally.amplifiers,
        comparators=tally.selectors,
        switches=2 * tally.selectors + tally.switches,
        resistors=tally.scale_resistors + 3 * tally.pairs + tally.inverters,
        enables=tally.gated,
    )


def _gated(gate: str, counts: Counts) -> Counts:
    """Return counts with a supply switch for each op-amp and comparator, if these have a gate."""
    return replace(counts, enables=counts.opamps + counts.comparators) if gate else counts


def count_stage(stage: Stage, shapes: dict[str, Shape]) -> Counts:
    """Count the components of one stage; `shapes` are those of all sources, as `Plan.shapes` returns them."""
    outputs = int(np.prod(stage.shape))
    if stage.kind == "max_pool":
        term = stage.terms[0]
        selectors = count_selectors(term.window, shapes[term.source], stage.shape)
        followers = outputs * stage.buffered
        return _gated(stage.gate, Counts(opamps=followers, comparators=selectors, switches=2 * selectors))
    crossings = dict.fromkeys(("memristors", "resistors"), 0)
    for term in stage.rows:
        count = count_crossings(term.window, shapes[term.source], stage.shape)
        if term.kind in ("weights", "bias"):
            crossings["memristors"] += 2 * count
        else:
            crossings["resistors"] += count
    if stage.kind == "average":
        amplifiers = Counts(opamps=outputs, resistors=outputs)
    else:  # pairs of TIAs, each with two feedback resistors and a coupling resistor
        amplifiers = Counts(opamps=2 * outputs, resistors=3 * outputs)
    copies = _gated(stage.copy_gate or stage.gate, Counts(opamps=outputs * stage.copied))
    lent = Counts(switches=outputs * (len(stage.follows) + 1)) if stage.follows else Counts()
    return _gated(stage.gate, amplifiers + Counts(**crossings)) + copies + lent


def _nets(circuit: Circuit, group: str) -> int:
    return int(np.prod(circuit.groups[group].shape))
