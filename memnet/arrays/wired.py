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

import numpy as np

from memnet.arrays.curved import CurvedUnits, curved_tiles, reads_at
from memnet.arrays.feedback import column_gains
from memnet.arrays.patches import Integers
from memnet.arrays.units import Lines, StageUnits
from memnet.arrays.wires import WiredTiles, wired_tiles
from memnet.deployment import FEEDBACK, ChipDevices, ColumnSums, Programmed, Stage, Wiring, program_stage
from memnet.devices import DeviceSpread
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredStage:
    """A stage with its wires.

    A minus column whose amplifier is shut loses its virtual ground, and feeds the other columns of its tile. So does
    each column whose amplifier has an offset.

    Attributes
    ----------
    programmed : effective conductances, and column sums at the virtual grounds
    kinds : (pixels,) which of the different tiles each pixel has
    into_plus, into_minus : (kinds, channels, channels) siemens from the minus column of the last axis into the plus
        and into the minus column of the axis before; the diagonal of `into_minus` is 0. What flows from plus into minus
        columns is `into_plus` with its last two axes exchanged, by reciprocity
    between_plus : the same from plus into plus columns; the diagonal is 0
    curved : the tiles of memristors with a law; none where memristors are linear
    """

    programmed: Programmed
    kinds: Integers
    into_plus: Floats
    into_minus: Floats
    between_plus: Floats
    curved: tuple[CurvedUnits, ...] = ()


def wire_stage(stage: Stage, programmed: Programmed, devices: ChipDevices, wiring: Wiring) -> WiredStage:
    """Return a crossbar stage with the wires of its tiles, one output pixel a tile.

    With the remedy `feedback` its feedback resistors are designed for the wired columns, with all devices as they are
    programmed.
    """
    wired = _Wired(stage, programmed, devices, wiring)
    if FEEDBACK not in wiring.remedies:
        return wired.result(None)
    design = wired
    if devices.own_devices:
        nominal = replace(devices, spread=DeviceSpread(), given={})
        design = _Wired(stage, program_stage(stage, nominal), nominal, wiring)
    gains = column_gains(design.units, devices)
    designed = wired.sums(gains) if design is wired else design.sums(gains)
    found = wired.result(gains)
    return replace(found, programmed=replace(found.programmed, designed=designed, gains=gains))


def designed_stage(stage: Stage, devices: ChipDevices, wiring: Wiring) -> Programmed:
    """Return a stage with its wires and all devices as they are programmed: what its feedbacks are designed for."""
    nominal = replace(devices, spread=DeviceSpread(), given={})
    return wire_stage(stage, program_stage(stage, nominal), nominal, wiring).programmed


class _Wired:
    """Solves the tiles of a stage."""

    def __init__(self, stage: Stage, programmed: Programmed, devices: ChipDevices, wiring: Wiring) -> None:
        self.programmed, self.wiring, self.units = programmed, wiring, StageUnits(stage, programmed, devices)
        self.curved: list[CurvedUnits] = []
        shape = len(self.units.first), self.units.channels
        self.sides = np.zeros((2, *shape))  # into the tiles at the virtual grounds: side, kind, channel
        self.into_plus, self.into_minus, self.between_plus = (np.zeros((*shape, self.units.channels)) for _ in range(3))
        for places, siemens in self.units.by_shape():
            solved = solved_units(siemens, wiring)
            for kind, lines, one in places:
                self.units.put(kind, lines, solved.effective[one])
                self._put_sinks(kind, lines, solved.sinks[one])
                if devices.memristor is not None:
                    self.curved += self._curved(kind, lines, siemens[one])

    def _put_sinks(self, kind: int, lines: list[Lines], sinks: Floats) -> None:
        """Put what the columns of one kind of pixel conduct at their virtual grounds where it is read."""
        channels = lines[0].channels
        diagonal = np.einsum("gcc->gc", sinks)
        self.sides[:, kind, channels] = diagonal[:, 0::2], diagonal[:, 1::2]
        others = ~np.eye(channels.shape[1], dtype=bool)
        block = kind, channels[:, :, None], channels[:, None, :]
        self.into_plus[block] = -sinks[:, 0::2, 1::2]
        self.into_minus[block] = -sinks[:, 1::2, 1::2] * others
        self.between_plus[block] = -sinks[:, 0::2, 0::2] * others

    def _curved(self, kind: int, lines: list[Lines], siemens: Floats) -> list[CurvedUnits]:
        """Return what memristors with a law need of the tiles of one kind of pixel, (groups, rows, columns) siemens."""
        pixels: Integers = np.flatnonzero(self.units.kinds == kind)
        rows = []
        for term, each in zip(self.units.terms, lines, strict=True):
            reads = None
            if term.kind != "bias":
                places = pixels, self.units.stage.shape[2], self.units.sources[term.unit]
                reads = reads_at(term.window, each.reads, each.channels, *places)
            rows.append((term.unit, reads, len(each.taken)))
        ohms, both_ends = (self.wiring.row_ohm, self.wiring.column_in_effect_ohm), self.wiring.both_ends
        return [
            CurvedUnits(
                pixels=pixels,
                channels=lines[0].channels,
                rows=tuple(rows),
                high=high,
                wide=wide,
                tiles=curved_tiles(siemens[:, high, wide], *ohms, both_ends=both_ends, lead_ohm=self.wiring.lead_ohm),
            )
            for high, wide in split_unit(self.wiring, *siemens.shape[1:])
        ]

    def result(self, gains: tuple[Floats, Floats] | None) -> WiredStage:
        """Return the stage with the effective conductances; for `gains` see `sums`."""
        groups = []
        for group in self.programmed.groups:
            if group.minus is not None:
                plus, minus = self.units.found[group.term.unit]
                groups.append(replace(group, plus=plus, minus=minus))
            else:
                scaled = group.plus if gains is None else group.rows.scaled(group.plus, 1.0 / gains[0])
                groups.append(replace(group, plus=scaled))
        programmed = replace(self.programmed, groups=tuple(groups), real=self.sums(gains), shared=False)
        return WiredStage(
            programmed=programmed,
            kinds=self.units.kinds,
            into_plus=self.into_plus,
            into_minus=self.into_minus,
            between_plus=self.between_plus,
            curved=tuple(self.curved),
        )

    def sums(self, gains: tuple[Floats, Floats] | None) -> ColumnSums:
        """Return the column sums at the virtual grounds.

        Parameters
        ----------
        gains : what feedbacks make up for in plus and in minus columns, which scale resistors in plus columns are
            larger by; None where they make up for nothing
        """
        plus, minus = (side[self.units.kinds].T for side in self.sides)
        for group in self.programmed.groups:
            if group.minus is None:
                beside = group.rows.sums(group.plus)
                plus = plus + (beside if gains is None else beside / gains[0])
        bias = [
            sum((self.units.found[term.unit][side].sum(axis=2) for term in self.units.bias), np.zeros_like(plus))
            for side in (0, 1)
        ]
        real = self.programmed.real
        return ColumnSums(
            plus=plus,
            minus=minus,
            bias_plus=bias[0],
            bias_minus=bias[1],
            bias_plus_squares=real.bias_plus_squares,
            bias_minus_squares=real.bias_minus_squares,
        )


def solved_units(siemens: Floats, wiring: Wiring) -> WiredTiles:
    """Return what units conduct, (units, rows, columns), each split into tiles that fit on an array."""
    units, rows, columns = siemens.shape
    effective, sinks = np.empty_like(siemens), np.zeros((units, columns, columns))
    ohms = wiring.row_ohm, wiring.column_in_effect_ohm
    for high, wide in split_unit(wiring, rows, columns):
        found = wired_tiles(siemens[:, high, wide], *ohms, both_ends=wiring.both_ends, lead_ohm=wiring.lead_ohm)
        effective[:, high, wide] = found.effective
        sinks[:, wide, wide] += found.sinks
    return WiredTiles(effective=effective, sinks=sinks)


def split_unit(wiring: Wiring, rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Yield the rows and columns of each tile that a unit is split into."""
    across = np.array_split(np.arange(columns).reshape(-1, 2), -(-columns // 2 // (wiring.columns // 2)))
    for down in np.array_split(np.arange(rows), -(-rows // wiring.rows)):
        for pairs in across:
            yield slice(down[0], down[-1] + 1), slice(pairs[0, 0], pairs[-1, 1] + 1)
