# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the architectures that each hypernetwork structure holds, and lists candidates for the largest of them.

A chip that holds a whole space is at least as large as any member deployed individually, so the largest member is a
lower bound of its size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from memnet.deployment.hypernetwork.plan import CONCAT, SLOTS, STRUCTURES
from memnet.genotype import INPUTS, NODES, PRIMITIVES, Cell, Edge, Genotype, count_full

LARGEST_OP = "sep_conv_5x5"
_RULES = {
    "shared": "any operation on each of the 14 edges",
    "slotted": "at most two edges other than none into each node",
    "duplicated": "any operation on each of the 14 edges",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureCoverage:
    """How much of the space a structure holds.

    `rule` says in words which cells it holds, `per_cell` is their number, and `architectures` the number of pairs of a
    normal and a reduction cell, per_cell squared.
    """

    structure: str
    rule: str
    per_cell: int
    architectures: int


def structure_coverage() -> tuple[StructureCoverage, ...]:
    """Return for each structure how many of the 8^28 architectures of the full space it holds."""
    return tuple(_coverage(structure) for structure in STRUCTURES)


def count_covered(structure: str, nodes: int = NODES, ops: int = len(PRIMITIVES)) -> int:
    """Return how many cells a structure holds if each edge has one of `ops` operations, `none` among them.

    In `slotted`, a node of k predecessors has up to SLOTS edges other than none, so there are
    sum over m = 0..SLOTS of C(k, m) (ops - 1)^m choices for it.
    """
    if structure != "slotted":
        return count_full(nodes, ops)
    return math.prod(
        sum(math.comb(INPUTS + node, used) * (ops - 1) ** used for used in range(SLOTS + 1)) for node in range(nodes)
    )


def large_members(structure: str) -> tuple[Genotype, ...]:
    """Return candidates for the largest architecture that a structure holds; counting devices tells which is largest.

    All edges (two into each node of `slotted`) are the largest separable convolution, but for what the rules below
    change; there is a candidate for each combination of a rule in the normal and one in the reduction cell:

    - `late`: as many states as possible are convolved, state 4 too. A state that is also read raw (by the global
      average) then needs a rectified copy.
    - `early`, of `slotted` alone: all nodes convolve the two input states. At stride 2 these have more pixels than the
      nodes, so that fewer taps fall on padding and there are more memristors.
    - `pooled`: as `late`, but node 2 pools both input states. At stride 2 these have four times the pixels of a node.
      Reading them raw as well as rectified takes a copy of each, which is larger than the two convolutions that are
      saved unless crossbars or resistors are large: that depends on C, on the image's size and on the technology.
    """
    rules = (_late, _pooled) if structure != "slotted" else (_early, _late, _pooled)
    cells = {rule.__name__.strip("_"): _cell(structure, rule) for rule in rules}
    return tuple(
        Genotype(name=f"largest-{structure}-{normal}-{reduce}", normal=cells[normal], reduce=cells[reduce])
        for normal in cells
        for reduce in cells
    )


def _cell(structure: str, rule: Callable[[int], tuple[Edge, ...]]) -> Cell:
    def edges(node: int) -> tuple[Edge, ...]:
        listed = {edge.source: edge for edge in rule(node)}
        if structure == "slotted":
            return tuple(listed.values())
        return tuple(listed.get(source, Edge(op=LARGEST_OP, source=source)) for source in range(node))

    return Cell(nodes=tuple(map(edges, CONCAT)), concat=CONCAT)


def _early(_node: int) -> tuple[Edge, ...]:
    return tuple(Edge(op=LARGEST_OP, source=source) for source in range(INPUTS))


def _late(node: int) -> tuple[Edge, ...]:
    sources = (0, node - 1) if node <= INPUTS + 1 else (1, node - 1)
    return tuple(Edge(op=LARGEST_OP, source=source) for source in sources)


def _pooled(node: int) -> tuple[Edge, ...]:
    return tuple(Edge(op="max_pool_3x3" if node == INPUTS else edge.op, source=edge.source) for edge in _late(node))


def _coverage(structure: str) -> StructureCoverage:
    cells = count_covered(structure)
    return StructureCoverage(structure=structure, rule=_RULES[structure], per_cell=cells, architectures=cells**2)
