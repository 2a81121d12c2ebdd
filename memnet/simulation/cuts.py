"""Cuts a circuit into parts of one deck each, and a part out of its circuit; knows no simulator and no executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from memnet.circuit import (
    GROUND,
    Bank,
    Block,
    Circuit,
    Drawn,
    Followers,
    Memristors,
    NetGroup,
    Nets,
    ScaleResistors,
    Selectors,
    Switches,
    TiaPairs,
)
from memnet.netlist import external_groups

Floats = npt.NDArray[np.float64]
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The blocks of one deck, what they read and what others need of them."""

    name: str
    blocks: tuple[Block, ...]
    reads: tuple[str, ...]  # net groups driven by other parts, or the input
    drives: tuple[str, ...]  # net groups of its outputs; some columns of each where a block is split


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a deck should be, in seconds of predicted work; `cost_s` predicts a block."""

    cost_s: Callable[[Block], float]
    least_s: float  # smaller parts share a deck
    most_s: float  # larger parts are taken apart, and their blocks split


def partition(circuit: Circuit, *, flat: bool = False, limits: Limits | None = None) -> tuple[Part, ...]:
    """Cut a circuit at the op-amp outputs between its partitions; with `flat`, not at all.

    The cut is exact because every op-amp output is an ideal source. With `limits`, large blocks are also split by
    output column (columns share nothing but their rows, which ideal sources drive) and small parts share a deck.
    Parts come in topological order.
    """
    groups: dict[str, list[Block]] = {}
    for block in circuit.blocks:
        groups.setdefault("net" if flat else block.partition, []).append(block)
    parts = [_part(name, blocks) for name, blocks in groups.items()]
    if limits is not None and not flat:
        parts = [piece for part in parts for piece in _apart(circuit, part, limits)]
        parts = _together(parts, limits)
    return tuple(_topological(parts))


def _part(name: str, blocks: Sequence[Block]) -> Part:
    drives = tuple(dict.fromkeys(group for block in blocks for group in block.outputs))
    return Part(name=name, blocks=tuple(blocks), reads=tuple(external_groups(blocks)), drives=drives)


def _apart(circuit: Circuit, part: Part, limits: Limits) -> list[Part]:
    """Return a large part as its blocks, each split by output column where it is large itself."""
    if sum(map(limits.cost_s, part.blocks)) <= limits.most_s:
        return [part]
    pieces: list[Part] = []
    for block in part.blocks:
        count = int(np.ceil(limits.cost_s(block) / limits.most_s))
        pieces += [_part(piece.name, [piece]) for piece in split(circuit, block, count)]
    return pieces


def split(circuit: Circuit, block: Block, count: int) -> list[Block]:
    """Return a block as at most `count` blocks, each with some of its output columns and all that drives those.

    Crossbars are split by pixel, so that a piece reads few rows, or by channel where there are fewer pixels than
    pieces; pools by channel, since neighbouring windows share comparators.
    """
    channels, *pixels = circuit.groups[block.outputs[0]].shape
    columns = np.arange(channels * int(np.prod(pixels))).reshape(channels, -1)
    by_pixel = block.kind == "crossbar" and columns.shape[1] >= count
    order, unit = (columns.T, channels) if by_pixel else (columns, columns.shape[1] if block.kind != "crossbar" else 1)
    chunks = np.array_split(order.reshape(-1, unit), min(count, order.size // unit))
    if len(chunks) == 1:
        return [block]
    ends, tally = np.cumsum([0, *(len(chunk) for chunk in chunks)]).tolist(), block.tally()
    return [
        replace(
            block,
            name=f"{block.name}[{at + 1} of {len(chunks)}]",
            banks=Drawn(
                tally.share(ends[at + 1], ends[-1]) - tally.share(ends[at], ends[-1]),  # nearly: borders have less
                partial(cone, circuit, block, np.sort(chunk.reshape(-1))),
            ),
        )
        for at, chunk in enumerate(chunks)
    ]


def cone(circuit: Circuit, block: Block, columns: Nets) -> tuple[Bank, ...]:
    """Return the devices of a block that its outputs at `columns` depend on."""
    wanted = np.zeros(circuit.nets + 1, dtype=bool)
    for group in block.outputs:
        wanted[circuit.groups[group].nets[columns]] = True
    banks: list[Bank] = []
    for bank in reversed(block.banks):
        if isinstance(bank, Memristors | ScaleResistors):
            keep = wanted[bank.column]
        else:
            keep = wanted[bank.second if isinstance(bank, Switches) else bank.out]
            for net in _inputs(bank):
                wanted[net[keep]] = True
        if keep.any():
            banks.append(_filtered(bank, keep))
    return tuple(reversed(banks))


def _inputs(bank: Bank) -> tuple[Nets, ...]:
    match bank:
        case TiaPairs():
            return (bank.plus, bank.minus) if bank.positive is None else (bank.plus, bank.minus, bank.positive)
        case Followers():
            return (bank.input,)
        case Selectors():
            return bank.first, bank.second
        case Memristors() | ScaleResistors():
            return ()
        case Switches():
            return (bank.first,)
        case _:
            return (bank.sum,)


def _filtered(bank: Bank, keep: npt.NDArray[np.bool_]) -> Bank:
    arrays = {name: value[keep] for name, value in _arrays(bank)}
    return replace(bank, **arrays)  # type: ignore[arg-type]


def _arrays(bank: Bank) -> list[tuple[str, npt.NDArray[np.generic]]]:
    named = ((field.name, getattr(bank, field.name)) for field in fields(bank))
    return [(name, value) for name, value in named if isinstance(value, np.ndarray)]


def _together(parts: Sequence[Part], limits: Limits) -> list[Part]:
    """Let small parts of one level share a deck; parts of one level do not depend on each other."""
    levels = _levels(parts)
    merged: list[Part] = []
    for level in sorted(set(levels.values())):
        cost, batch = 0.0, list[Part]()
        for part in parts:
            if levels[part.name] != level:
                continue
            own = sum(map(limits.cost_s, part.blocks))
            if batch and cost + own > limits.least_s:
                merged.append(_joined(batch))
                cost, batch = 0.0, []
            cost += own
            batch.append(part)
        merged.append(_joined(batch))
    return merged


def _joined(parts: Sequence[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    names = [part.name for part in parts]
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return _part(", ".join(names[:_NAMES_SHOWN]) + more, [block for part in parts for block in part.blocks])


def _levels(parts: Sequence[Part]) -> dict[str, int]:
    """Return for each part the length of the longest chain of parts that it needs."""
    levels: dict[str, int] = {}
    needs = needed(parts)
    for part in _topological(parts):
        levels[part.name] = 1 + max((levels[name] for name in needs[part.name]), default=-1)
    return levels


def _topological(parts: Sequence[Part]) -> list[Part]:
    from graphlib import TopologicalSorter

    by_name = {part.name: part for part in parts}
    return [by_name[name] for name in TopologicalSorter(needed(parts)).static_order()]


def needed(parts: Sequence[Part]) -> dict[str, tuple[str, ...]]:
    """Return for each part the names of the parts that drive what it reads."""
    drivers: dict[str, list[str]] = {}
    for part in parts:
        for group in part.drives:
            drivers.setdefault(group, []).append(part.name)
    return {
        part.name: tuple(dict.fromkeys(name for group in part.reads for name in drivers.get(group, ())))
        for part in parts
    }


def longest_first(parts: Sequence[Part], seconds: Mapping[str, float]) -> list[Part]:
    """Return parts by what has to follow them, the longest chain first: whoever starts them so waits least in the end.

    A part always comes before those that need it.
    """
    needs, ahead = needed(parts), dict.fromkeys((part.name for part in parts), 0.0)
    chain: dict[str, float] = {}
    for part in reversed(parts):
        chain[part.name] = ahead[part.name] + seconds[part.name]
        for name in needs[part.name]:
            ahead[name] = max(ahead[name], chain[part.name])
    return sorted(parts, key=lambda part: -chain[part.name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A part with a circuit of its own, small enough to send to a worker.

    Nets are numbered anew, so that the text of a deck depends on nothing outside the part. A net group has the nets
    that the part touches; `places` says which nets of the whole group those are.
    """

    circuit: Circuit
    part: Part
    places: dict[str, Nets]  # by net group the part reads or drives

    def of(self, whole: Mapping[str, Floats], groups: Iterable[str]) -> dict[str, Floats]:
        """Return the columns of (points, nets of the whole group) arrays that the part touches."""
        return {name: whole[name][:, self.places[name]] for name in groups}


def excerpt(circuit: Circuit, part: Part) -> Excerpt:
    """Return a part with a circuit of its own, all drawn."""
    drawn = [block.banks[:] for block in part.blocks]  # once
    arrays = [value for banks in drawn for bank in banks for _, value in _arrays(bank)]
    bias = circuit.groups["bias"].nets
    used = np.unique(np.concatenate([bias, *(value for value in arrays if value.dtype == np.int64)]))
    used = used[used != GROUND]
    internal = dict.fromkeys(name for block in part.blocks for name in block.internal)
    groups, places = dict[str, NetGroup](), dict[str, Nets]()
    fresh, last = np.zeros(len(used), dtype=np.int64), GROUND
    for name in dict.fromkeys(("bias", *part.reads, *internal, *part.drives)):
        whole = circuit.groups[name]
        low, high = np.searchsorted(used, [whole.first, whole.first + int(np.prod(whole.shape))])
        count = int(high - low)
        fresh[low:high] = np.arange(last + 1, last + 1 + count)
        shape = whole.shape if count == int(np.prod(whole.shape)) else (count,)
        groups[name] = NetGroup(name=name, first=last + 1, shape=shape)
        places[name] = used[low:high] - whole.first
        last += count

    def renumbered(bank: Bank) -> Bank:
        nets = {
            name: np.where(value == GROUND, GROUND, fresh[np.searchsorted(used, np.maximum(value, used[0]))])
            for name, value in _arrays(bank)
            if value.dtype == np.int64
        }
        return replace(bank, **nets)  # type: ignore[arg-type]

    blocks = tuple(
        replace(block, banks=tuple(map(renumbered, banks))) for block, banks in zip(part.blocks, drawn, strict=True)
    )
    local = replace(circuit, blocks=blocks, groups=groups, nets=last)
    return Excerpt(circuit=local, part=replace(part, blocks=blocks), places=places)
