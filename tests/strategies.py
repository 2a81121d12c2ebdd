# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies for genotypes; knows the space's rules by itself, not from memnet's checks."""

from __future__ import annotations

from hypothesis import strategies as st

from memnet.genotype.cells import Cell, Edge, Genotype
from memnet.genotype.operations import PRIMITIVES

OPS = st.sampled_from(PRIMITIVES)


@st.composite
def full_cells(draw: st.DrawFn) -> Cell:
    """Draw a cell of the full space: any of the eight operations on each of the 14 edges."""
    nodes = tuple(tuple(Edge(op=draw(OPS), source=source) for source in range(node)) for node in (2, 3, 4, 5))
    return Cell(nodes=nodes, concat=(2, 3, 4, 5))


@st.composite
def listed_cells(draw: st.DrawFn) -> Cell:
    """Draw any cell that can be written down: one or more edges a node, in any order, and any concatenation."""
    nodes = []
    for node in (2, 3, 4, 5):
        sources = draw(st.lists(st.integers(0, node - 1), min_size=1, unique=True))
        nodes.append(tuple(Edge(op=draw(OPS), source=source) for source in sources))
    concat = draw(st.lists(st.sampled_from((2, 3, 4, 5)), min_size=1, unique=True))
    return Cell(nodes=tuple(nodes), concat=tuple(concat))


def genotypes() -> st.SearchStrategy[Genotype]:
    """Draw from the 8^28 architectures of the full space."""
    return st.builds(Genotype, name=st.just("drawn"), normal=full_cells(), reduce=full_cells())


def listed_genotypes() -> st.SearchStrategy[Genotype]:
    """Draw from everything `read_genotype` accepts."""
    return st.builds(Genotype, name=st.just("drawn"), normal=listed_cells(), reduce=listed_cells())
