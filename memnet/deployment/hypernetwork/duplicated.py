# SPDX-License-Identifier: GPL-3.0-or-later
"""The `duplicated` structure: the circuits of every operation on every edge."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment.hypernetwork.builder import HypernetworkBuilder
from memnet.deployment.hypernetwork.structure import Structure
from memnet.deployment.hypernetwork.units import CONVOLUTIONS, in_space
from memnet.deployment.stages import Term
from memnet.genotype import find_operation


@dataclass(slots=True)
class DuplicatedBuilder(HypernetworkBuilder):
    """Each edge has a circuit for every operation, so that select nets alone switch between architectures."""

    lends: bool = False
    convolutions: tuple[str, ...] = CONVOLUTIONS  # that each edge has a circuit for

    def _convolutions(self, node: int, ops: dict[int, str]) -> list[Term]:
        terms = []
        for source in range(node):
            for op in self.convolutions:
                active = (node, source, op) if ops.get(source) == op else None
                separable = find_operation(op).family == "separable"
                terms += self._separable(
                    f"{self.cell}/node{node}/edge{source}/{op}",
                    [(node, source)],
                    active,
                    kernel=find_operation(op).kernel,
                    separable=separable,
                    dilated=not separable,
                )
        return terms

    def _max_pool(self, node: int, source: int, on: bool) -> str:
        return self._pool(f"{self.cell}/node{node}/edge{source}/max_pool", source, on)


DUPLICATED = Structure(
    name="duplicated", rule="any operation on each of the 14 edges", builder=DuplicatedBuilder, carries=in_space
)
