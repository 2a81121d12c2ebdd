"""Analog stages that stand between a network and its circuit: their rows, their kinds, and the plan of a chip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from memnet.deployment.windows import Shape, Window

StageKind = Literal["crossbar", "max_pool", "average"]
TermKind = Literal["weights", "bias", "average", "copy", "follow"]
INPUT = "input"
BIAS_RAIL = "bias"  # a fixed voltage that stands for the activation 1
MIDDLE = "/middle"  # ends the name of what the first amplifiers of a stage give, where others read that


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One group of rows of a stage: what it reads and through which window.

    `weights` and `bias` terms are memristors; `average` and `copy` terms are scale resistors into the plus column. A
    `follow` term is no row: while it is selected, and all rows are out, the first amplifier of each pair buffers it.
    `unit` is where the rows stand on the chip; `layer` names the network layer whose kernel or folded bias they carry,
    none where the rows are idle. `taps` gives for each tap of the window the kernel tap it carries, -1 for none; None
    where window and kernel are the same.
    """

    unit: str
    source: str  # the stage, join or rail that drives the rows
    rectified: bool
    window: Window
    kind: TermKind = "weights"
    layers: tuple[str, ...] = ()  # one for weights; a bias term carries the sum of several
    taps: tuple[int, ...] | None = None
    bias_rows: int | None = None  # rows that stand ready for a bias; None for as many as it needs
    select: str = ""  # select net that switches these rows in; "" where they are always in


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One rank of amplifiers and all that feeds it; its outputs are ideal sources, so the circuit may be cut there.

    A `crossbar` stage sums its terms in pairs of TIAs; a `max_pool` stage selects; an `average` stage is one
    inverting summing amplifier a channel. `raw` and `rectified` say which copies of the output its readers need.
    `layer` is the network layer whose activation the output holds: its own name on a chip of its own. A max pool that
    is not `buffered` may be read by `follow` terms alone, whose amplifiers draw no current. Where a stage has such
    terms, `grounded` is the select net of the switch that makes it an ordinary crossbar.
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
        """Whether followers make rectified copies beside the raw outputs."""
        return self.raw and self.rectified

    @property
    def rows(self) -> tuple[Term, ...]:
        """Return the terms that are rows of devices."""
        return tuple(term for term in self.terms if term.kind != "follow")

    @property
    def follows(self) -> tuple[Term, ...]:
        """Return what the first amplifiers can buffer instead."""
        return tuple(term for term in self.terms if term.kind == "follow")


def middle_of(name: str) -> str:
    """Return the name of what the first amplifiers of a stage give."""
    return name + MIDDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All stages of a chip in topological order; a join is a concatenation, which is wiring only."""

    image_shape: Shape
    stages: tuple[Stage, ...]
    joins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    selects: dict[str, bool] = field(default_factory=dict)  # select nets and their states; empty without switches

    def stage(self, name: str) -> Stage:
        """Return the stage of that name."""
        return next(stage for stage in self.stages if stage.name == name)

    def driver(self, source: str) -> Stage:
        """Return the stage whose amplifiers drive a source that is no join."""
        return self.stage(source.removesuffix(MIDDLE))

    def on(self, select: str) -> bool:
        """Tell whether a select net switches its units in; units without one always are."""
        return self.selects[select] if select else True

    def drivers(self, source: str) -> tuple[str, ...]:
        """Return the stages whose outputs make up `source`, in channel order."""
        return self.joins.get(source, (source,))

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of every stage output, join and the input."""
        shapes: dict[str, Shape] = {INPUT: self.image_shape, BIAS_RAIL: (1, 1, 1)}
        shapes.update({stage.name: stage.shape for stage in self.stages})
        shapes.update({middle_of(stage.name): stage.shape for stage in self.stages if stage.follows})
        for name, drivers in self.joins.items():
            _, height, width = shapes[drivers[0]]
            shapes[name] = (sum(shapes[driver][0] for driver in drivers), height, width)
        return shapes
