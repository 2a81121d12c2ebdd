# SPDX-License-Identifier: GPL-3.0-or-later
"""`Circuit`: the blocks of a chip, each the banks of one stage, and the net groups that connect them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from memnet.circuit.base import Bank, Nets, Tally
from memnet.devices import Access, MemristorModel
from memnet.technology import Technology


@dataclass(frozen=True, slots=True, kw_only=True)
class NetGroup:
    """Consecutive nets that belong together: net `first + flat index` for each index of `shape`."""

    name: str  # 'cell0/node2', 'cell0/node2/rectified', 'cell0/node2/plus'
    first: int
    shape: tuple[int, ...]

    @property
    def nets(self) -> Nets:
        """Return the net numbers, flat, in C order of `shape`."""
        return np.arange(self.first, self.first + int(np.prod(self.shape)), dtype=np.int64)


class OnDemand(Sequence[Bank]):
    """Banks that `make` builds when they are read, so that the banks of a large chip are never in memory all at once.

    `tally` counts their devices without building them.
    """

    def __init__(self, tally: Tally, make: Callable[[], tuple[Bank, ...]]) -> None:
        self.tally, self.make = tally, make

    @overload
    def __getitem__(self, index: int) -> Bank: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Bank, ...]: ...

    def __getitem__(self, index: int | slice) -> Bank | tuple[Bank, ...]:
        return self.make()[index]

    def __iter__(self) -> Iterator[Bank]:
        return iter(self.make())

    def __len__(self) -> int:
        return len(self.make())


def count_devices(banks: Iterable[Bank]) -> Tally:
    """Count the devices of some banks."""
    return sum((bank.tally() for bank in banks), Tally())


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One stage as a circuit: the net groups that it reads and drives, and its banks.

    `partition` names the partition that the block belongs to when the circuit is cut for simulation. Banks may be
    `OnDemand`, so that every loop over them may build them again: loop once and keep what is needed.
    """

    name: str
    kind: str
    partition: str
    inputs: tuple[str, ...]  # net groups it reads
    outputs: tuple[str, ...]  # net groups it drives
    internal: tuple[str, ...]  # net groups that no other block touches
    banks: Sequence[Bank]

    def tally(self) -> Tally:
        """Return how many devices of each kind the block has; `OnDemand` banks are not built for that."""
        return self.banks.tally if isinstance(self.banks, OnDemand) else count_devices(self.banks)

    def amplifiers(self) -> int:
        """Return the number of op-amps."""
        return self.tally().amplifiers

    def memristors(self) -> int:
        """Return the number of memristors."""
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
    memristor: MemristorModel | None = None  # law of all memristors; None for I = G V
    access: Access | None = None  # in series with each memristor

    def block(self, name: str) -> Block:
        """Return the block of that name."""
        return next(block for block in self.blocks if block.name == name)
