"""Counts a chip's parts and adds up their areas; knows no voltages and nothing of where parts stand."""

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
    """Parts on a chip. Rectifying output stages are part of their op-amp; converters stand at the chip's edge.

    Attributes
    ----------
    switches : analog switches of max pools and in front of lent amplifiers; those in series with memristors are the
        access transistors of their cells
    resistors : fixed scale and feedback resistors
    programmable : scale and feedback resistors of a chip that is switched between architectures, which are 1T1R devices
    enables : switches that gate the supply of an op-amp or comparator
    select_drivers : drivers of select nets, one a net
    dacs, adcs : one an input pixel, one a class
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
        """Return how many analog switches there are in all, the access transistors of memristor cells apart."""
        return self.switches + self.enables + self.select_drivers

    def switched(self, selects: int) -> Counts:
        """Return the parts of a chip with that many select nets: with any, its resistors are programmable."""
        if not selects:
            return self
        return replace(self, resistors=0, programmable=self.resistors, select_drivers=selects)


def count_components(circuit: Circuit) -> Counts:
    """Count everything on the chip of a circuit."""
    edge = Counts(dacs=_nets(circuit, INPUT), adcs=_nets(circuit, circuit.output))
    inside = _counts(sum((block.tally() for block in circuit.blocks), Tally()))
    return inside.switched(len(circuit.selects)) + edge


def count_banks(banks: Iterable[Bank]) -> Counts:
    """Count the parts in banks of devices."""
    return _counts(sum(map(tally_of, banks), Tally()))


def count_plan(plan: Plan) -> Counts:
    """Count everything on the chip of a plan without building it, for chips too large to build.

    A bias that takes as many rows as it needs counts as one row, which only its weights can tell.
    """
    shapes = plan.shapes()
    total = Counts()
    for stage in plan.stages:
        total = total + count_stage(stage, shapes)
    inputs, outputs = (int(np.prod(shape)) for shape in (plan.image_shape, plan.stages[-1].shape))
    return total.switched(len(plan.selects)) + Counts(dacs=inputs, adcs=outputs)


def component_areas(counts: Counts, technology: Technology) -> dict[str, float]:
    """Return the area of each kind of part in square metres; the chip's area is their sum, converters included."""
    switch = technology.switch.area_m2
    each = {
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
    return {part: count * each[part] for part, count in asdict(counts).items()}


def core_area_m2(counts: Counts, technology: Technology) -> float:
    """Return the area of a chip without its converters, in square metres."""
    return sum(area for part, area in component_areas(counts, technology).items() if part not in CONVERTERS)


def _counts(tally: Tally) -> Counts:
    """Return the parts of devices: a pair has two feedbacks and the coupling between them, an inverter one."""
    return Counts(
        memristors=tally.memristors,
        opamps=tally.amplifiers,
        comparators=tally.selectors,
        switches=2 * tally.selectors + tally.switches,
        resistors=tally.scale_resistors + 3 * tally.pairs + tally.inverters,
        enables=tally.gated,
    )


def _gated(gate: str, counts: Counts) -> Counts:
    return replace(counts, enables=counts.opamps + counts.comparators) if gate else counts


def count_stage(stage: Stage, shapes: dict[str, Shape]) -> Counts:
    """Count the parts of one stage; `shapes` are those of all sources."""
    outputs = int(np.prod(stage.shape))
    if stage.kind == "max_pool":
        term = stage.terms[0]
        selectors = count_selectors(term.window, shapes[term.source], stage.shape)
        followers = outputs * stage.buffered
        return _gated(stage.gate, Counts(opamps=followers, comparators=selectors, switches=2 * selectors))
    crossings = dict.fromkeys(("memristors", "resistors"), 0)
    for term in stage.rows:
        found = count_crossings(term.window, shapes[term.source], stage.shape)
        if term.kind in ("weights", "bias"):
            crossings["memristors"] += 2 * found
        else:
            crossings["resistors"] += found
    if stage.kind == "average":
        amplifiers = Counts(opamps=outputs, resistors=outputs)
    else:  # pairs with two feedbacks and a coupling, and a follower where both copies are read
        amplifiers = Counts(opamps=2 * outputs, resistors=3 * outputs)
    copies = _gated(stage.copy_gate or stage.gate, Counts(opamps=outputs * stage.copied))
    lent = Counts(switches=outputs * (len(stage.follows) + 1)) if stage.follows else Counts()
    return _gated(stage.gate, amplifiers + Counts(**crossings)) + copies + lent


def _nets(circuit: Circuit, group: str) -> int:
    return int(np.prod(circuit.groups[group].shape))
