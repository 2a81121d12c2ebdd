"""Banks of equal devices as arrays of nets and values, and the circuit they make up; knows no netlist text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from memnet.technology import Technology

Nets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
GROUND = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetGroup:
    """A run of nets that belong together: net `first + flat index` for each index of `shape`."""

    name: str  # 'cell0/node2', 'cell0/node2/rectified', 'cell0/node2/plus'
    first: int
    shape: tuple[int, ...]

    @property
    def nets(self) -> Nets:
        """Return the net numbers, flat, in C order of `shape`."""
        return np.arange(self.first, self.first + int(np.prod(self.shape)), dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memristors:
    """Crosspoint devices from row nets to column nets; all arrays (devices,)."""

    row: Nets
    column: Nets
    siemens: Floats
    select: str = ""  # select net that switches these devices in; "" where they always are


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleResistors:
    """Resistors that bring a pool or skip into a column at its scale; all arrays (resistors,)."""

    row: Nets
    column: Nets
    ohm: Floats
    select: str = ""  # select net that switches these devices in; "" where they always are


@dataclass(frozen=True, slots=True, kw_only=True)
class TiaPairs:
    """Differential columns: middle = -Rf sum(G+ v), out = Rf (sum(G+ v) - sum(G- v)); all arrays (columns,).

    A rectifying pair holds its output at 0 V and above. Feedbacks are compensated for the finite gain.
    """

    plus: Nets
    middle: Nets
    minus: Nets
    out: Nets
    feedback_plus: Floats  # ohm
    coupling: Floats  # ohm, from middle into the minus column
    feedback_minus: Floats  # ohm
    rectified: bool
    gate: str = ""  # select net that powers these amplifiers; "" where they always are


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverters:
    """Single summing amplifiers: out = -Rf sum(G v); all arrays (amplifiers,)."""

    sum: Nets
    out: Nets
    feedback: Floats  # ohm
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followers:
    """Unity-gain buffers of a net that must not be loaded, or its rectified copy; all arrays (amplifiers,)."""

    input: Nets
    out: Nets
    rectified: bool
    gate: str = ""  # select net that powers these amplifiers; "" where they always are


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """Comparators, each with two switches that pass the larger of two nets on; all arrays (selectors,)."""

    first: Nets
    second: Nets
    decision: Nets  # the comparator's output
    out: Nets
    gate: str = ""


def is_on(select: str, selects: Mapping[str, bool]) -> bool:
    """Tell whether a select net is high; what has none is always on."""
    return selects[select] if select else True


def series_ohm(bank: Memristors | ScaleResistors) -> Floats:
    """Return the programmed resistance of each device, its closed switch included."""
    return 1.0 / bank.siemens if isinstance(bank, Memristors) else bank.ohm


def effective_ohm(
    bank: Memristors | ScaleResistors, selects: Mapping[str, bool], technology: Technology
) -> Floats:
    """Return the resistance of each device between its nets: programmed, and with its switch open where it is out."""
    ohm, switch = series_ohm(bank), technology.switch
    return ohm if is_on(bank.select, selects) else ohm - switch.ron_ohm + switch.roff_ohm


Bank = Memristors | ScaleResistors | TiaPairs | Inverters | Followers | Selectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One stage as a circuit: what it reads, what it drives, and its banks.

    `partition` names the deck a block belongs to when a circuit is cut for simulation.
    """

    name: str
    kind: str
    partition: str
    inputs: tuple[str, ...]  # net groups it reads
    outputs: tuple[str, ...]  # net groups it drives
    internal: tuple[str, ...]  # net groups that no other block touches
    banks: tuple[Bank, ...]

    def amplifiers(self) -> int:
        """Count op-amps."""
        return sum(
            len(bank.out) * (2 if isinstance(bank, TiaPairs) else 1)
            for bank in self.banks
            if isinstance(bank, TiaPairs | Inverters | Followers)
        )

    def memristors(self) -> int:
        """Count memristors."""
        return sum(len(bank.row) for bank in self.banks if isinstance(bank, Memristors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A whole chip: net groups by name, and blocks in topological order."""

    groups: dict[str, NetGroup]
    blocks: tuple[Block, ...]
    technology: Technology
    bias_v: float
    input_scale_v: float  # volts per input unit
    output: str  # net group of the class outputs
    output_scale_v: float  # volts per logit
    nets: int  # net numbers run from 1 to this
    selects: dict[str, bool] = field(default_factory=dict)  # select nets and their states; empty without switches

    def block(self, name: str) -> Block:
        """Return the block of that name."""
        return next(block for block in self.blocks if block.name == name)
