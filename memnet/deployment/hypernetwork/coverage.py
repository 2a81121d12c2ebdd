"""Counts the architectures that each hypernetwork structure holds, and names large ones; knows no circuits."""

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
    """What a structure holds: `per_cell` cells, and as many squared `architectures` of two cells."""

    structure: str
    rule: str
    per_cell: int
    architectures: int


def structure_coverage() -> tuple[StructureCoverage, ...]:
    """Return what each structure holds of the 8^28 architectures of the full space."""
    return tuple(_coverage(structure) for structure in STRUCTURES)


def count_covered(structure: str, nodes: int = NODES, ops: int = len(PRIMITIVES)) -> int:
    """Return how many cells a structure holds, one of `ops` operations, `none` among them, on each edge.

    A node of k predecessors in `slotted` has up to SLOTS edges other than none: sum over m of C(k, m) (ops - 1)^m.
    """
    if structure != "slotted":
        return count_full(nodes, ops)
    return math.prod(
        sum(math.comb(INPUTS + node, used) * (ops - 1) ** used for used in range(SLOTS + 1)) for node in range(nodes)
    )


def large_members(structure: str) -> tuple[Genotype, ...]:
    """Return architectures that a structure holds, among which the largest is found by counting.

    A chip that holds the whole space is at least as large as each of these deployed individually. All edges (two into
    each node of `slotted`) are the largest separable convolution, but for two things that can make a cell larger, each
    tried in both cells:

    - `late`: as many states as possible are convolved, the last one too, since a state that is also read raw (by the
      global average) then needs a rectified copy. `early` ones read the two input states instead, which at stride 2
      fall on more pixels and have more memristors.
    - `pooled`: node 2 pools both input states. At stride 2 these have four times the pixels of a node, and reading them
      raw as well as rectified takes a copy of each, which costs more than the two convolutions save unless crossbars or
      resistors are large. Which holds depends on C, on the image's size and on the technology's areas.
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
