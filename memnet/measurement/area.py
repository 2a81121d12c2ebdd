# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the components of a chip (memristors, op-amps, comparators, switches ...) and adds up their areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from memnet.circuit import Amounts, Circuit, Tally, tally_plan
from memnet.deployment import INPUT, Deployment, Plan, StageProgram
from memnet.technology import Technology

CONVERTERS = ("dacs", "adcs")
PROGRAMMABLE_NOTE = (
    "assumption: the scale and feedback resistors of a hypernetwork, which differ between architectures, are 1T1R "
    "memristive devices and take a memristor's area; resistors of individual deployment are fixed poly"
)
LOWER_BOUND_NOTE = (
    "counts from plans, without weights, have one bias row a column where the weights decide how many there are, the "
    "fewest that biases other than zero need: their memristors are a lower bound; counts of deployed chips are exact"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts(Amounts):
    """Numbers of components on a chip, derived from the `memnet.circuit.Tally` of its devices.

    A rectifying output stage counts as part of its op-amp. Four kinds of switches have names of their own, since they
    are different things: `switches` pass a signal on, `access_transistors` are parts of memristive cells,
    `enables` gate a supply, and `select_drivers` drive the nets that control all others.

    Attributes
    ----------
    memristors : as many as are programmed; a lower bound where `bias_at_least` is not 0
    access_transistors : transistors in series with a memristor or scale resistor that a select net switches, or with
        every memristor where cells are 1T1R; each is part of a 1T1R cell and of its area
    bias_at_least : how many of `memristors` are in bias rows that are counted as one row each, the fewest that biases
        other than zero need, because how many the weights need is not known from a plan alone; 0 where the count is
        exact
    switches : analog switches of max pools, two a comparator, and at the noninverting inputs of lent amplifiers
    resistors : fixed scale, feedback and coupling resistors
    programmable : the same resistors on a chip that is switched between architectures, where they are 1T1R devices
    enables : switches that gate the supply of an op-amp or comparator, one for each that has a select net
    select_drivers : drivers of select nets, one for each net
    dacs : converters at the inputs, one for each input pixel and channel
    adcs : converters at the outputs, one for each class

    Examples
    --------
    >>> counts = Chip.of("DARTS_V1", channels=1).counts
    >>> counts.memristors, counts.opamps
    (20968, 4516)
    """

    memristors: int = 0
    access_transistors: int = 0
    bias_at_least: int = 0
    opamps: int = 0
    comparators: int = 0
    switches: int = 0
    resistors: int = 0
    programmable: int = 0
    enables: int = 0
    select_drivers: int = 0
    dacs: int = 0
    adcs: int = 0

    @staticmethod
    def of(tally: Tally) -> Counts:
        """Return the components that devices consist of, without converters and select drivers.

        >>> from memnet.circuit import Tally
        >>> Counts.of(Tally(memristors=8, pairs=2)).opamps
        4
        """
        return Counts(
            memristors=tally.memristors,
            access_transistors=tally.access_transistors,
            bias_at_least=tally.bias_at_least,
            opamps=tally.amplifiers,
            comparators=tally.selectors,
            switches=tally.analog_switches,
            resistors=tally.resistors,
            enables=tally.gated,
        )

    @property
    def lower_bound(self) -> bool:
        """Tell whether there may be more memristors than `memristors`, in bias rows.

        >>> counts.lower_bound
        False
        """
        return self.bias_at_least > 0

    def switched(self, selects: int) -> Counts:
        """Return the components of this chip with `selects` select nets: drivers for these, programmable resistors.

        With no select nets the counts stay as they are.

        >>> counts.switched(4).select_drivers
        4
        """
        if not selects:
            return self
        return replace(self, resistors=0, programmable=self.resistors, select_drivers=selects)


def count_components(circuit: Circuit) -> Counts:
    """Count all components of a circuit's chip."""
    inputs, outputs = (int(np.prod(circuit.groups[group].shape)) for group in (INPUT, circuit.output))
    tally = sum((block.tally() for block in circuit.blocks), Tally())
    return Counts.of(tally).switched(len(circuit.selects)) + Counts(dacs=inputs, adcs=outputs)


def count_plan(plan: Plan, programs: Mapping[str, StageProgram] | None = None, *, transistors: bool = False) -> Counts:
    """Count all components of a plan's chip without building its circuit, which may be too large to build.

    Parameters
    ----------
    programs : what is programmed into each stage. Without it, bias rows whose number depends on the weights are counted
        as one row each (`Counts.bias_at_least`).
    transistors : whether each memristor has a transistor, also where no select net switches it
    """
    return count_tally(tally_plan(plan, programs, transistors=transistors), plan)


def count_tally(tally: Tally, plan: Plan) -> Counts:
    """Return all components of a plan's chip, given how many devices its stages have together."""
    inputs, outputs = (int(np.prod(shape)) for shape in (plan.image_shape, plan.stages[-1].shape))
    return Counts.of(tally).switched(len(plan.selects)) + Counts(dacs=inputs, adcs=outputs)


def count_deployment(deployment: Deployment, *, transistors: bool = False) -> Counts:
    """Count all components of a chip without building its circuit, with as many bias rows as were programmed.

    `transistors` is as in `count_plan`.
    """
    return count_plan(deployment.plan, deployment.programs, transistors=transistors)


def component_areas(counts: Counts, technology: Technology) -> dict[str, float]:
    """Return the area of each kind of component, square metres; the chip's area with converters is their sum.

    That of a memristor, and of a programmable resistor, includes its access transistor.
    """
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
    numbers = asdict(counts)
    return {component: numbers[component] * area for component, area in unit_m2.items()}


def core_area_m2(counts: Counts, technology: Technology) -> float:
    """Return the area of a chip without its converters, in square metres."""
    return sum(area for component, area in component_areas(counts, technology).items() if component not in CONVERTERS)
