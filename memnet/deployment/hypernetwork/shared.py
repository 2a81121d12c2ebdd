# SPDX-License-Identifier: GPL-3.0-or-later
"""The `shared` structure: one reprogrammable convolution unit per edge."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment.hypernetwork.builder import HypernetworkBuilder
from memnet.deployment.hypernetwork.structure import Structure
from memnet.deployment.stages import Term


@dataclass(slots=True)
class SharedBuilder(HypernetworkBuilder):
    """One reprogrammable convolution unit per edge."""

    def _convolutions(self, node: int, ops: dict[int, str]) -> list[Term]:
        terms = []
        for source in range(node):
            op = ops.get(source, "none")
            active = (node, source, op) if self._serves(op) else None
            terms += self._separable(f"{self.cell}/node{node}/edge{source}", [(node, source)], active)
        return terms


SHARED = Structure(name="shared", rule="any operation on each of the 14 edges", builder=SharedBuilder)
