# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductance that every driven net of a chip is loaded with, summed from kernels without unrolling a crossbar.

`measurement.chip_cost` takes the power of large chips from these loads and the nets' voltages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import AVERAGE_OHM, compensated_feedback, signal
from memnet.deployment import (
    ChannelRows,
    ChipDevices,
    DenseRows,
    Deployment,
    RowGroup,
    Stage,
    buffered_term,
    middle_of,
    program_stage,
    shares,
)
from memnet.operators import inside, unroll

Values = npt.NDArray[Any]
Siemens = dict[str, Values]


@dataclass(slots=True, kw_only=True)
class Loads:
    """Conductances G from driven nets into virtual grounds, by the net group that drives them.

    A load at v volts takes the current G v and turns G v^2 into heat. Both hold to within 1 / open-loop gain, since a
    virtual ground is not exactly at 0 V.
    """

    crossbars: Siemens = field(default_factory=dict)  # memristors on the rows of each net group, (channels, pixels)
    resistors: Siemens = field(default_factory=dict)  # scale resistors, feedbacks and couplings, (channels, pixels)
    bias_siemens: float = 0.0  # all memristors on the bias rail

    @staticmethod
    def of(deployment: Deployment) -> Loads:
        """Return the loads of a chip of nominal devices, its switches as the select nets of its plan set them."""
        loads = Loads()
        for stage in deployment.plan.stages:
            if stage.kind == "crossbar":
                loads._crossbar(stage, deployment)
            elif stage.kind == "average":
                loads._average(stage, deployment)
        return loads

    def _crossbar(self, stage: Stage, deployment: Deployment) -> None:
        programmed = program_stage(stage, ChipDevices(deployment))
        for group in programmed.groups:
            loads = self.resistors if group.minus is None else self.crossbars
            self._rows(loads, stage, group.term.source, group.term.rectified, row_siemens(group), deployment)
        self.bias_siemens += float(programmed.real.bias_plus.sum() + programmed.real.bias_minus.sum())
        designed, gain = programmed.designed, deployment.technology.opamp.gain
        program = deployment.programs[stage.name]
        nominal = program.feedback_ohm(deployment.technology)[:, None]
        coupling = 1.0 / program.coupling_ohm(deployment.technology)[:, None]
        first = 1.0 / compensated_feedback(nominal, designed.plus, gain, stage.name)
        second = 1.0 / compensated_feedback(nominal, designed.minus + coupling, gain, stage.name)
        # A first amplifier that buffers a pool has the same voltage at both ends of its feedback, which takes no
        # current.
        lent = buffered_term(stage, deployment.plan) is not None
        _add(self.resistors, middle_of(stage.name), coupling + (0.0 * first if lent else first))
        _add(self.resistors, signal(stage.name, not stage.raw), second)

    def _average(self, stage: Stage, deployment: Deployment) -> None:
        term = stage.terms[0]
        channels, height, width = deployment.plan.shape(term.source)
        crossings = unroll(term.window, (channels, height, width), stage.shape)
        scale = deployment.scale_rows().rows(term.source)[crossings.rows]
        siemens = -deployment.scales[stage.name] * shares(term, crossings) / (AVERAGE_OHM * scale)
        rows = np.bincount(crossings.rows, weights=siemens, minlength=channels * height * width)
        self._rows(self.resistors, stage, term.source, term.rectified, rows.reshape(channels, -1), deployment)
        _add(self.resistors, stage.name, np.full((stage.shape[0], stage.shape[1] * stage.shape[2]), 1.0 / AVERAGE_OHM))

    def _rows(
        self, loads: Siemens, stage: Stage, source: str, rectified: bool, siemens: Values, deployment: Deployment
    ) -> None:
        """Add the conductances of rows, (channels, pixels) of `source`, to the loads of the stages that drive them."""
        shapes, first = deployment.plan.shapes(), 0
        for driver in deployment.plan.drivers(source):
            last = first + shapes[driver][0]
            _add(loads, signal(driver, rectified), siemens[first:last])
            first = last


def row_siemens(group: RowGroup) -> Values:
    """Return the conductance on each row of a group, into plus and minus columns together, (channels, pixels)."""
    siemens = group.plus if group.minus is None else group.plus + group.minus
    match group.rows:
        case DenseRows() as rows:
            return _dense(rows, siemens)
        case ChannelRows() as rows:
            read, pixels = rows.pattern.rows, rows.source[1] * rows.source[2]
            return np.stack([np.bincount(read, weights=row, minlength=pixels) for row in rows.wide(siemens)])
        case other:
            raise TypeError(f"{group.term.unit}: no loads are known of {type(other).__name__}")


def _dense(rows: DenseRows, siemens: Values) -> Values:
    """Return the conductance on each row of dense windows, (channels, pixels) of the source.

    `siemens` is (output channels, input channels * taps), the same for all output pixels.
    """
    channels, height, width = rows.source
    total: Values = np.zeros((channels, height * width))
    for piece in rows.pieces:
        offsets, (_, _, columns) = piece.window.offsets, rows.target
        per_tap = siemens[piece.first : piece.last].sum(axis=0).reshape(channels, len(offsets))
        seen = inside(piece.window, rows.source, rows.target)
        for tap, (dy, dx) in enumerate(offsets):
            y, x = np.divmod(np.flatnonzero(seen[tap]), columns)
            row = (y * piece.window.stride + dy) * width + x * piece.window.stride + dx
            total += per_tap[:, tap, None] * np.bincount(row, minlength=height * width)
    return total


def _add(loads: Siemens, name: str, siemens: Values) -> None:
    loads[name] = loads[name] + siemens if name in loads else siemens
