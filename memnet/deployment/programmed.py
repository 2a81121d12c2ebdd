# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductances of one crossbar stage as rows and column sums, for the numeric engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment.chip_devices import ChipDevices
from memnet.deployment.mapping import Deployment
from memnet.deployment.row_groups import ChannelRows, DenseRows, Rows
from memnet.deployment.scales import shares
from memnet.deployment.stages import INPUT, Stage, Term
from memnet.operators import Shape, dense_pieces

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """The rows of one term with their conductances into the plus and the minus columns, in siemens.

    `plus` and `minus` are in the layout of `rows`; `minus` is None for scale resistors. Rows that are switched out have
    the leakage conductance of their open switches. `silent` rows carry 0 V, since no stage that drives them has power.
    """

    term: Term
    rows: Rows
    plus: Values
    minus: Values | None
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSums:
    """Conductance into every column, (channels, pixels) siemens: of all rows, and of the bias rows among them.

    That of bias rows is their current over `Programmed.bias_v`, which is another one than at small voltages where the
    shape of a law moves with the state.
    `bias_plus_squares` and `bias_minus_squares` are sums of squares of the bias rows, in S^2: each device has a read
    noise of its own, so that variances add up, not currents.
    """

    plus: Values
    minus: Values
    bias_plus: Values
    bias_minus: Values
    bias_plus_squares: Values
    bias_minus_squares: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Programmed:
    """The rows of a stage with the conductances of one chip.

    `real` are the column sums of these conductances, `designed` those of nominal devices, which the feedback resistors
    are compensated for. `gains`, of plus and of minus columns, (channels, pixels), are what feedbacks make up for: see
    `arrays.feedback`; None where they make up for nothing. `bias_v` is the voltage that bias rows have, or with which
    resistors in place of memristors give the same currents.
    """

    groups: tuple[RowGroup, ...]
    real: ColumnSums
    designed: ColumnSums
    bias_v: float
    shared: bool  # every pixel of a channel has the same conductances
    gains: tuple[Values, Values] | None = None


def program_stage(stage: Stage, devices: ChipDevices) -> Programmed:
    """Return the conductances of a crossbar stage as they stand on a chip."""
    signals = [term for term in stage.rows if term.kind != "bias"]
    nominal = tuple(_switched(_nominal(stage, term, devices), devices) for term in signals)
    bias = _bias(stage, devices, real=False)
    groups = aimed = tuple(_with(stage, group, devices.aimed) for group in nominal)
    designed = _sums(aimed, bias)
    if not devices.own_devices:
        real = _sums(_sloped(groups, devices), bias) if devices.moving else designed
    else:
        groups = tuple(_with(stage, group, devices.real) for group in nominal)
        real = _sums(_sloped(groups, devices), _bias(stage, devices, real=True))
    return Programmed(
        groups=groups,
        real=real,
        designed=designed,
        bias_v=devices.bias_v,
        shared=not devices.per_device,
    )


def _nominal(stage: Stage, term: Term, devices: ChipDevices) -> RowGroup:
    source = devices.deployment.plan.shape(term.source)
    if term.kind != "weights":
        return _resistors(stage, term, devices.deployment, source)
    plus, minus = devices.targets(stage, term)
    if term.window.dense:
        rows: Rows = DenseRows(pieces=dense_pieces(term.window, stage.shape[0]), source=source, target=stage.shape)
        return RowGroup(term=term, rows=rows, plus=plus.reshape(len(plus), -1), minus=minus.reshape(len(minus), -1))
    rows = ChannelRows(window=term.window, source=source, target=stage.shape)
    return RowGroup(term=term, rows=rows, plus=plus.reshape(len(plus), -1), minus=minus.reshape(len(minus), -1))


def _resistors(stage: Stage, term: Term, deployment: Deployment, source: Shape) -> RowGroup:
    """Return the scale resistors that bring a pool or a skip into the plus columns."""
    rows = ChannelRows(window=term.window, source=source, target=stage.shape)
    program = deployment.programs[stage.name]
    ohm = program.feedback_ohm(deployment.technology) * deployment.scale_rows().channels(term.source)
    if term.kind == "copy":
        return RowGroup(term=term, rows=rows, plus=(program.scale_v / ohm)[:, None], minus=None)
    plus = program.scale_v * shares(term, rows.pattern) / ohm[:, None]
    return RowGroup(term=term, rows=rows, plus=plus.reshape(-1), minus=None)


def _switched(group: RowGroup, devices: ChipDevices) -> RowGroup:
    """Return a group with its select net's state applied: leakage where it is out, `silent` where nothing drives it."""
    plan, term = devices.deployment.plan, group.term
    dead = not any(plan.on(plan.driver(name).gate) for name in plan.drivers(term.source) if name != INPUT)
    silent = dead and term.source != INPUT
    if plan.on(term.select):
        return replace(group, silent=silent)
    if group.minus is None:
        return replace(group, silent=silent, plus=_open(group.plus, devices.deployment))
    return replace(group, silent=silent, plus=_out(group.plus, devices), minus=_out(group.minus, devices))


def _out(siemens: Values, devices: ChipDevices) -> Values:
    """Return the conductances of memristors that are switched out; a cell's transistor that is off conducts nothing."""
    return np.zeros_like(siemens) if devices.has_transistors else _open(siemens, devices.deployment)


def _open(siemens: Values, deployment: Deployment) -> Values:
    """Return the conductances with open switches, given those with closed switches in series."""
    switch = deployment.technology.switch
    return np.asarray(1.0 / (1.0 / siemens - switch.ron_ohm + switch.roff_ohm))


def _with(stage: Stage, group: RowGroup, of: Callable[[Stage, Term], tuple[Values, Values] | None]) -> RowGroup:
    """Return a group with the conductances of each device; scale resistors and rows that are out stay nominal."""
    each = None if group.minus is None else of(stage, group.term)
    return group if each is None else replace(group, plus=each[0], minus=each[1])


def _sloped(groups: tuple[RowGroup, ...], devices: ChipDevices) -> tuple[RowGroup, ...]:
    """Return groups of rows with the conductances that virtual grounds see, where the shape of a law moves."""
    moving = devices.moving
    if moving is None:
        return groups
    return tuple(
        group
        if group.minus is None or not devices.deployment.plan.on(group.term.select)
        else replace(
            group,
            plus=moving.slopes(group.plus, group.term.rectified),
            minus=moving.slopes(group.minus, group.term.rectified),
        )
        for group in groups
    )


def bias_siemens(stage: Stage, term: Term, devices: ChipDevices, *, real: bool) -> tuple[Values, Values]:
    """Return the conductances of one term's bias rows into plus and minus columns, (channels, pixels, rows) each.

    Parameters
    ----------
    real : those of the chip, not those that devices are programmed to
    """
    channels, pixels = stage.shape[0], stage.shape[1] * stage.shape[2]
    sampled = devices.real(stage, term) if real else devices.aimed(stage, term)
    if sampled is not None:
        plus, minus = (side.astype(np.float64) for side in sampled)
        return plus, minus
    sides = []
    for target in devices.targets(stage, term):
        siemens: Values = np.broadcast_to(target.reshape(channels, 1, -1), (channels, pixels, target.shape[2]))
        on = devices.deployment.plan.on(term.select)
        sides.append(siemens if on else _out(siemens, devices))
    return sides[0], sides[1]


def _bias(stage: Stage, devices: ChipDevices, *, real: bool) -> tuple[Values, ...]:
    """Return sums over all bias rows into the plus and the minus columns, (channels, pixels) each.

    They are conductances at small voltages, siemens; currents over the rows' voltage, siemens; and squares of the
    latter, siemens squared; plus before minus.
    """
    channels, pixels = stage.shape[0], stage.shape[1] * stage.shape[2]
    totals, moving = [np.zeros((channels, pixels)) for _ in range(6)], devices.moving
    for term in stage.terms:
        if term.kind != "bias":
            continue
        on = devices.deployment.plan.on(term.select)
        for side, siemens in enumerate(bias_siemens(stage, term, devices, real=real)):
            chords = siemens if moving is None or not on else moving.bias_chords(siemens)
            for number, each in enumerate((siemens, chords, chords**2)):
                totals[side + 2 * number] = totals[side + 2 * number] + each.sum(axis=2)
    return tuple(totals)


def _sums(groups: tuple[RowGroup, ...], bias: tuple[Values, ...]) -> ColumnSums:
    plus, minus = bias[:2]
    for group in groups:
        plus = plus + group.rows.sums(group.plus)
        if group.minus is not None:
            minus = minus + group.rows.sums(group.minus)
    return ColumnSums(
        plus=plus,
        minus=minus,
        bias_plus=bias[2],
        bias_minus=bias[3],
        bias_plus_squares=bias[4],
        bias_minus_squares=bias[5],
    )
