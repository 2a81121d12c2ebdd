"""Net groups, blocks of banks, and the circuit that they make up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from memnet.circuit.banks import Bank, Nets, Tally, tally_of
from memnet.technology import Technology


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


class OnDemand(Sequence[Bank]):
    """Banks that are drawn each time somebody looks at them, so that a large chip is never in memory whole."""

    def __init__(self, tally: Tally, make: Callable[[], tuple[Bank, ...]]) -> None:
        self.tally, self.make = tally, make

    @overload
    def __getitem__(self, at: int) -> Bank: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Bank, ...]: ...

    def __getitem__(self, at: int | slice) -> Bank | tuple[Bank, ...]:
        return self.make()[at]

    def __iter__(self) -> Iterator[Bank]:
        return iter(self.make())

    def __len__(self) -> int:
        return len(self.make())


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One stage as a circuit: what it reads, what it drives, and its banks.

    `partition` names the deck a block belongs to when a circuit is cut for simulation. Banks may be `OnDemand`: look at
    them once and keep what is needed.
    """

    name: str
    kind: str
    partition: str
    inputs: tuple[str, ...]  # net groups it reads
    outputs: tuple[str, ...]  # net groups it drives
    internal: tuple[str, ...]  # net groups that no other block touches
    banks: Sequence[Bank]

    def tally(self) -> Tally:
        """Count the devices, without drawing them."""
        return self.banks.tally if isinstance(self.banks, OnDemand) else sum(map(tally_of, self.banks), Tally())

    def amplifiers(self) -> int:
        """Count op-amps."""
        return self.tally().amplifiers

    def memristors(self) -> int:
        """Count memristors."""
        return self.tally().memristors


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
