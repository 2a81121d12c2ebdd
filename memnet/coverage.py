"""Counts the architectures that each hypernetwork structure holds, and finds the largest; knows no circuits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from memnet.genotype import INPUTS, NODES, PRIMITIVES, Cell, Edge, Genotype, count_full
from memnet.hypernetwork import CONCAT, SLOTS, STRUCTURES

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


def largest_member(structure: str) -> Genotype:
    """Return the architecture with the most devices that a structure holds.

    A chip that holds the whole space is at least as large as this one deployed individually: the largest separable
    convolution on all 14 edges, or on two edges into each node of `slotted`.
    """

    def edges(node: int) -> tuple[Edge, ...]:
        sources = range(min(SLOTS, node)) if structure == "slotted" else range(node)
        return tuple(Edge(op=LARGEST_OP, source=source) for source in sources)

    cell = Cell(nodes=tuple(edges(node) for node in CONCAT), concat=CONCAT)
    return Genotype(name=f"largest-{structure}", normal=cell, reduce=cell)


def _coverage(structure: str) -> StructureCoverage:
    cells = count_covered(structure)
    return StructureCoverage(structure=structure, rule=_RULES[structure], per_cell=cells, architectures=cells**2)
