# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of the search spaces, and genotypes sampled from them with a seed.

The full space has one of eight operations on every edge from an earlier state to a node. The derived space holds the
genotypes that a DARTS search can end with: two edges into each node, none of them `none`.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from memnet.genotype.cells import INPUTS, NODES, Cell, Edge, Genotype
from memnet.genotype.operations import PRIMITIVES

_T = TypeVar("_T")
_ALL_NODES = tuple(range(INPUTS, INPUTS + NODES))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceCount:
    """The size of one search space.

    Attributes
    ----------
    name : `full`, `full without none` or `derived`
    rule : the rule for the edges of a cell, in words
    per_cell : number of distinct cells
    genotypes : number of distinct pairs of a normal and a reduction cell
    """

    name: str
    rule: str
    per_cell: int
    genotypes: int


def count_full(nodes: int = NODES, ops: int = len(PRIMITIVES)) -> int:
    """Return the number of cells with one of `ops` operations on each edge from an earlier state: ops^edges."""
    edges: int = sum(INPUTS + node for node in range(nodes))
    return int(ops**edges)


def count_derived(nodes: int = NODES, ops: int = len(PRIMITIVES) - 1) -> int:
    """Return the number of cells whose nodes read two distinct earlier states, each through one of `ops` operations."""
    return math.prod(math.comb(INPUTS + node, 2) * ops**2 for node in range(nodes))


def space_counts() -> tuple[SpaceCount, ...]:
    """Return the sizes of the full space, which a hypernetwork covers, of it without `none`, and of the derived one."""
    ops = len(PRIMITIVES)
    counts = (
        ("full", f"one of {ops} operations on each edge", count_full(NODES, ops)),
        ("full without none", f"one of {ops - 1} operations on each edge", count_full(NODES, ops - 1)),
        ("derived", f"two predecessors a node, one of {ops - 1} operations each", count_derived(NODES, ops - 1)),
    )
    return tuple(SpaceCount(name=name, rule=rule, per_cell=n, genotypes=n**2) for name, rule, n in counts)


def random_genotype(seed: int) -> Genotype:
    """Return a uniform sample of the full space: one of the eight operations on each of the 14 edges of both cells."""
    sampler = _Sampler(f"memnet random {seed}")
    normal, reduce = (
        _cell([[Edge(op=sampler.one_of(PRIMITIVES), source=source) for source in range(node)] for node in _ALL_NODES])
        for _ in range(2)
    )
    return Genotype(name=f"random:{seed}", normal=normal, reduce=reduce)


def random_derived_genotype(seed: int) -> Genotype:
    """Return a uniform sample of the derived space: two predecessors a node, one of seven operations each."""
    sampler = _Sampler(f"memnet random-derived {seed}")
    ops = tuple(op for op in PRIMITIVES if op != "none")
    cells = []
    for _ in range(2):
        pairs = [sampler.one_of(tuple(combinations(range(node), 2))) for node in _ALL_NODES]
        cells.append(_cell([[Edge(op=sampler.one_of(ops), source=source) for source in pair] for pair in pairs]))
    return Genotype(name=f"random-derived:{seed}", normal=cells[0], reduce=cells[1])


def _cell(nodes: list[list[Edge]]) -> Cell:
    return Cell(nodes=tuple(tuple(edges) for edges in nodes), concat=_ALL_NODES)


class _Sampler:
    """Seeded choices that are the same in every Python release: Python guarantees this for `Random.random` only."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def one_of(self, options: tuple[_T, ...]) -> _T:
        return options[int(self._random.random() * len(options))]
