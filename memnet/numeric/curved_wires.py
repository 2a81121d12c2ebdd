# SPDX-License-Identifier: GPL-3.0-or-later
"""What the curves of memristors with a law I = G f(V) add to the outputs of a stage with wires: one correction step.

Wires take d of the voltage of a device, so that it carries G f(V - d) where resistors at drivers of f(V) carry
G (f(V) - d). The difference is taken to second order in d, which is found with the resistors; see `arrays.curved`.
Offsets of op-amps are part of d, since they lift the virtual grounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays import CurvedUnits, WiredStage
from memnet.deployment import ChipDevices, Stage, Term
from memnet.numeric.bends import Bend
from memnet.units import Floats

Values = npt.NDArray[Any]
STEP_V = 2e-3  # between the voltages that slope and curvature of f are taken from
HELD_VALUES = 2**22  # drops of devices that are computed at once


class CurvedWires:
    """The correction of one stage.

    Parameters
    ----------
    units : its tiles
    plus_ohm, minus_ohm : volts at the outputs per ampere that flows into the plus columns, and that is taken from
        those of current into the minus columns, (channels, pixels)
    lifted : share of a shut output's negative voltage that its minus column is lifted by, (channels, pixels); None
        where outputs are not rectified
    """

    def __init__(
        self,
        stage: Stage,
        units: Sequence[CurvedUnits],
        devices: ChipDevices,
        plus_ohm: Floats,
        minus_ohm: Floats,
        lifted: Floats | None,
        dtype: npt.DTypeLike,
    ) -> None:
        self.units, self.devices, self.dtype = units, devices, np.dtype(dtype)
        self.maps = [
            tuple(each.astype(dtype) for each in (unit.tiles.drops, unit.tiles.lifts, unit.tiles.excess))
            for unit in units
        ]
        sides = [devices.offsets(stage, side, plus_ohm.shape) for side in ("plus", "minus")]
        # of plus and minus columns in turn, (channels, 2, pixels)
        self.offsets_v = np.stack(sides, axis=1).astype(dtype) if devices.any_offset else None
        self.plus_ohm, self.minus_ohm = (each.astype(dtype)[:, :, None] for each in (plus_ohm, minus_ohm))
        self.lifted = None if lifted is None else lifted.astype(dtype)[:, :, None]
        self.bias = self._bend(np.full((1, 1), devices.bias_rail_v, dtype=dtype))

    @classmethod
    def of(
        cls,
        stage: Stage,
        wired: WiredStage | None,
        devices: ChipDevices,
        plus_ohm: Floats,
        minus_ohm: Floats,
        lifted: Floats | None,
        dtype: npt.DTypeLike,
    ) -> CurvedWires | None:
        """Return the correction of a stage; None where it has no wires or its memristors are linear."""
        if wired is None or not wired.curved:
            return None
        return cls(stage, wired.curved, devices, plus_ohm, minus_ohm, lifted, dtype)

    def _bend(self, volts: Values) -> Bend:
        return Bend.of(self.devices.law_v, volts, STEP_V)

    def add(
        self,
        out: Values,
        terms: Sequence[Term],
        sources: Sequence[Values],
        rows_v: Sequence[Values | None],
    ) -> None:
        """Add the correction to outputs (channels, pixels, images) in place, before they are rectified.

        Parameters
        ----------
        terms : those that carry a signal
        sources : for each of `terms` what its rows carry, (channels, pixels, images) volts
        rows_v : for each of `terms` the volts V of its rows where `sources` has f(V); None where it has V, for devices
            that are linear
        """
        images = out.shape[2]
        lift = None if self.lifted is None else -self.lifted * np.minimum(out, 0)
        bends = {
            term.unit: Bend.straight(source.reshape(-1, images))
            if volts is None
            else self._bend(volts.reshape(-1, images))
            for term, source, volts in zip(terms, sources, rows_v, strict=True)
        }
        for unit, (drops, lifts, excess) in zip(self.units, self.maps, strict=True):
            for pixels in self._blocks(unit, images):
                channels = unit.channels[:, unit.wide.start // 2 : unit.wide.stop // 2, None]
                at = channels, unit.pixels[pixels]
                shape = *channels.shape[:2], len(at[1]), images
                rows = self._rows(unit, bends, pixels, images)
                taken = drops @ rows.read
                if lift is not None:
                    taken += lifts[..., 1::2] @ lift[at].reshape(*shape[:2], -1)
                if self.offsets_v is not None:
                    grounds_v = self.offsets_v[channels[:, :, 0]][..., at[1]].reshape(len(lifts), -1, len(at[1]))
                    taken.reshape(*taken.shape[:2], -1, images)[...] += (lifts @ grounds_v)[..., None]
                currents = _currents(rows, taken, excess)
                out[at] += self.plus_ohm[at] * currents[:, 0::2].reshape(shape)
                out[at] -= self.minus_ohm[at] * currents[:, 1::2].reshape(shape)

    def _blocks(self, unit: CurvedUnits, images: int) -> Iterator[slice]:
        """Yield pixels of a unit in blocks of bounded size."""
        groups, devices, _ = unit.tiles.drops.shape
        at_once = max(1, HELD_VALUES // (groups * devices * images))
        for first in range(0, len(unit.pixels), at_once):
            yield slice(first, first + at_once)

    def _rows(self, unit: CurvedUnits, bends: Mapping[str, Bend], pixels: slice, images: int) -> Bend:
        """Return what the rows of a unit's tiles carry at some pixels, (groups or 1, rows, pixels * images)."""
        groups = max((1 if reads is None else len(reads) for _, reads, _ in unit.rows), default=1)
        count = len(unit.pixels[pixels])
        parts: list[Bend] = []
        for name, reads, rows in unit.rows:
            if reads is None:
                found = self.bias.at((np.zeros((1, rows, 1, 1), dtype=np.int64), 0))
            elif name in bends:
                found = bends[name].at(reads[:, :, pixels])
            else:  # nothing drives it
                found = Bend.straight(np.zeros((1, rows, 1, 1), dtype=self.dtype))
            parts.append(found)

        def joined(arrays: list[Values]) -> Values:
            wide = [np.broadcast_to(each, (groups, each.shape[1], count, images)) for each in arrays]
            return np.concatenate(wide, axis=1)[:, unit.high].reshape(groups, -1, count * images)

        return Bend(
            read=joined([part.read for part in parts]),
            slope=joined([part.slope for part in parts]),
            curvature=joined([part.curvature for part in parts]),
        )


def _currents(rows: Bend, taken: Values, excess: Values) -> Values:
    """Return the excess currents into the columns of tiles, (groups, columns, pixels * images) amperes.

    `taken` are the volts that devices have less than their rows, (groups, rows * columns, pixels * images); it changes.
    """
    by_row = taken.reshape(len(taken), rows.read.shape[1], -1, taken.shape[2])
    by_row *= rows.curvature[:, :, None] * by_row - rows.slope[:, :, None]
    return np.asarray(excess @ taken)
