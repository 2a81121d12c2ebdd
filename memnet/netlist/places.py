# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of nets and devices that contain their place in the network, for exports and the placement table.

Inside a block, a net is called after its group and its place: `plus_c1y0x2` is the plus column of channel 1, row 0,
column 2 of the output map; `in0_c3y0x1` is a pixel of the first net group that the block reads. A memristor is called
after its side and group of rows, its column and its row: `rp0_c1y0x2_in0_c3y0x1` is on the plus side (`p`), in the
block's first group of rows (`0`), and joins row `in0_c3y0x1` to column `plus_c1y0x2`. Nets on wires are called after
the memristor that stands there: `row_wires_p0_c1y0x2_in0_c3y0x1` on the wire of its row, `column_wires_...` on that of
its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from memnet.circuit import GROUND, RECTIFIED, WIRE_GROUPS, Bank, Block, Circuit, NetGroup, Nets, WiredMemristors
from memnet.deployment import BIAS_RAIL, MIDDLE
from memnet.netlist.elements import Element, element_of
from memnet.netlist.texts import Column, Text, digits, objects, strings

_AXES = (b"c", b"y", b"x")
_OUTPUTS = {RECTIFIED: "relu", MIDDLE: "middle"}  # names of outputs other than a block's plain one


def identifier(path: str) -> str:
    """Return a path such as `cell0/node2/edge0-skip_connect` as a name that every dialect accepts, in lower case."""
    return re.sub(r"\W", "_", path, flags=re.ASCII).lower()


@lru_cache(maxsize=16)
def place_names(shape: tuple[int, ...]) -> npt.NDArray[np.object_]:
    """Return the names of all places of a shape, (nets,) bytes: `c1y0x2`, or `c1` where maps have one pixel."""
    if len(shape) == 1:
        return objects([b"%d" % number for number in range(shape[0])])
    sizes = shape[:1] if shape[1:] == (1, 1) else shape
    axes = [[b"%s%d" % (letter, number) for number in range(size)] for letter, size in zip(_AXES, sizes, strict=False)]
    return objects(list(map(b"".join, product(*axes))))


class NetNames:
    """The names of some groups of nets, looked up by net number.

    A name is the group's prefix, `_` and the net's place; in a group of shape (1,) it is the prefix alone.

    Parameters
    ----------
    own : names of the nets of some groups in place of their places, (nets,) bytes, by the group's first net
    """

    def __init__(
        self, groups: Iterable[tuple[NetGroup, str]], own: Mapping[int, npt.NDArray[np.object_]] | None = None
    ) -> None:
        self._own = own or {}
        named = sorted((pair for pair in groups if 0 not in pair[0].shape), key=lambda pair: pair[0].first)
        self._firsts = np.array([GROUND, *(group.first for group, _ in named)])
        self._shapes = [(1,), *(group.shape for group, _ in named)]
        self._prefixes = [b"0", *(prefix.encode() for _, prefix in named)]

    def __call__(self, nets: Nets) -> Text:
        """Return the names of one or more nets."""
        ends = np.array([nets.min(), nets.max()])
        first, last = self._groups(ends)
        if first == last:  # as in nearly all banks: their index is a subtraction
            prefix, names = self._names(first)
            low, high = ends - self._firsts[first]
            return prefix, Column(names[low : high + 1], nets - ends[0])
        group = self._groups(nets)
        read, at = np.unique(group, return_inverse=True)
        tables = [prefix + names for prefix, names in map(self._names, read.tolist())]
        starts = np.cumsum([0, *map(len, tables[:-1])])
        return (Column(np.concatenate(tables), starts[at] + nets - self._firsts[group]),)

    def strings(self, nets: Nets) -> list[str]:
        """Return the names of one or more nets as strings."""
        return strings(self(nets), len(nets))

    def _groups(self, nets: Nets) -> Nets:
        """Return the position of each net's group."""
        return np.searchsorted(self._firsts, nets, side="right") - 1

    def _names(self, group: int) -> tuple[bytes, npt.NDArray[np.object_]]:
        """Return what the names of a group begin with, and how they go on, (nets,) bytes."""
        prefix, shape, first = self._prefixes[group], self._shapes[group], int(self._firsts[group])
        if first in self._own:
            return prefix + b"_", self._own[first]
        return (prefix, objects([b""])) if shape == (1,) else (prefix + b"_", place_names(shape))


def net_prefixes(block: Block) -> dict[str, str]:
    """Return what the names of nets begin with inside a block's subcircuit, by net group; no bank is built for that."""
    prefixes = {name: "bias" if name == BIAS_RAIL else f"in{index}" for index, name in enumerate(block.inputs)}
    prefixes |= {name: _OUTPUTS.get(name.removeprefix(block.name), "out") for name in block.outputs}
    inside = len(block.name) + 1
    return prefixes | {name: identifier(name[inside:]) for name in block.internal}


class BlockNames:
    """Names of nets and devices inside one block's subcircuit, and its banks."""

    def __init__(self, circuit: Circuit, block: Block) -> None:
        self.banks = banks = block.banks[:]
        self.bias = circuit.groups[BIAS_RAIL].first
        self.prefixes = net_prefixes(block)
        groups = circuit.groups
        self.nets = NetNames((groups[name], prefix) for name, prefix in self.prefixes.items())
        self._places = NetNames((groups[name], "") for name in (*block.outputs, *block.internal))
        elements = [element_of(bank) for bank in banks]
        self.labels = _labels(banks, elements, self.nets)
        self._naming = [element.naming for element in elements]
        self._net_labels = [element.label for element in elements]
        self._bias_rows = [
            _ordinals(bank, self.bias) if element.naming == "pair row" else None
            for bank, element in zip(banks, elements, strict=True)
        ]
        wires = [groups[name] for name in block.internal if name.removeprefix(f"{block.name}/") in WIRE_GROUPS]
        if wires:
            beside = self._beside_memristors()
            own = {group.first: beside for group in wires}
            self.nets = NetNames(((groups[name], prefix) for name, prefix in self.prefixes.items()), own)

    def _beside_memristors(self) -> npt.NDArray[np.object_]:
        """Return what nets on wires are called, (memristors,) bytes: after the memristors that stand at them."""
        wired = [at for at, bank in enumerate(self.banks) if isinstance(bank, WiredMemristors)]
        return objects([name.encode() for at in wired for name in self.instances(at, "")])

    def devices(self, at: int, rows: slice) -> Text:
        """Return the names of some devices, one or more, of bank number `at`, without the prefix.

        Devices are called after the bank's label, the place of the net that they drive, and the net of their row
        (`pair row`, `row`); after label and place (`lent`); after the place alone (`place`); or after the whole name of
        the net that they drive (`net`) or read (`line`).
        """
        bank, naming = self.banks[at], self._naming[at]
        driven = bank.drives()[-1][rows]
        if naming == "net":
            return f"_{self._net_labels[at]}".encode(), *self.nets(driven)
        if naming == "line":
            return b"_", *self.nets(bank.reads()[0][rows])
        place = self._places(driven)
        if naming == "place":
            return place
        labelled = self.labels[at].encode(), *place
        if naming == "lent":
            return labelled
        row, ordinal = self.nets(bank.reads()[0][rows]), self._bias_rows[at]
        return *labelled, b"_", *row, *(() if ordinal is None else digits(ordinal[rows]))

    def instances(self, at: int, prefix: str) -> list[str]:
        """Return the names of all devices of bank number `at`, each starting with `prefix`."""
        count = len(self.banks[at])
        return strings((prefix.encode(), *self.devices(at, slice(0, count))), count) if count else []


def _labels(banks: Sequence[Bank], elements: Sequence[Element], names: NetNames) -> tuple[str, ...]:
    """Return for each bank what its devices are called after the prefix.

    Memristors (`pair row`) are called after their side and the number of their group of rows, `p0` and `m0`, `p1` and
    `m1`; scale resistors (`row`) after the number alone. The switches at the noninverting inputs of amplifiers that are
    lent to max pools (`deployment.stages`) are `lent0` to ground, and `lent1` and so on to the max pools.
    """
    labels, group, lent = [], -1, -1
    for bank, element in zip(banks, elements, strict=True):
        if element.naming == "lent":
            lent += 1
            labels.append(f"lent{lent}" if bank.select else "")
            continue
        side = ""
        if element.naming == "pair row":
            side = "m" if len(bank) and names.strings(bank.drives()[-1][:1])[0].startswith("minus") else "p"
        if element.naming == "row" or side == "p":
            group += 1
        labels.append(f"{side}{group}")
    return tuple(labels)


def _ordinals(bank: Bank, bias: int) -> Nets | None:
    """Return the number of each bias device within its column, (devices,); None if the bank is not on the bias net."""
    row, column = bank.reads()[0], bank.drives()[-1]
    if not len(row) or row[0] != bias:
        return None
    index = np.arange(len(column))
    starts = np.maximum.accumulate(np.where(np.r_[True, column[1:] != column[:-1]], index, 0))
    return np.asarray(index - starts)
