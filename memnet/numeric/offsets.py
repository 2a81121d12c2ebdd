# SPDX-License-Identifier: GPL-3.0-or-later
"""What offsets of op-amps change where memristors have a law I = G f(V): an offset is seen through each curve's slope.

The virtual ground of a column stands at its op-amp's offset o, so that a device at a row of V volts carries G f(V - o).
The pairs of TIAs are computed with resistors at rows of f(V), G (f(V) - o). The rest, f(V - o) - f(V) + o, is 0 for
resistors; it is computed from the parabola through f(V - s), f(V) and f(V + s), where s is the largest offset of the
stage: to third order in s, a millionth of a millivolt at 1 mV.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import ChipDevices, Programmed, RowGroup, Stage, bias_siemens
from memnet.numeric.bends import Bend
from memnet.operators import LinearMap
from memnet.units import Floats

Values = npt.NDArray[Any]


class CurvedOffsets:
    """What the offsets of one stage add to its outputs.

    Parameters
    ----------
    plus_ohm, minus_ohm : volts at the outputs per ampere that flows into the plus columns, and that is taken from
        those of current into the minus columns, (channels, pixels)
    """

    def __init__(
        self,
        stage: Stage,
        devices: ChipDevices,
        programmed: Programmed,
        plus_ohm: Floats,
        minus_ohm: Floats,
        dtype: npt.DTypeLike,
    ) -> None:
        self.devices, on = devices, devices.deployment.plan.on
        offsets = [devices.offsets(stage, side, plus_ohm.shape) for side in ("plus", "minus")]
        self.step_v = max(float(np.abs(each).max()) for each in offsets)
        gains = list(zip((plus_ohm, -minus_ohm), offsets, strict=True))
        # by side: volts at the outputs per ampere times each power of the offset that `_bent` leaves out
        self.factors = [
            [(gain * power).astype(dtype)[:, :, None] for power in (-offset, offset**2)] for gain, offset in gains
        ]
        driven = [group for group in programmed.groups if not group.silent]
        self.maps = [self._sides(group, dtype) if on(group.term.select) else None for group in driven]
        constant: Floats = np.zeros_like(plus_ohm)
        for term in stage.terms:
            if term.kind == "bias" and on(term.select):
                sides = bias_siemens(stage, term, devices, real=True)
                bends = self._bent(np.asarray(devices.deployment.scales[term.source]))
                for (gain, offset), siemens in zip(gains, sides, strict=True):
                    constant = constant + gain * siemens.sum(axis=2) * (bends[1] * offset**2 - bends[0] * offset)
        self.constant = constant.astype(dtype)[:, :, None]

    @classmethod
    def of(
        cls,
        stage: Stage,
        devices: ChipDevices,
        programmed: Programmed,
        plus_ohm: Floats,
        minus_ohm: Floats,
        dtype: npt.DTypeLike,
    ) -> CurvedOffsets | None:
        """Return the offsets of a stage; None where memristors are linear, or where no op-amp has an offset."""
        if devices.memristor is None or not stage.memristive or not devices.any_offset:
            return None
        return cls(stage, devices, programmed, plus_ohm, minus_ohm, dtype)

    def _sides(self, group: RowGroup, dtype: npt.DTypeLike) -> tuple[LinearMap, ...] | None:
        """Return the maps into the plus and into the minus columns; None for scale resistors."""
        if group.minus is None:
            return None
        return tuple(group.rows.operator(side.astype(dtype)) for side in (group.plus, group.minus))

    def _bent(self, volts: Values) -> tuple[Values, Values]:
        """Return how far f's slope at some voltages is from 1, and half its curvature, per volt."""
        bend = Bend.of(self.devices.law_v, volts, self.step_v)
        return bend.slope, bend.curvature

    def __call__(self, rows_v: Sequence[Values | None]) -> Values:
        """Return what is added to the outputs, (channels, pixels, 1 or images) volts.

        Parameters
        ----------
        rows_v : for each driven term the volts of its rows, (channels, pixels, images)
        """
        out: Values = self.constant
        for maps, volts in zip(self.maps, rows_v, strict=True):
            if maps is None or volts is None:
                continue
            for order, bent in enumerate(self._bent(volts)):
                for side, factors in zip(maps, self.factors, strict=True):
                    out = out + factors[order] * side(bent)
        return out
