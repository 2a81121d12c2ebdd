"""The `slotted` structure: two convolution units a node behind a predecessor multiplexer."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment.hypernetwork.builder import UNIT_OPS, HypernetworkBuilder
from memnet.deployment.stages import Term


@dataclass(slots=True)
class SlottedBuilder(HypernetworkBuilder):
    """Two units a node, each with rows from several predecessors; switching rows is the predecessor multiplexer.

    The edges into a node take its slots in the order of their sources, so that the first slot never serves the last
    predecessor nor the second one state 0: rows from there are left out.
    """

    def _convolutions(self, node: int, ops: dict[int, str]) -> list[Term]:
        terms = []
        for slot, source in enumerate(slot_sources(node, ops)):
            edges = [(node, candidate) for candidate in slot_candidates(node, slot)]
            active = (node, source, ops[source]) if source is not None and ops[source] in UNIT_OPS else None
            terms += self._separable(f"{self.cell}/node{node}/slot{slot}", edges, active)
        return terms


def slot_candidates(node: int, slot: int) -> range:
    """Return the states that a slot of a node can serve."""
    return range(slot, node - 1 + slot)


def slot_sources(node: int, ops: dict[int, str]) -> tuple[int | None, int | None]:
    """Return which state each slot of a node serves; every edge but `none` takes one, pools and skips too."""
    used = sorted(source for source, op in ops.items() if op != "none")
    if len(used) == 1 and used[0] == node - 1:
        return None, used[0]
    first, second, *_ = (*used, None, None)
    return first, second
