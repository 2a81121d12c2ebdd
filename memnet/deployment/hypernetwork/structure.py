# SPDX-License-Identifier: GPL-3.0-or-later
"""`Structure`: a kind of hypernetwork with the rule that says which architectures it holds.

What follows from the rule is derived here: which architectures are refused, how many are held, and the largest of them.
A structure whose rule needs more than `carries` and `slots` overrides the three methods.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from memnet.deployment.hypernetwork.builder import HypernetworkBuilder
from memnet.deployment.hypernetwork.units import fits_units
from memnet.errors import GenotypeError, SetupError
from memnet.genotype import (
    INPUTS,
    NODES,
    OPERATIONS,
    PRIMITIVES,
    Cell,
    Edge,
    Genotype,
    Operation,
    edge_name,
    find_operation,
)

CONCAT = tuple(range(INPUTS, INPUTS + NODES))  # the nodes that the output of a hypercell joins: all
MAX_POOL = "max_pool_3x3"
_CONVOLUTIONS_OF = {"separable": 2, "dilated": 1}  # depthwise convolutions, each with a pointwise one
_NAME = re.compile(r"[a-z][\w-]{0,39}", re.ASCII)
_Rule = Callable[[int, str], tuple[Edge, ...]]  # edges into a node, given the largest operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One kind of hypernetwork.

    Attributes
    ----------
    rule : which edges its cells may have, in a few words, as `memnet genotypes` lists them
    builder : returns a builder for one chip
    carries : tells whether its circuits can carry an operation; `none` they always can. Where an operation has weights,
        `hypernetwork_plan` checks that they do
    slots : the most edges other than `none` into a node; None for any number

    Raises
    ------
    SetupError
        the name has characters unfit for names of genotypes and files
    """

    name: str
    rule: str
    builder: Callable[[], HypernetworkBuilder]
    carries: Callable[[Operation], bool] = fits_units
    slots: int | None = None

    def __post_init__(self) -> None:
        """Check the name."""
        if not _NAME.fullmatch(self.name):
            raise SetupError(f"structure {self.name[:60]!r}: use up to 40 small letters, digits, _ and - for its name")

    def check(self, genotype: Genotype) -> None:
        """Refuse an architecture that this structure cannot hold.

        Raises
        ------
        GenotypeError
            a cell does not join all nodes, an edge has an operation for which there is no circuit, or too many edges
            run into a node; the cell, the edge or the node is named
        """
        for kind, cell in (("normal", genotype.normal), ("reduce", genotype.reduce)):
            if tuple(sorted(cell.concat)) != CONCAT:
                raise GenotypeError(
                    f"{genotype.name}, {kind} cell: joins the nodes {cell.concat}; a hypernetwork joins all four, "
                    f"{CONCAT}"
                )
            for node, edge in cell.edges():
                if edge.op != "none" and not self.carries(find_operation(edge.op)):
                    raise GenotypeError(
                        f"{genotype.name}, {kind}/{edge_name(node, edge)}: `{self.name}` has no circuit that can carry "
                        f"{edge.op}"
                    )
            for node, edges in enumerate(cell.nodes, start=INPUTS):
                used = slots_needed(edge.op for edge in edges)
                if self.slots is not None and used > self.slots:
                    raise GenotypeError(
                        f"{genotype.name}, {kind}/node{node}: {used} edges run into this node and `{self.name}` has "
                        f"{self.slots} slots a node"
                    )

    def count_cells(self, nodes: int = NODES, ops: int | None = None) -> int:
        """Return how many cells of the search space it holds.

        A node of k predecessors has up to `slots` edges other than `none`, in `slots` = None up to k, so there are
        sum over m = 0..slots of C(k, m) (ops - 1)^m choices for it.

        Parameters
        ----------
        nodes : of a cell
        ops : operations that an edge can have, `none` among them; by default those of the space that can be carried
        """
        others = (len(self._ops()) if ops is None else ops) - 1
        return math.prod(
            sum(math.comb(k, used) * others**used for used in range(min(k, self._limit(k)) + 1))
            for k in range(INPUTS, INPUTS + nodes)
        )

    def large_members(self) -> tuple[Genotype, ...]:
        """Return candidates for the largest architecture that it holds; counting devices tells which is largest.

        All edges (as many into each node as there are slots) are the largest separable convolution that can be carried,
        but for what the rules below change; there is a candidate for each combination of a rule in the normal and one
        in the reduction cell:

        - `late`: as many states as possible are convolved, state 4 too. A state that is also read raw (by the global
          average) then needs a rectified copy.
        - `early`, with slots alone: all nodes convolve the two input states. At stride 2 these have more pixels than
          the nodes, so that fewer taps fall on padding and there are more memristors.
        - `pooled`, where max pools can be carried: as `late`, but node 2 pools both input states. At stride 2 these
          have four times the pixels of a node. Reading them raw as well as rectified takes a copy of each, which is
          larger than the two convolutions that are saved unless crossbars or resistors are large: that depends on C, on
          the image's size and on the technology.
        """
        rules: dict[str, _Rule] = {"late": _late}
        if self.slots is not None:
            rules = {"early": _early, **rules}
        if MAX_POOL in self._ops():
            rules["pooled"] = _pooled
        cells = {name: self._cell(rule) for name, rule in rules.items()}
        return tuple(
            Genotype(name=f"largest-{self.name}-{normal}-{reduce}", normal=cells[normal], reduce=cells[reduce])
            for normal in cells
            for reduce in cells
        )

    def _limit(self, predecessors: int) -> int:
        return predecessors if self.slots is None else self.slots

    def _ops(self) -> list[str]:
        """Return the operations of the search space that can be carried."""
        return [name for name in PRIMITIVES if name == "none" or self.carries(OPERATIONS[name])]

    def _cell(self, rule: _Rule) -> Cell:
        """Return the cell with the edges of a rule, and of the largest operation on other edges as far as they fit."""
        largest = max(self._ops(), key=_size)

        def edges(node: int) -> tuple[Edge, ...]:
            listed = rule(node, largest)
            taken = {edge.source for edge in listed}
            others = tuple(Edge(op=largest, source=source) for source in range(node) if source not in taken)
            return tuple(sorted((*listed, *others)[: self._limit(node)], key=lambda edge: edge.source))

        return Cell(nodes=tuple(map(edges, CONCAT)), concat=CONCAT)


def slots_needed(ops: Iterable[str]) -> int:
    """Return how many slots the operations on the edges into a node take: one each, and `none` takes no slot."""
    return sum(op != "none" for op in ops)


def _size(name: str) -> tuple[int, int]:
    """Return the convolutions and the kernel of an operation, which order operations by the size of their circuits."""
    found = OPERATIONS[name]
    return _CONVOLUTIONS_OF.get(found.family, 0), found.kernel


def _early(_node: int, op: str) -> tuple[Edge, ...]:
    return tuple(Edge(op=op, source=source) for source in range(INPUTS))


def _late(node: int, op: str) -> tuple[Edge, ...]:
    return tuple(Edge(op=op, source=source) for source in ((0, node - 1) if node <= INPUTS + 1 else (1, node - 1)))


def _pooled(node: int, op: str) -> tuple[Edge, ...]:
    return tuple(Edge(op=MAX_POOL if node == INPUTS else op, source=edge.source) for edge in _late(node, op))
