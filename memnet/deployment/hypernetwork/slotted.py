# SPDX-License-Identifier: GPL-3.0-or-later
"""The `slotted` structure: two convolution units (slots) per node, each switched to one of several predecessors."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment.hypernetwork.builder import HypernetworkBuilder
from memnet.deployment.hypernetwork.structure import Structure
from memnet.deployment.stages import Term


@dataclass(slots=True)
class SlottedBuilder(HypernetworkBuilder):
    """Two units per node, each with rows from several predecessors, of which one predecessor's rows are switched in.

    The edges into a node take its slots in the order of their sources. The first slot therefore never serves the last
    predecessor, and the second never serves state 0: they have no rows from these.
    """

    def _convolutions(self, node: int, ops: dict[int, str]) -> list[Term]:
        terms = []
        for slot, source in enumerate(slot_sources(node, ops)):
            edges = [(node, candidate) for candidate in slot_candidates(node, slot)]
            active = (node, source, ops[source]) if source is not None and self._serves(ops[source]) else None
            terms += self._separable(f"{self.cell}/node{node}/slot{slot}", edges, active)
        return terms


def slot_candidates(node: int, slot: int) -> range:
    """Return the source states that a slot, 0 or 1, of a node can serve."""
    return range(slot, node - 1 + slot)


def slot_sources(node: int, ops: dict[int, str]) -> tuple[int | None, int | None]:
    """Return the source state that each of a node's two slots serves, None for a free slot.

    Every edge but `none` takes a slot, pools and skips too.
    """
    used = sorted(source for source, op in ops.items() if op != "none")
    if len(used) == 1 and used[0] == node - 1:
        return None, used[0]
    first, second, *_ = (*used, None, None)
    return first, second


SLOTTED = Structure(
    name="slotted", rule="at most two edges other than none into each node", builder=SlottedBuilder, slots=2
)
