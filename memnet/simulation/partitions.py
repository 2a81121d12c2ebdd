# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a circuit into partitions, which one deck each simulates, and extracts a partition as a small circuit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from memnet.circuit import GROUND, Bank, Block, Circuit, NetGroup, Nets, OnDemand
from memnet.deployment import BIAS_RAIL
from memnet.netlist import external_groups
from memnet.units import Floats

_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The blocks that one deck simulates, the net groups that they read and those that they drive."""

    name: str
    blocks: tuple[Block, ...]
    reads: tuple[str, ...]  # net groups driven by other partitions, or the network's input
    drives: tuple[str, ...]  # net groups of its outputs; only some columns of each where a block is split


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a deck should be, in predicted seconds."""

    effort_s: Callable[[Block], float]  # predicts the seconds of a block
    least_s: float  # smaller partitions share a deck
    most_s: float  # larger partitions are taken apart, and their blocks split


def partition_circuit(circuit: Circuit, *, flat: bool = False, limits: Limits | None = None) -> tuple[Partition, ...]:
    """Cut a circuit into partitions at op-amp outputs; with `flat`, return it as one partition.

    The cut is exact because every op-amp output is an ideal source. With `limits`, large blocks are also split by
    output column (columns share only their rows, which ideal sources drive), and small partitions share a deck. The
    partitions are in topological order: each comes after those that drive what it reads.
    """
    groups: dict[str, list[Block]] = {}
    for block in circuit.blocks:
        groups.setdefault("net" if flat else block.partition, []).append(block)
    partitions = [_partition(name, blocks) for name, blocks in groups.items()]
    if limits is not None and not flat:
        partitions = [piece for partition in partitions for piece in _apart(circuit, partition, limits)]
        partitions = _together(partitions, limits)
    return tuple(_topological(partitions))


def _partition(name: str, blocks: Sequence[Block]) -> Partition:
    drives = tuple(dict.fromkeys(group for block in blocks for group in block.outputs))
    return Partition(name=name, blocks=tuple(blocks), reads=tuple(external_groups(blocks)), drives=drives)


def _apart(circuit: Circuit, partition: Partition, limits: Limits) -> list[Partition]:
    """Return a large partition as one partition per block; blocks that are large too are split by output column."""
    if sum(map(limits.effort_s, partition.blocks)) <= limits.most_s:
        return [partition]
    pieces: list[Partition] = []
    for block in partition.blocks:
        count = int(np.ceil(limits.effort_s(block) / limits.most_s))
        pieces += [_partition(piece.name, [piece]) for piece in split(circuit, block, count)]
    return pieces


def split(circuit: Circuit, block: Block, count: int) -> list[Block]:
    """Return a block as at most `count` blocks, each with some of its output columns and all devices that drive these.

    Crossbars are split by pixel, so that each piece reads few rows, or by channel where there are fewer pixels than
    pieces. Other blocks (pools) are split by channel, since neighbouring windows share comparators.
    """
    channels, *pixels = circuit.groups[block.outputs[0]].shape
    columns = np.arange(channels * int(np.prod(pixels))).reshape(channels, -1)
    by_pixel = block.kind == "crossbar" and (columns.shape[1] >= count or block.tally().segments > 0)
    # columns in the order in which pieces take them, `unit` consecutive ones always into the same piece
    order, unit = (columns.T, channels) if by_pixel else (columns, columns.shape[1] if block.kind != "crossbar" else 1)
    chunks = np.array_split(order.reshape(-1, unit), min(count, order.size // unit))
    if len(chunks) == 1:
        return [block]
    ends, tally = np.cumsum([0, *(len(chunk) for chunk in chunks)]).tolist(), block.tally()
    return [
        replace(
            block,
            name=f"{block.name}[{i + 1} of {len(chunks)}]",
            banks=OnDemand(
                # an estimate: columns at the border of a map have fewer devices
                tally.share(ends[i + 1], ends[-1]) - tally.share(ends[i], ends[-1]),
                partial(cone, circuit, block, np.sort(chunk.reshape(-1))),
            ),
        )
        for i, chunk in enumerate(chunks)
    ]


def cone(circuit: Circuit, block: Block, columns: Nets) -> tuple[Bank, ...]:
    """Return the banks of a block with only the devices that its outputs at `columns` depend on.

    `columns` are flat positions in each output group of the block.
    """
    if block.tally().segments:  # all columns of a pixel are on the same tiles
        pixels = int(np.prod(circuit.groups[block.outputs[0]].shape[1:]))
        places = np.arange(int(np.prod(circuit.groups[block.outputs[0]].shape)))
        columns = places[np.isin(places % pixels, columns % pixels)]
    wanted = np.zeros(circuit.nets + 1, dtype=bool)  # by net number
    for group in block.outputs:
        wanted[circuit.groups[group].nets[columns]] = True
    banks: list[Bank] = []
    for bank in reversed(block.banks[:]):  # what a bank reads is driven by an earlier bank, or by another block
        keep = np.any([wanted[nets] for nets in bank.drives()], axis=0)
        for nets in bank.reads():
            wanted[nets[keep]] = True
        if keep.any():
            banks.append(bank.take(keep))
    return tuple(reversed(banks))


def column_partition(circuit: Circuit, block: Block, columns: Nets) -> Partition:
    """Return a partition of one block, with only the devices that its outputs at `columns` depend on: see `cone`."""
    return _partition(block.name, [replace(block, banks=cone(circuit, block, columns))])


def _together(partitions: Sequence[Partition], limits: Limits) -> list[Partition]:
    """Merge small partitions of one level, which do not depend on each other, so that they share a deck."""
    levels = _levels(partitions)
    merged: list[Partition] = []
    for level in sorted(set(levels.values())):
        batch_s, batch = 0.0, list[Partition]()
        for partition in partitions:
            if levels[partition.name] != level:
                continue
            partition_s = sum(map(limits.effort_s, partition.blocks))
            if batch and batch_s + partition_s > limits.least_s:
                merged.append(_joined(batch))
                batch_s, batch = 0.0, []
            batch_s += partition_s
            batch.append(partition)
        merged.append(_joined(batch))
    return merged


def _joined(partitions: Sequence[Partition]) -> Partition:
    if len(partitions) == 1:
        return partitions[0]
    names = [partition.name for partition in partitions]
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return _partition(
        ", ".join(names[:_NAMES_SHOWN]) + more, [block for partition in partitions for block in partition.blocks]
    )


def _levels(partitions: Sequence[Partition]) -> dict[str, int]:
    """Return, by name, the length of the longest chain of partitions that each partition needs."""
    levels: dict[str, int] = {}
    needs = needed(partitions)
    for partition in _topological(partitions):
        levels[partition.name] = 1 + max((levels[name] for name in needs[partition.name]), default=-1)
    return levels


def _topological(partitions: Sequence[Partition]) -> list[Partition]:
    from graphlib import TopologicalSorter

    by_name = {partition.name: partition for partition in partitions}
    return [by_name[name] for name in TopologicalSorter(needed(partitions)).static_order()]


def needed(partitions: Sequence[Partition]) -> dict[str, tuple[str, ...]]:
    """Return, by name, the partitions that drive what each partition reads."""
    drivers: dict[str, list[str]] = {}
    for partition in partitions:
        for group in partition.drives:
            drivers.setdefault(group, []).append(partition.name)
    return {
        partition.name: tuple(dict.fromkeys(name for group in partition.reads for name in drivers.get(group, ())))
        for partition in partitions
    }


def inner_groups(partition: Partition) -> tuple[str, ...]:
    """Return the net groups inside the blocks of a partition, each once."""
    return tuple(dict.fromkeys(name for block in partition.blocks for name in block.internal))


def needed_for(partitions: Sequence[Partition], groups: Collection[str]) -> tuple[Partition, ...]:
    """Return the partitions that the voltages of some net groups depend on, in the order given.

    A node that neither a later node nor the concatenation of its cell reads drives net groups that nobody reads, and
    so do the stages before it that it alone reads. A dc sweep leaves their decks out; a transient does not, because
    their amplifiers take power too.

    Parameters
    ----------
    partitions : in topological order
    groups : names of the net groups whose voltages are wanted
    """
    wanted, kept = set(groups), list[Partition]()
    for partition in reversed(partitions):
        if not wanted.isdisjoint((*partition.drives, *inner_groups(partition))):
            wanted.update(partition.reads)
            kept.append(partition)
    return tuple(reversed(kept))


def longest_first(partitions: Sequence[Partition], seconds: Mapping[str, float]) -> list[Partition]:
    """Return the partitions in the order in which to start them, so that all are done soonest.

    The longer the chain of partitions that begins with a partition, in predicted seconds, the earlier it comes. So it
    comes before all partitions that need it.

    Parameters
    ----------
    partitions : in topological order
    seconds : predicted seconds of each partition, by name
    """
    needs, following_s = needed(partitions), dict.fromkeys((partition.name for partition in partitions), 0.0)
    chain_s: dict[str, float] = {}
    for partition in reversed(partitions):
        chain_s[partition.name] = following_s[partition.name] + seconds[partition.name]
        for name in needs[partition.name]:
            following_s[name] = max(following_s[name], chain_s[partition.name])
    return sorted(partitions, key=lambda partition: -chain_s[partition.name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A partition as a circuit by itself, small enough to send to a worker.

    Nets are renumbered, so that the text of a deck depends on nothing outside the partition. A net group contains only
    the nets that the partition touches; `places` gives their flat positions in the group of the whole circuit.
    """

    circuit: Circuit
    partition: Partition
    places: dict[str, Nets]  # by net group

    def of(self, whole: Mapping[str, Floats], groups: Iterable[str]) -> dict[str, Floats]:
        """Return, for each of `groups`, the columns of `whole[group]`, (points, nets), that the partition touches."""
        return {name: whole[name][:, self.places[name]] for name in groups}


def excerpt(circuit: Circuit, partition: Partition) -> Excerpt:
    """Return a partition as a circuit by itself, with all its banks built."""
    built = [block.banks[:] for block in partition.blocks]  # banks on demand are built here only
    touched = [nets for banks in built for bank in banks for nets in bank.nets().values()]
    used = np.unique(np.concatenate([circuit.groups[BIAS_RAIL].nets, *touched]))
    used = used[used != GROUND]
    internal = dict.fromkeys(name for block in partition.blocks for name in block.internal)
    groups, places = dict[str, NetGroup](), dict[str, Nets]()
    new_number, last = np.zeros(len(used), dtype=np.int64), GROUND
    for name in dict.fromkeys((BIAS_RAIL, *partition.reads, *internal, *partition.drives)):
        group = circuit.groups[name]
        low, high = np.searchsorted(used, [group.first, group.first + int(np.prod(group.shape))])
        count = int(high - low)
        new_number[low:high] = np.arange(last + 1, last + 1 + count)
        shape = group.shape if count == int(np.prod(group.shape)) else (count,)
        groups[name] = NetGroup(name=name, first=last + 1, shape=shape)
        places[name] = used[low:high] - group.first
        last += count

    def renumbered(nets: Nets) -> Nets:
        return np.where(nets == GROUND, GROUND, new_number[np.searchsorted(used, np.maximum(nets, used[0]))])

    blocks = tuple(
        replace(block, banks=tuple(bank.renamed(renumbered) for bank in banks))
        for block, banks in zip(partition.blocks, built, strict=True)
    )
    local = replace(circuit, blocks=blocks, groups=groups, nets=last)
    return Excerpt(circuit=local, partition=replace(partition, blocks=blocks), places=places)
