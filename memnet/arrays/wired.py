# SPDX-License-Identifier: GPL-3.0-or-later
"""A crossbar stage with the wires of its tiles, for the numeric engine: what its rows and columns conduct in effect.

With one output pixel a tile, all that a pixel's columns see is on the pixel's own tiles, so wires change the
conductances of a stage and nothing of its shape: each conductance becomes that from the row's driver to the column's
virtual ground. Pixels whose tiles are equal, as all pixels away from the border are without device spread, are solved
once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays.curved import CurvedUnits, curved_tiles, reads_at
from memnet.arrays.patches import Integers
from memnet.arrays.tiles import channel_groups, memristor_terms
from memnet.arrays.wires import WiredTiles, wired_tiles
from memnet.deployment import (
    ChannelRows,
    ChipDevices,
    ColumnSums,
    Programmed,
    RowGroup,
    Rows,
    Stage,
    Term,
    Wiring,
    bias_siemens,
)
from memnet.operators import Shape, inside
from memnet.units import Floats

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredStage:
    """A stage with its wires.

    A minus column whose amplifier is shut loses its virtual ground, and feeds the other columns of its tile.

    Attributes
    ----------
    programmed : effective conductances, and column sums at the virtual grounds
    kinds : (pixels,) which of the different tiles each pixel has
    into_plus, into_minus : (kinds, channels, channels) siemens from the minus column of the last axis into the plus
        and into the minus column of the axis before; the diagonal of `into_minus` is 0
    curved : the tiles of memristors with a law; none where memristors are linear
    """

    programmed: Programmed
    kinds: Integers
    into_plus: Floats
    into_minus: Floats
    curved: tuple[CurvedUnits, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """Where the rows of one term stand in the arrays of its conductances, for the tiles of some groups at one pixel.

    Attributes
    ----------
    channels : (groups, members) output channels, one tile a group
    taken : (rows,) positions of the rows: in the last axis of dense conductances or of bias rows, and from the first
        crossing of a column on for a window that reads channel by channel
    reads : (rows,) the nets of the source that the rows read, flat over its channels and pixels; of channel 0 where a
        window reads channel by channel; 0 for bias rows
    """

    channels: Integers
    taken: Integers
    reads: Integers


def wire_stage(stage: Stage, programmed: Programmed, devices: ChipDevices, wiring: Wiring) -> WiredStage:
    """Return a crossbar stage with the wires of its tiles, one output pixel a tile."""
    return _Wired(stage, programmed, devices, wiring).result()


class _Wired:
    """Gathers the conductances of a stage's tiles, solves them, and puts the effective ones back."""

    def __init__(self, stage: Stage, programmed: Programmed, devices: ChipDevices, wiring: Wiring) -> None:
        self.stage, self.programmed, self.wiring = stage, programmed, wiring
        self.law = devices.memristor
        self.terms = memristor_terms(stage)
        self.channels, self.pixels = stage.shape[0], stage.shape[1] * stage.shape[2]
        plan = devices.deployment.plan
        self.sources: dict[str, Shape] = {term.unit: plan.shape(term.source) for term in self.terms}
        self.present = {
            term.unit: inside(term.window, self.sources[term.unit], stage.shape)
            for term in self.terms
            if term.kind != "bias"
        }
        self.groups: dict[str, RowGroup] = {group.term.unit: group for group in programmed.groups}
        self.bias = [term for term in self.terms if term.kind == "bias"]
        self.siemens = {term.unit: bias_siemens(stage, term, devices, real=True) for term in self.bias}
        for unit, group in self.groups.items():
            if group.minus is not None:
                self.siemens[unit] = _each(group.rows, group.plus), _each(group.rows, group.minus)
        self.kinds, self.first = self._kinds(devices.per_device)
        self.found = {term.unit: self._empty(term) for term in self.terms}
        shape = len(self.first), self.channels
        self.sums = np.zeros((2, *shape))  # side, kind, channel
        self.into_plus, self.into_minus = (np.zeros((*shape, self.channels)) for _ in range(2))

    def _kinds(self, per_device: bool) -> tuple[Integers, Integers]:
        """Return the kind of each pixel, (pixels,), and the first pixel of each kind."""
        if per_device:
            return np.arange(self.pixels), np.arange(self.pixels)
        masks = np.concatenate([np.ones((1, self.pixels), dtype=bool), *self.present.values()])
        _, first, kinds = np.unique(masks, axis=1, return_index=True, return_inverse=True)
        return kinds.reshape(-1), first

    def _empty(self, term: Term) -> tuple[Floats, Floats]:
        """Return arrays for the effective conductances of a term, plus and minus; those of bias rows are summed."""
        if term.kind == "bias":
            shape: tuple[int, ...] = (self.channels, self.pixels)
        else:
            shape = self.siemens[term.unit][0].shape
            if len(shape) == 2 and (len(self.first) > 1 or not self.present[term.unit].all()):
                shape = (self.pixels, *shape)
        return np.zeros(shape), np.zeros(shape)

    def result(self) -> WiredStage:
        """Solve all tiles, those of equal shape together."""
        by_shape: dict[tuple[int, int], list[tuple[int, list[_Lines], Floats]]] = {}
        curved: list[CurvedUnits] = []
        for kind, lines in self._units():
            siemens = self._gathered(kind, lines)
            curved += self._curved(kind, lines, siemens) if self.law else []
            by_shape.setdefault(siemens.shape[1:], []).append((kind, lines, siemens))
        for units in by_shape.values():
            wired = self._solved(np.concatenate([siemens for _, _, siemens in units]))
            at = 0
            for kind, lines, siemens in units:
                one = slice(at, at + len(siemens))
                self._put(kind, lines, WiredTiles(effective=wired.effective[one], sinks=wired.sinks[one]))
                at += len(siemens)
        return WiredStage(
            programmed=self._programmed(),
            kinds=self.kinds,
            into_plus=self.into_plus,
            into_minus=self.into_minus,
            curved=tuple(curved),
        )

    def _units(self) -> Iterator[tuple[int, list[_Lines]]]:
        """Yield for each kind of pixel, and for groups of as many channels that read the same taps, their rows."""
        group, taps = channel_groups(self.stage)
        alike: dict[tuple[int, tuple[int | None, ...]], list[Integers]] = {}
        for number in range(int(group.max()) + 1):
            members: Integers = np.flatnonzero(group == number)
            key = len(members), tuple(taps[term.unit][number] for term in self.terms)
            alike.setdefault(key, []).append(members)
        for (_, read), groups in alike.items():
            channels: Integers = np.stack(groups)
            for kind, pixel in enumerate(self.first.tolist()):
                found = [self._rows(term, tap, pixel) for term, tap in zip(self.terms, read, strict=True)]
                yield kind, [_Lines(channels=channels, taken=taken, reads=reads) for taken, reads in found]

    def _rows(self, term: Term, tap: int | None, pixel: int) -> tuple[Integers, Integers]:
        """Return `taken` and `reads` of a term's `_Lines` at one pixel, in the order of rows that `StageTiles` has."""
        if term.kind == "bias":
            rows = np.arange(self.siemens[term.unit][0].shape[2])
            return rows, 0 * rows
        window, (inputs, height, width) = term.window, self.sources[term.unit]
        taps = np.flatnonzero(self.present[term.unit][:, pixel])
        if tap is not None:
            taps = taps[taps == tap]
        y, x = divmod(pixel, self.stage.shape[2])
        offsets = np.array(window.offsets)[taps]
        read = (y * window.stride + offsets[:, 0]) * width + x * window.stride + offsets[:, 1]
        order = np.argsort(read)
        if not window.dense:
            return order, read[order]  # crossings of a column are in the order of taps
        kernel_tap, kernel_taps = (0 * taps, 1) if window.per_output else (taps[order], len(window.offsets))
        channels: Integers = np.arange(inputs)
        reads = read[order][:, None] + channels * (height * width)
        return (kernel_tap[:, None] + channels * kernel_taps).reshape(-1), reads.reshape(-1)

    def _index(self, term: Term, lines: _Lines, pixels: Integers, values: Values) -> Any:  # noqa: ANN401 - an index
        """Return where some pixels' conductances stand in an array of a term, (pixels, groups, members, rows)."""
        channels = lines.channels[:, :, None]
        if term.kind == "bias":
            return channels, pixels[:, None, None, None], lines.taken
        rows = self.groups[term.unit].rows
        if isinstance(rows, ChannelRows):
            return channels * len(rows.pattern.rows) + rows.pattern.starts[pixels][:, None, None, None] + lines.taken
        if values.ndim == 2:
            return channels, lines.taken
        return pixels[:, None, None, None], channels, lines.taken

    def _gathered(self, kind: int, lines: list[_Lines]) -> Floats:
        """Return the conductances of tiles, (groups, rows, columns) siemens, of one kind of pixel."""
        groups, members = lines[0].channels.shape
        siemens = np.empty((groups, sum(len(each.taken) for each in lines), 2 * members))
        row, pixel = 0, self.first[kind : kind + 1]
        for term, each in zip(self.terms, lines, strict=True):
            for side, values in enumerate(self.siemens[term.unit]):
                found = values[self._index(term, each, pixel, values)].reshape(groups, members, len(each.taken))
                siemens[:, row : row + len(each.taken), side::2] = found.swapaxes(1, 2)
            row += len(each.taken)
        return siemens

    def _solved(self, siemens: Floats) -> WiredTiles:
        """Return what units conduct, (units, rows, columns), each split into tiles that fit on an array."""
        units, rows, columns = siemens.shape
        effective, sinks = np.empty_like(siemens), np.zeros((units, columns, columns))
        for high, wide in self._split(rows, columns):
            found = wired_tiles(siemens[:, high, wide], self.wiring.row_ohm, self.wiring.column_ohm)
            effective[:, high, wide] = found.effective
            sinks[:, wide, wide] += found.sinks
        return WiredTiles(effective=effective, sinks=sinks)

    def _split(self, rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
        """Yield the rows and columns of each tile that what channels read is split into."""
        across = np.array_split(np.arange(columns).reshape(-1, 2), -(-columns // 2 // (self.wiring.columns // 2)))
        for down in np.array_split(np.arange(rows), -(-rows // self.wiring.rows)):
            for pairs in across:
                yield slice(down[0], down[-1] + 1), slice(pairs[0, 0], pairs[-1, 1] + 1)

    def _curved(self, kind: int, lines: list[_Lines], siemens: Floats) -> list[CurvedUnits]:
        """Return what memristors with a law need of the tiles of one kind of pixel, (groups, rows, columns) siemens."""
        pixels: Integers = np.flatnonzero(self.kinds == kind)
        rows = []
        for term, each in zip(self.terms, lines, strict=True):
            reads = None
            if term.kind != "bias":
                places = pixels, self.stage.shape[2], self.sources[term.unit]
                reads = reads_at(term.window, each.reads, each.channels, *places)
            rows.append((term.unit, reads, len(each.taken)))
        return [
            CurvedUnits(
                pixels=pixels,
                channels=lines[0].channels,
                rows=tuple(rows),
                high=high,
                wide=wide,
                tiles=curved_tiles(siemens[:, high, wide], self.wiring.row_ohm, self.wiring.column_ohm),
            )
            for high, wide in self._split(*siemens.shape[1:])
        ]

    def _put(self, kind: int, lines: list[_Lines], wired: WiredTiles) -> None:
        """Put what the tiles of one kind of pixel conduct in effect where it is read."""
        pixels, row, channels = np.flatnonzero(self.kinds == kind), 0, lines[0].channels
        for term, each in zip(self.terms, lines, strict=True):
            rows = wired.effective[:, row : row + len(each.taken)].swapaxes(1, 2)  # (groups, columns, rows)
            row += len(each.taken)
            for side, values in enumerate(self.found[term.unit]):
                if term.kind == "bias":
                    values[channels, pixels[:, None, None]] = rows[:, side::2].sum(axis=2)
                else:
                    values[self._index(term, each, pixels, values)] = rows[:, side::2]
        diagonal = np.einsum("gcc->gc", wired.sinks)
        self.sums[:, kind, channels] = diagonal[:, 0::2], diagonal[:, 1::2]
        others = ~np.eye(channels.shape[1], dtype=bool)
        block = kind, channels[:, :, None], channels[:, None, :]
        self.into_plus[block] = -wired.sinks[:, 0::2, 1::2]
        self.into_minus[block] = -wired.sinks[:, 1::2, 1::2] * others

    def _programmed(self) -> Programmed:
        """Return the stage with the effective conductances."""
        groups, real = [], self.programmed.real
        plus, minus = (side[self.kinds].T for side in self.sums)
        for group in self.programmed.groups:
            if group.minus is None:
                plus = plus + group.rows.sums(group.plus)
                groups.append(group)
            else:
                found = self.found[group.term.unit]
                groups.append(replace(group, plus=found[0], minus=found[1]))
        bias = [sum((self.found[term.unit][side] for term in self.bias), np.zeros_like(plus)) for side in (0, 1)]
        sums = ColumnSums(
            plus=plus,
            minus=minus,
            bias_plus=bias[0],
            bias_minus=bias[1],
            bias_plus_squares=real.bias_plus_squares,
            bias_minus_squares=real.bias_minus_squares,
        )
        return replace(self.programmed, groups=tuple(groups), real=sums, shared=False)


def _each(rows: Rows, siemens: Values) -> Values:
    """Return conductances with one for each crossing where columns read channels apart: tiles at borders differ."""
    return rows.wide(siemens).reshape(-1) if isinstance(rows, ChannelRows) else siemens
