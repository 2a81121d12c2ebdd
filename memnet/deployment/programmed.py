# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductances of one crossbar stage, for the numeric engine: nominal, or sampled device by device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment.crossings import Crossings, channel_crossings, dense_pieces, inside
from memnet.deployment.mapping import Deployment
from memnet.deployment.row_groups import ChannelRows, DenseRows, Rows
from memnet.deployment.scales import shares
from memnet.deployment.stages import BIAS_RAIL, INPUT, Stage, Term
from memnet.deployment.windows import Shape, Taps
from memnet.devices import DeviceSpread, level_conductances

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
    """Conductance into every column, (channels, pixels) siemens: of all rows, and of the bias rows among them."""

    plus: Values
    minus: Values
    bias_plus: Values
    bias_minus: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Programmed:
    """The rows of a stage with the conductances of one chip.

    `real` are the column sums of these conductances, `designed` those of nominal devices, which the feedback resistors
    are compensated for.
    """

    groups: tuple[RowGroup, ...]
    real: ColumnSums
    designed: ColumnSums
    bias_v: float
    shared: bool  # every pixel of a channel has the same conductances


def program_stage(stage: Stage, deployment: Deployment, spread: DeviceSpread) -> Programmed:
    """Return the conductances of a crossbar stage, sampled device by device where `spread` makes devices differ."""
    signals = [term for term in stage.rows if term.kind != "bias"]
    nominal = tuple(_switched(_nominal(stage, term, deployment), deployment) for term in signals)
    designed = _sums(nominal, *_bias(stage, deployment, None))
    if not spread.per_device:
        groups, real = nominal, designed
    else:
        groups = tuple(_real(stage, group, deployment, spread) for group in nominal)
        real = _sums(groups, *_bias(stage, deployment, spread))
    return Programmed(
        groups=groups,
        real=real,
        designed=designed,
        bias_v=deployment.scales[BIAS_RAIL],
        shared=not spread.per_device,
    )


def _nominal(stage: Stage, term: Term, deployment: Deployment) -> RowGroup:
    source = deployment.plan.shapes()[term.source]
    if term.kind != "weights":
        return _resistors(stage, term, deployment, source)
    device = deployment.technology.memristor
    pair = deployment.programs[stage.name].pairs[term.unit]
    plus, minus = (level_conductances(device, levels) for levels in (pair.plus, pair.minus))
    if term.window.dense:
        rows: Rows = DenseRows(pieces=dense_pieces(term.window, stage.shape[0]), source=source, target=stage.shape)
        return RowGroup(term=term, rows=rows, plus=plus.reshape(len(plus), -1), minus=minus.reshape(len(minus), -1))
    crossings = channel_crossings(term.window, source, stage.shape)
    rows = ChannelRows(crossings=crossings, source=source, target=stage.shape)
    return RowGroup(
        term=term, rows=rows, plus=plus.reshape(-1)[crossings.weight], minus=minus.reshape(-1)[crossings.weight]
    )


def _resistors(stage: Stage, term: Term, deployment: Deployment, source: Shape) -> RowGroup:
    """Return the scale resistors that bring a pool or a skip into the plus columns."""
    crossings = channel_crossings(term.window, source, stage.shape)
    share = shares(term, as_taps(crossings), int(np.prod(stage.shape)))
    program = deployment.programs[stage.name]
    feedback = program.feedback_ohm(deployment.technology)[crossings.columns // (stage.shape[1] * stage.shape[2])]
    scale = deployment.scale_rows().rows(term.source)[crossings.rows]
    rows = ChannelRows(crossings=crossings, source=source, target=stage.shape)
    return RowGroup(term=term, rows=rows, plus=program.scale_v * share / (feedback * scale), minus=None)


def _switched(group: RowGroup, deployment: Deployment) -> RowGroup:
    """Return a group with its select net's state applied: leakage where it is out, `silent` where nothing drives it."""
    plan, term = deployment.plan, group.term
    dead = not any(plan.on(plan.driver(name).gate) for name in plan.drivers(term.source) if name != INPUT)
    silent = dead and term.source != INPUT
    if plan.on(term.select):
        return replace(group, silent=silent)
    minus = None if group.minus is None else _open(group.minus, deployment)
    return replace(group, silent=silent, plus=_open(group.plus, deployment), minus=minus)


def _open(siemens: Values, deployment: Deployment) -> Values:
    """Return the conductances with open switches, given those with closed switches in series."""
    switch = deployment.technology.switch
    return np.asarray(1.0 / (1.0 / siemens - switch.ron_ohm + switch.roff_ohm))


def as_taps(shape: Crossings) -> Taps:
    """Return crossings as `Taps`, the form that `shares` takes."""
    output, source, weight = (array.astype(np.int64) for array in (shape.columns, shape.rows, shape.weight))
    return Taps(output=output, input=source, weight=weight)


def _real(stage: Stage, group: RowGroup, deployment: Deployment, spread: DeviceSpread) -> RowGroup:
    """Return a group with its memristors sampled one by one; scale resistors and rows that are out stay nominal."""
    if group.minus is None or not deployment.plan.on(group.term.select):
        return group
    device = deployment.technology.memristor
    sides = []
    for side, target in (("plus", group.plus), ("minus", group.minus)):
        present: Values | float = 1.0
        if isinstance(group.rows, DenseRows):
            present = _present(group.rows)
            target = np.broadcast_to(target.astype(np.float32), (len(present), *target.shape))
        sides.append(spread.programmed(target, device, stage.name, group.term.unit, side) * present)
    return replace(group, plus=sides[0], minus=sides[1])


def _present(rows: DenseRows) -> Values:
    """Return 1 where a crossing has a device, 0 where its tap falls on padding, (pixels, out or 1, in * taps or 1)."""
    pixels = rows.target[1] * rows.target[2]
    masks = [inside(piece.window, rows.source, rows.target) for piece in rows.pieces]
    if all(mask.all() for mask in masks):
        return np.ones((pixels, 1, 1), dtype=np.float32)
    wide = []
    for piece, mask in zip(rows.pieces, masks, strict=True):
        shape = (pixels, piece.last - piece.first, rows.source[0] * len(mask))
        wide.append(np.broadcast_to(np.tile(mask.T, rows.source[0])[:, None, :], shape))
    return np.concatenate(wide, axis=1).astype(np.float32)


def _bias(stage: Stage, deployment: Deployment, spread: DeviceSpread | None) -> tuple[Values, Values]:
    """Return the conductances of all bias rows into the plus and the minus columns, each (channels, pixels) siemens."""
    device = deployment.technology.memristor
    channels, pixels = stage.shape[0], stage.shape[1] * stage.shape[2]
    sides = {"plus": np.zeros((channels, pixels)), "minus": np.zeros((channels, pixels))}
    for term in stage.terms:
        if term.kind != "bias":
            continue
        pair = deployment.programs[stage.name].pairs[term.unit]
        for side, levels in (("plus", pair.plus), ("minus", pair.minus)):
            siemens = level_conductances(device, levels).reshape(channels, 1, -1)
            siemens = np.broadcast_to(siemens, (channels, pixels, siemens.shape[2]))
            if not deployment.plan.on(term.select):
                siemens = _open(siemens, deployment)
            elif spread is not None:
                siemens = spread.programmed(siemens, device, stage.name, term.unit, side).astype(np.float64)
            sides[side] = sides[side] + siemens.sum(axis=2)
    return sides["plus"], sides["minus"]


def _sums(groups: tuple[RowGroup, ...], bias_plus: Values, bias_minus: Values) -> ColumnSums:
    plus, minus = bias_plus, bias_minus
    for group in groups:
        plus = plus + group.rows.sums(group.plus)
        if group.minus is not None:
            minus = minus + group.rows.sums(group.minus)
    return ColumnSums(plus=plus, minus=minus, bias_plus=bias_plus, bias_minus=bias_minus)
