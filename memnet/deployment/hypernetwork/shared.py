# SPDX-License-Identifier: GPL-3.0-or-later
"""The `shared` structure: one reprogrammable convolution unit per edge."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment.hypernetwork.builder import UNIT_OPS, HypernetworkBuilder
from memnet.deployment.stages import Term


@dataclass(slots=True)
class SharedBuilder(HypernetworkBuilder):
    """One reprogrammable convolution unit per edge; holds all 8^28 architectures."""

    def _convolutions(self, node: int, ops: dict[int, str]) -> list[Term]:
        terms = []
        for source in range(node):
            op = ops.get(source, "none")
            active = (node, source, op) if op in UNIT_OPS else None
            terms += self._separable(f"{self.cell}/node{node}/edge{source}", [(node, source)], active)
        return terms
