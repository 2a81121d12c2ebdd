"""What every net group of a chip drives, in siemens, from kernels alone; knows no voltages, unrolls no crossbar."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import AVERAGE_OHM, compensated_feedback, signal
from memnet.deployment import (
    ChannelRows,
    DenseRows,
    Deployment,
    RowGroup,
    Stage,
    as_taps,
    buffered_term,
    channel_crossings,
    inside,
    middle_of,
    program_stage,
    shares,
)
from memnet.devices import DeviceSpread

Values = npt.NDArray[Any]
Siemens = dict[str, Values]


@dataclass(slots=True, kw_only=True)
class Loads:
    """Conductances from op-amp outputs into virtual grounds, (channels, pixels) siemens each, by net group.

    Heat is G v^2 of each and an op-amp's current the sum of its G v, both to within the op-amps' gain, since a virtual
    ground is that far from 0 V.
    """

    crossbars: Siemens = field(default_factory=dict)  # by the net group that drives the rows
    resistors: Siemens = field(default_factory=dict)  # scale resistors and feedbacks, likewise
    bias_siemens: float = 0.0  # all that the bias rail drives

    @staticmethod
    def of(deployment: Deployment) -> Loads:
        """Return the loads of all nominal devices of a chip, with switches as they stand."""
        loads = Loads()
        for stage in deployment.plan.stages:
            if stage.kind == "crossbar":
                loads._crossbar(stage, deployment)
            elif stage.kind == "average":
                loads._average(stage, deployment)
        return loads

    def _crossbar(self, stage: Stage, deployment: Deployment) -> None:
        programmed = program_stage(stage, deployment, DeviceSpread())
        for group in programmed.groups:
            whole = self.resistors if group.minus is None else self.crossbars
            self._rows(whole, stage, group.term.source, group.term.rectified, row_siemens(group), deployment)
        self.bias_siemens += float(programmed.real.bias_plus.sum() + programmed.real.bias_minus.sum())
        designed, gain = programmed.designed, deployment.technology.opamp.gain
        program = deployment.programs[stage.name]
        nominal = program.feedback_ohm(deployment.technology)[:, None]
        coupling = 1.0 / program.coupling_ohm(deployment.technology)[:, None]
        first = 1.0 / compensated_feedback(nominal, designed.plus, gain, stage.name)
        second = 1.0 / compensated_feedback(nominal, designed.minus + coupling, gain, stage.name)
        # A first amplifier that buffers something has the same voltage at both ends of its feedback.
        lent = buffered_term(stage, deployment.plan) is not None
        _add(self.resistors, middle_of(stage.name), coupling + (0.0 * first if lent else first))
        _add(self.resistors, signal(stage.name, not stage.raw), second)

    def _average(self, stage: Stage, deployment: Deployment) -> None:
        term = stage.terms[0]
        shape = channel_crossings(term.window, deployment.plan.shapes()[term.source], stage.shape)
        scale = deployment.scale_rows().rows(term.source)[shape.rows]
        share = shares(term, as_taps(shape), int(np.prod(stage.shape)))
        siemens = -deployment.scales[stage.name] * share / (AVERAGE_OHM * scale)
        channels, height, width = deployment.plan.shapes()[term.source]
        rows = np.bincount(shape.rows, weights=siemens, minlength=channels * height * width)
        self._rows(self.resistors, stage, term.source, term.rectified, rows.reshape(channels, -1), deployment)
        _add(self.resistors, stage.name, np.full((stage.shape[0], stage.shape[1] * stage.shape[2]), 1.0 / AVERAGE_OHM))

    def _rows(
        self, whole: Siemens, stage: Stage, source: str, rectified: bool, siemens: Values, deployment: Deployment
    ) -> None:
        """Add what a stage's rows conduct to the net groups that drive them, channel by channel of a join."""
        shapes, first = deployment.plan.shapes(), 0
        for driver in deployment.plan.drivers(source):
            last = first + shapes[driver][0]
            _add(whole, signal(driver, rectified), siemens[first:last])
            first = last


def row_siemens(group: RowGroup) -> Values:
    """Return the conductance that each row of a group sees, plus and minus columns together, (channels, pixels)."""
    siemens = group.plus if group.minus is None else group.plus + group.minus
    match group.rows:
        case DenseRows() as rows:
            return _dense(rows, siemens)
        case ChannelRows() as rows:
            total = np.bincount(rows.crossings.rows, weights=siemens, minlength=int(np.prod(rows.source)))
            return total.reshape(rows.source[0], -1)
        case other:
            raise TypeError(f"{group.term.unit}: no loads are known of {type(other).__name__}")


def _dense(rows: DenseRows, siemens: Values) -> Values:
    """Add up what the columns of every output pixel conduct; `siemens` is (out, in * taps), the same for all pixels."""
    channels, height, width = rows.source
    total: Values = np.zeros((channels, height * width))
    for piece in rows.pieces:
        offsets, (_, _, columns) = piece.window.offsets, rows.target
        per_tap = siemens[piece.first : piece.last].sum(axis=0).reshape(channels, len(offsets))
        seen = inside(piece.window, rows.source, rows.target)
        for tap, (dy, dx) in enumerate(offsets):
            y, x = np.divmod(np.flatnonzero(seen[tap]), columns)
            at = (y * piece.window.stride + dy) * width + x * piece.window.stride + dx
            total += per_tap[:, tap, None] * np.bincount(at, minlength=height * width)
    return total


def _add(whole: Siemens, name: str, siemens: Values) -> None:
    whole[name] = whole[name] + siemens if name in whole else siemens
