# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of nets and devices that contain their place in the network, for exports and the placement table.

Inside a block, a net is called after its group and its place: `plus_c1y0x2` is the plus column of channel 1, row 0,
column 2 of the output map; `in0_c3y0x1` is a pixel of the first net group that the block reads. A memristor is called
after its side and group of rows, its column and its row: `rp0_c1y0x2_in0_c3y0x1` is on the plus side (`p`), in the
block's first group of rows (`0`), and joins row `in0_c3y0x1` to column `plus_c1y0x2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from memnet.circuit import GROUND, RECTIFIED, Bank, Block, Circuit, NetGroup, Nets
from memnet.deployment import BIAS_RAIL, MIDDLE
from memnet.netlist.elements import Element, element_of
from memnet.netlist.templates import Bytes, digits, joined, repeated

_AXES = ("c", "y", "x")
_OUTPUTS = {RECTIFIED: "relu", MIDDLE: "middle"}  # names of outputs other than a block's plain one


def identifier(path: str) -> str:
    """Return a path such as `cell0/node2/edge0-skip_connect` as a name that every dialect accepts, in lower case."""
    return re.sub(r"\W", "_", path, flags=re.ASCII).lower()


def place_names(shape: tuple[int, ...]) -> Bytes:
    """Return (nets, width) characters that name all places of a shape: `c1y0x2`, or `c1` where maps have one pixel."""
    count = int(np.prod(shape))
    if len(shape) == 1:
        return digits(np.arange(count))
    axes = shape[:1] if shape[1:] == (1, 1) else shape
    places = np.unravel_index(np.arange(count), shape)
    return np.concatenate([digits(places[axis], _AXES[axis]) for axis in range(len(axes))], axis=1)


def group_names(group: NetGroup, prefix: str) -> Bytes:
    """Return (nets, width) characters of a group's names; in a group of shape (1,) the net's name is the prefix."""
    if group.shape == (1,):
        return repeated(prefix, 1)
    places = place_names(group.shape)
    return joined(repeated(f"{prefix}_", len(places)), places)


class NetNames:
    """The names of some groups of nets, looked up by net number."""

    def __init__(self, groups: Iterable[tuple[NetGroup, str]]) -> None:
        each = ((group.first, group_names(group, prefix)) for group, prefix in groups if 0 not in group.shape)
        named = sorted(each, key=lambda pair: pair[0])
        named.insert(0, (GROUND, repeated("0", 1)))
        width = max(names.shape[1] for _, names in named)
        self._firsts = np.array([first for first, _ in named])
        self._starts = np.cumsum([0, *(len(names) for _, names in named[:-1])])
        self._names = np.concatenate([np.pad(names, ((0, 0), (0, width - names.shape[1]))) for _, names in named])

    def __call__(self, nets: Nets) -> Bytes:
        """Return (n, width) characters of the names of nets, padded with NUL."""
        group = np.searchsorted(self._firsts, nets, side="right") - 1
        names: Bytes = self._names[self._starts[group] + nets - self._firsts[group]]
        return names

    def strings(self, nets: Nets) -> list[str]:
        """Return the names of a few nets as strings."""
        return [row.tobytes().replace(b"\0", b"").decode() for row in self(nets)]


def net_prefixes(block: Block) -> dict[str, str]:
    """Return what the names of nets begin with inside a block's subcircuit, by net group; no bank is built for that."""
    prefixes = {name: "bias" if name == BIAS_RAIL else f"in{index}" for index, name in enumerate(block.inputs)}
    prefixes |= {name: _OUTPUTS.get(name.removeprefix(block.name), "out") for name in block.outputs}
    inside = len(block.name) + 1
    return prefixes | {name: identifier(name[inside:]) for name in block.internal}


class BlockNames:
    """Names of nets and devices inside one block's subcircuit."""

    def __init__(self, circuit: Circuit, block: Block) -> None:
        self.block = block
        self.bias = circuit.groups[BIAS_RAIL].first
        self.prefixes = net_prefixes(block)
        groups = circuit.groups
        self.nets = NetNames((groups[name], prefix) for name, prefix in self.prefixes.items())
        self._places = NetNames((groups[name], "") for name in (*block.outputs, *block.internal))
        banks = block.banks[:]
        elements = [element_of(bank) for bank in banks]
        self.labels = _labels(banks, elements, self.nets)
        self._naming = [element.naming for element in elements]
        self._bias_rows = [
            _ordinals(bank, self.bias) if element.naming == "pair row" else None
            for bank, element in zip(banks, elements, strict=True)
        ]

    def devices(self, at: int, rows: slice) -> Bytes:
        """Return (devices, width) characters: names of some devices of bank number `at`, without the prefix.

        Devices are called after the bank's label, the place of the net that they drive, and the net of their row
        (`pair row`, `row`); after label and place (`lent`); after the place alone (`place`); or after the whole name of
        the net that they drive (`net`).
        """
        bank, naming = self.block.banks[at], self._naming[at]
        driven = bank.drives()[-1][rows]
        if naming == "net":
            return joined(repeated("_", len(driven)), self.nets(driven))
        place = self._places(driven)
        if naming == "place":
            return place
        labelled = joined(repeated(self.labels[at], len(place)), place)
        if naming == "lent":
            return labelled
        row, ordinal = self.nets(bank.reads()[0][rows]), self._bias_rows[at]
        if ordinal is not None:
            row = joined(row, digits(ordinal[rows]))
        return joined(labelled, joined(repeated("_", len(place)), row))

    def instances(self, at: int, prefix: str) -> list[str]:
        """Return the names of all devices of bank number `at`, each starting with `prefix`."""
        ends = self.devices(at, slice(0, None))
        lines = joined(joined(repeated(prefix, len(ends)), ends), repeated("\n", len(ends)))
        return lines.tobytes().replace(b"\0", b"").decode().split()


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
