# SPDX-License-Identifier: GPL-3.0-or-later
"""The `duplicated` structure: the circuits of every operation on every edge."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment.hypernetwork.builder import CONVOLUTIONS, HypernetworkBuilder
from memnet.deployment.stages import Term


@dataclass(slots=True)
class DuplicatedBuilder(HypernetworkBuilder):
    """Each edge has a circuit for every operation, so that select nets alone switch between architectures."""

    lends: bool = False

    def _convolutions(self, node: int, ops: dict[int, str]) -> list[Term]:
        terms = []
        for source in range(node):
            for op in CONVOLUTIONS:
                active = (node, source, op) if ops.get(source) == op else None
                separable = op.startswith("sep")
                terms += self._separable(
                    f"{self.cell}/node{node}/edge{source}/{op}",
                    [(node, source)],
                    active,
                    kernel=int(op[-1]),
                    separable=separable,
                    dilated=not separable,
                )
        return terms

    def _max_pool(self, node: int, source: int, on: bool) -> str:
        return self._pool(f"{self.cell}/node{node}/edge{source}/max_pool", source, on)
