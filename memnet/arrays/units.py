# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductances of a stage as those of its tiles, and back: what a pixel's columns see stands on tiles of its own.

Conductances are kept in the layouts of the numeric engine (see `memnet.deployment.row_groups`). A unit is all that one
pixel's columns of one group of channels see, before it is split into tiles that fit on an array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays.patches import Integers
from memnet.arrays.tiles import channel_groups
from memnet.deployment import (
    ChannelRows,
    ChipDevices,
    Programmed,
    RowGroup,
    Rows,
    Stage,
    Term,
    bias_siemens,
)
from memnet.operators import Shape, inside
from memnet.units import Floats

Values = npt.NDArray[Any]
Sides = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
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


class StageUnits:
    """Gathers the conductances of a stage's units, and puts others in their place.

    Attributes
    ----------
    kinds : (pixels,) which of the different tiles each pixel has
    first : (kinds,) the first pixel of each kind
    siemens : conductances of each term by unit, plus and minus; bias rows are (channels, pixels, rows)
    found : what was put in their place
    """

    def __init__(self, stage: Stage, programmed: Programmed, devices: ChipDevices) -> None:
        self.stage = stage
        self.terms = stage.memristor_terms
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
                self.siemens[unit] = each_device(group.rows, group.plus), each_device(group.rows, group.minus)
        self.kinds, self.first = self._kinds(devices.own_devices)
        self.found: dict[str, Sides] = {term.unit: self._empty(term) for term in self.terms}

    def _kinds(self, per_device: bool) -> tuple[Integers, Integers]:
        """Return the kind of each pixel, (pixels,), and the first pixel of each kind."""
        if per_device:
            return np.arange(self.pixels), np.arange(self.pixels)
        masks = np.concatenate([np.ones((1, self.pixels), dtype=bool), *self.present.values()])
        _, first, kinds = np.unique(masks, axis=1, return_index=True, return_inverse=True)
        return kinds.reshape(-1), first

    def _empty(self, term: Term) -> Sides:
        """Return arrays for other conductances of a term, plus and minus."""
        shape = self.siemens[term.unit][0].shape
        narrow = term.kind != "bias" and len(shape) == 2
        if narrow and (len(self.first) > 1 or not self.present[term.unit].all()):
            shape = (self.pixels, *shape)
        return np.zeros(shape), np.zeros(shape)

    def by_shape(self) -> Iterator[tuple[list[tuple[int, list[Lines], slice]], Floats]]:
        """Yield all units of one shape: kind of pixel, lines and place of each, and (units, rows, columns) siemens."""
        by_shape: dict[tuple[int, ...], list[tuple[int, list[Lines], Floats]]] = {}
        for kind, lines in self._units():
            siemens = self._gathered(kind, lines)
            by_shape.setdefault(siemens.shape[1:], []).append((kind, lines, siemens))
        for units in by_shape.values():
            ends = np.cumsum([len(siemens) for _, _, siemens in units]).tolist()
            places = [
                (kind, lines, slice(end - len(siemens), end))
                for (kind, lines, siemens), end in zip(units, ends, strict=True)
            ]
            yield places, np.concatenate([siemens for _, _, siemens in units])

    def by_row(self, lines: list[Lines], values: Mapping[str, bool]) -> npt.NDArray[np.bool_]:
        """Return one value a term, by unit, as one a row of units, (rows,)."""
        return np.repeat([values[term.unit] for term in self.terms], [len(each.taken) for each in lines])

    def _units(self) -> Iterator[tuple[int, list[Lines]]]:
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
                yield kind, [Lines(channels=channels, taken=taken, reads=reads) for taken, reads in found]

    def _rows(self, term: Term, tap: int | None, pixel: int) -> tuple[Integers, Integers]:
        """Return `taken` and `reads` of a term's `Lines` at one pixel, in the order of rows that `StageTiles` has."""
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

    def _index(self, term: Term, lines: Lines, pixels: Integers, values: Values) -> Any:  # noqa: ANN401 - an index
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

    def _gathered(self, kind: int, lines: list[Lines]) -> Floats:
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

    def put(self, kind: int, lines: list[Lines], siemens: Floats) -> None:
        """Put conductances (groups, rows, columns) of one kind of pixel in place of those gathered."""
        pixels, row = np.flatnonzero(self.kinds == kind), 0
        for term, each in zip(self.terms, lines, strict=True):
            rows = siemens[:, row : row + len(each.taken)].swapaxes(1, 2)  # (groups, columns, rows)
            row += len(each.taken)
            for side, values in enumerate(self.found[term.unit]):
                values[self._index(term, each, pixels, values)] = rows[:, side::2]


def each_device(rows: Rows, siemens: Values) -> Values:
    """Return conductances with one for each crossing where columns read channels apart: tiles at borders differ."""
    return rows.wide(siemens).reshape(-1) if isinstance(rows, ChannelRows) else siemens
