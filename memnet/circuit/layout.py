# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers the nets of a chip, stage by stage, before any bank is built."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np

from memnet.circuit.base import GROUND, Nets
from memnet.circuit.blocks import NetGroup
from memnet.circuit.pools import max_tree
from memnet.deployment import BIAS_RAIL, INPUT, Deployment, Stage, middle_of

RECTIFIED = "/rectified"


def signal(name: str, rectified: bool) -> str:
    """Return the name of the net group that carries a stage's output, raw or rectified."""
    return name + RECTIFIED if rectified else name


def positive(stage: Stage) -> str:
    """Return the name of the net group at the noninverting inputs of a stage's first TIAs."""
    return f"{stage.name}/positive"


def outputs_of(stage: Stage) -> list[str]:
    """Return the names of the net groups that a stage drives and other stages may read."""
    forms = ((False, stage.raw), (True, stage.rectified))
    copies = [signal(stage.name, rectified) for rectified, exists in forms if exists]
    return [*copies, middle_of(stage.name)] if stage.follows else copies


class Layout:
    """The net groups of a chip, numbered in the order in which they are allocated."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.shapes = deployment.plan.shapes()
        self.groups: dict[str, NetGroup] = {}
        self.last = GROUND
        self.allocate(BIAS_RAIL, (1,))
        self.allocate(INPUT, deployment.plan.image_shape)

    def allocate(self, name: str, shape: tuple[int, ...]) -> None:
        """Number the nets of a group, one for each index of `shape`."""
        self.groups[name] = NetGroup(name=name, first=self.last + 1, shape=shape)
        self.last += int(np.prod(shape))

    def add(self, stage: Stage, more: Mapping[str, int] | None = None) -> tuple[str, ...]:
        """Number the nets of a stage and return the names of their groups.

        Parameters
        ----------
        more : by name, the number of nets of further groups: on the wires of tiles, and at f(V) of rows
        """
        before = len(self.groups)
        {"crossbar": self._crossbar, "max_pool": self._max_pool, "average": self._average}[stage.kind](stage)
        for name, count in (more or {}).items():
            self.allocate(f"{stage.name}/{name}", (count,))
        return tuple(islice(self.groups, before, None))

    def _crossbar(self, stage: Stage) -> None:
        for name in (f"{stage.name}/plus", middle_of(stage.name), f"{stage.name}/minus"):
            self.allocate(name, stage.shape)
        if stage.follows:
            self.allocate(positive(stage), stage.shape)
        self.allocate(signal(stage.name, not stage.raw), stage.shape)
        if stage.copied:
            self.allocate(signal(stage.name, True), stage.shape)

    def _max_pool(self, stage: Stage) -> None:
        """Number the nets of a max pool from the tree of one channel: all channels are alike."""
        term, channels = stage.terms[0], stage.shape[0]

        def allocate(name: str, count: int) -> Nets:
            self.allocate(f"{stage.name}/{name}", (channels * count,))
            return np.ones(count, dtype=np.int64)

        inputs = np.ones((1, *self.shapes[term.source][1:]), dtype=np.int64)
        max_tree(term.window, inputs, (1, *stage.shape[1:]), allocate)
        self.allocate(stage.name, stage.shape)

    def _average(self, stage: Stage) -> None:
        self.allocate(f"{stage.name}/sum", stage.shape)
        self.allocate(stage.name, stage.shape)
