# SPDX-License-Identifier: GPL-3.0-or-later
"""The analog stages of a chip, between a network and its circuit: `Term`, `Stage`, and `Plan` with its select nets.

A `crossbar` stage has a pair of transimpedance amplifiers (TIAs) for each output value. The first TIA sums the currents
of the plus column: middle = -Rf sum(G+ v). Its output `middle` runs through a coupling resistor into the minus column,
which the second TIA sums: out = Rf (sum(G+ v) - sum(G- v)).

**Lent amplifiers.** In the hypernetwork structures `shared` and `slotted`, an edge that pools leaves its convolution
unit U without work, so U lends the first TIAs of its stage U/dw2 to the max pool P, as unity-gain buffers in place of
followers. One pair, with the select net of each switch (`/`) beside it:

                                          +--------[Rf]--------+
    rows of U/dw2 --[G+]--/ U/sep, U/dil -+- plus ---| -     | |
                                                     |  TIA  |-+- middle -+--[R]--/ U/max -- node
    ground ------/ U/grounded ---+-- positive -------| +     |            +--[coupling]-- minus, second TIA
    output of P -/ U/max --------+

The noninverting input `positive` of the first TIA can be switched to ground or, with one `follow` term for each state
that the unit can serve, to the output of that state's max pool. (In a slot that serves several states, U/sep still
switches the rows from the unit's first half, but U/dil becomes U/dil/from0, U/dil/from1, ..., and the U/max of the
`follow` terms becomes U/max/from0, U/max/from1, ...) While U lends, all rows of U/dw2 are out (U/sep and U/dil low) and
`positive` is at P (U/max high, U/grounded low): Rf alone is left at `plus`, so that middle is the voltage of P. The
node reads middle through one scale resistor, a `copy` term (U/max high), while the pointwise crossbar that reads the
second TIA is out (U/conv low). Both TIAs of the pair have power (U/powered high), and so have the comparators of P
(P/on high). Nothing reads the second TIA then; where no architecture on the chip convolves with U, the coupling
resistor is at Gmin, so that it loads the buffer with next to no current (`StageProgram.coupled` is False). While U
convolves or idles, U/grounded is high, U/max is low, and U/dw2 is an ordinary crossbar. P ends at its comparators
(`Stage.buffered` is False), since `positive` and open switches take some nanoamperes at most. The structure
`duplicated` lends nothing: its max pools end in followers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from memnet.operators import Shape, Window

StageKind = Literal["crossbar", "max_pool", "average"]
TermKind = Literal["weights", "bias", "average", "copy", "follow"]
INPUT = "input"
BIAS_RAIL = "bias"  # a fixed voltage that stands for the activation 1
MIDDLE = "/middle"  # stage name + MIDDLE names the outputs of the stage's first TIAs


def bias_window(rows: int) -> Window:
    """Return the window of `rows` bias rows: every column reads the rail once per row."""
    return Window(offsets=((0, 0),) * rows, dense=True, absolute=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One group of rows of a stage, all driven by one source, and the window through which each output reads it.

    `weights` and `bias` terms are memristors into the plus and the minus column; `average` and `copy` terms are scale
    resistors into the plus column (or into the sum of an `average` stage). A `follow` term is not a row: it connects a
    max pool to the noninverting inputs of the stage's first TIAs, which buffer it while the term is selected and all
    rows are out (see the head of this file). `unit` names the devices, whatever they carry; `layers` names the network
    layers whose kernel or folded biases they carry, empty where the rows are idle. `taps` gives for each tap of the
    window the kernel tap that it carries, -1 for none; None where window and kernel have the same taps.
    """

    unit: str
    source: str  # the stage, join or rail that drives the rows
    rectified: bool
    window: Window
    kind: TermKind = "weights"
    layers: tuple[str, ...] = ()  # one for weights; a bias term carries the sum of several
    taps: tuple[int, ...] | None = None
    bias_rows: int | None = None  # number of rows of a bias term; None for as many as the bias needs
    select: str = ""  # select net that switches these rows in; "" where they are always in

    @property
    def memristive(self) -> bool:
        """Whether its devices are memristors."""
        return self.kind in ("weights", "bias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One rank of amplifiers and all rows that feed it; its outputs are ideal sources, so the circuit may be cut there.

    A `crossbar` stage sums its terms in pairs of TIAs; a `max_pool` stage is trees of comparators that pass the largest
    input on; an `average` stage has one inverting summing amplifier per channel. `raw` and `rectified` tell which
    copies of the output exist. `layer` is the network layer whose activation the output holds; in individual deployment
    stage and layer have the same name. A max pool that is not `buffered` may be read by `follow` terms alone, since the
    amplifier inputs that these lead to take no current. In a stage with `follow` terms, `grounded` is the select net of
    the switches from ground to the noninverting inputs of the first TIAs.
    """

    name: str
    kind: StageKind
    terms: tuple[Term, ...]
    shape: Shape
    raw: bool = True
    rectified: bool = False
    layer: str = ""
    gate: str = ""  # select net that powers this stage; "" where it is always on
    copy_gate: str = ""  # select net that powers the rectified copies beside raw outputs; "" where `gate` does
    buffered: bool = True
    grounded: str = ""

    @property
    def copied(self) -> bool:
        """Whether rectified copies of the raw outputs exist, made by followers."""
        return self.raw and self.rectified

    @property
    def memristive(self) -> bool:
        """Whether memristors are among its rows, not scale resistors alone."""
        return bool(self.memristor_terms)

    @property
    def memristor_terms(self) -> tuple[Term, ...]:
        """Return the terms that are memristors; scale resistors and lent amplifiers have no crosspoint."""
        return tuple(term for term in self.terms if term.memristive)

    @property
    def rows(self) -> tuple[Term, ...]:
        """Return the terms that are rows of devices."""
        return tuple(term for term in self.terms if term.kind != "follow")

    @property
    def follows(self) -> tuple[Term, ...]:
        """Return the terms whose max pools the first TIAs can buffer."""
        return tuple(term for term in self.terms if term.kind == "follow")


def middle_of(name: str) -> str:
    """Return the name of the outputs of a stage's first TIAs."""
    return name + MIDDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All stages of a chip in topological order; `joins` are concatenations of their outputs, which need only wires."""

    image_shape: Shape
    stages: tuple[Stage, ...]
    joins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    selects: dict[str, bool] = field(default_factory=dict)  # select nets and their states; empty without switches
    # What follows from the fields above: stages by name, and shapes as `shapes` returns them.
    _named: dict[str, Stage] = field(init=False, repr=False, compare=False)
    _shapes: dict[str, Shape] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look up names and shapes once: they are asked for again for every term of every stage."""
        shapes: dict[str, Shape] = {INPUT: self.image_shape, BIAS_RAIL: (1, 1, 1)}
        shapes.update({stage.name: stage.shape for stage in self.stages})
        shapes.update({middle_of(stage.name): stage.shape for stage in self.stages if stage.follows})
        for name, drivers in self.joins.items():
            _, height, width = shapes[drivers[0]]
            shapes[name] = (sum(shapes[driver][0] for driver in drivers), height, width)
        object.__setattr__(self, "_named", {stage.name: stage for stage in self.stages})
        object.__setattr__(self, "_shapes", shapes)

    def stage(self, name: str) -> Stage:
        """Return the stage of that name."""
        return self._named[name]

    def driver(self, source: str) -> Stage:
        """Return the stage that drives `source`, which is the name of a stage output or of a `middle`."""
        return self.stage(source.removesuffix(MIDDLE))

    def on(self, select: str) -> bool:
        """Tell whether a select net is high; "" stands for devices without one, which are always in."""
        return self.selects[select] if select else True

    def drivers(self, source: str) -> tuple[str, ...]:
        """Return the stages whose outputs make up `source`, in channel order."""
        return self.joins.get(source, (source,))

    def shapes(self) -> Mapping[str, Shape]:
        """Return the shapes (channels, height, width) of the input, the bias rail, outputs, middles and joins."""
        return self._shapes

    def shape(self, source: str) -> Shape:
        """Return the shape (channels, height, width) of the input, the bias rail, an output, a middle or a join."""
        return self._shapes[source]
