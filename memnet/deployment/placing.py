# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the placement table of a deployment: where each memristor stands and which level it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from memnet.deployment.mapping import Deployment
from memnet.deployment.placement import BIAS, IDLE, BlockPlacement, Placement
from memnet.deployment.scales import term_crossings
from memnet.deployment.stages import Stage, Term
from memnet.operators import Indices

_KINDS = {
    "layer": np.int32,
    "weight": np.int64,
    "channel": np.int32,
    "row": np.int64,
    "column": np.int64,
    "side": np.int8,
    "level": np.int16,
    "unit": np.float64,
}
Columns = dict[str, npt.NDArray[np.generic]]


def place(deployment: Deployment) -> Placement:
    """Return the placement table of a deployment; each block is computed anew whenever it is read."""
    device = deployment.technology.memristor
    return Placement(
        bits=device.bits,
        g_min_siemens=device.g_min_siemens,
        g_max_siemens=device.g_max_siemens,
        blocks=_Blocks(deployment),
    )


class _Blocks(Sequence[BlockPlacement]):
    """The crossbar blocks of a chip, each computed when it is read: 43 bytes a device are too many to keep for all."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.stages = [stage for stage in deployment.plan.stages if stage.name in deployment.programs]

    @overload
    def __getitem__(self, index: int) -> BlockPlacement: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[BlockPlacement, ...]: ...

    def __getitem__(self, index: int | slice) -> BlockPlacement | tuple[BlockPlacement, ...]:
        if isinstance(index, slice):
            return tuple(place_block(self.deployment, stage) for stage in self.stages[index])
        return place_block(self.deployment, self.stages[index])

    def __len__(self) -> int:
        return len(self.stages)


def place_block(deployment: Deployment, stage: Stage) -> BlockPlacement:
    """Return the memristors of one stage, term by term; in each term the plus devices come before the minus devices."""
    layers: list[str] = [BIAS, IDLE]
    pieces: list[Columns] = []
    for term in stage.terms:
        if term.memristive:
            pieces += _term(deployment, stage, term, layers)
    arrays = {
        name: np.concatenate([piece[name] for piece in pieces] or [np.zeros(0)]).astype(kind)
        for name, kind in _KINDS.items()
    }
    return BlockPlacement(block=stage.name, layer_held=stage.layer, layers=tuple(layers), **arrays)


def _term(deployment: Deployment, stage: Stage, term: Term, layers: list[str]) -> list[Columns]:
    program = deployment.programs[stage.name]
    crossings = term_crossings(stage, term, deployment.plan, program)
    pixels = stage.shape[1] * stage.shape[2]
    step = program.weight_limit / (2**deployment.technology.memristor.bits - 1)
    weight, layer = _carried(term, crossings.weight, layers, deployment.plan.on(term.select))
    shared: Columns = {
        "layer": layer,
        "weight": weight,
        "channel": crossings.columns // pixels,
        "row": crossings.rows,
        "column": crossings.columns,
        "unit": step[crossings.columns // pixels] * deployment.scale_rows().row_reads(term)[crossings.rows],
    }
    pair = program.pairs[term.unit]
    return [
        shared | {"side": np.full(len(weight), side), "level": levels.reshape(-1)[crossings.weight]}
        for side, levels in ((1, pair.plus), (-1, pair.minus))
    ]


def _carried(
    term: Term, weight: Indices, layers: list[str], on: bool
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]:
    """Return for each crossing the kernel element it carries and the position of its layer in `layers`.

    The layer of the term, if it carries one, is appended to `layers`.
    """
    if not term.layers or not on:
        return weight, np.full(len(weight), layers.index(IDLE))
    if term.kind == "bias":
        return weight, np.full(len(weight), layers.index(BIAS))
    layers.append(term.layers[0])
    layer = np.full(len(weight), len(layers) - 1)
    if term.taps is None:
        return weight, layer
    carried = np.array(term.taps)
    place_in_window = weight % len(carried)
    tap = carried[place_in_window]
    kernel_taps = int(carried.max()) + 1
    return np.where(tap >= 0, weight // len(carried) * kernel_taps + tap, weight), np.where(
        tap >= 0, layer, layers.index(IDLE)
    )
