# SPDX-License-Identifier: GPL-3.0-or-later
"""Edge, Cell and Genotype as immutable values, checked against the search space of DARTS, and written as text."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial

from memnet.errors import GenotypeError, choices
from memnet.genotype.operations import OPERATIONS

INPUTS = 2
NODES = 4
# Edges of each node, for the lists of edges that do not name the node: two a node, or one from every earlier state.
FLAT_LAYOUTS = ((2,) * NODES, tuple(range(INPUTS, INPUTS + NODES)))
_NAME = re.compile(r"\w[\w.:+-]{0,99}", re.ASCII)
_SHOWN_PROBLEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One operation of a cell, from an earlier state to a node; the node is given by the edge's place in `Cell.nodes`.

    Attributes
    ----------
    op : the name of one of `OPERATIONS`
    source : the state that it reads; 0 and 1 are the inputs of the cell, 2 to 5 its nodes
    """

    op: str
    source: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The edges into the four nodes of a cell, and the states that form its output; `Genotype` checks them.

    Attributes
    ----------
    nodes : the edges into node 2, 3, 4 and 5, in the order of the genotype's list
    concat : states that are concatenated along channels into the output, in this order; usually (2, 3, 4, 5)
    """

    nodes: tuple[tuple[Edge, ...], ...]
    concat: tuple[int, ...]

    def edges(self) -> Iterator[tuple[int, Edge]]:
        """Yield (node, edge), node by node; the index of `_ops` in DARTS's tensor names counts edges in this order."""
        for node, edges in enumerate(self.nodes, start=INPUTS):
            for edge in edges:
                yield node, edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Genotype:
    """A normal and a reduction cell; genotypes with equal cells are equal, even if their names differ.

    Raises
    ------
    GenotypeError
        the name contains characters unfit for names of files and nets, or a cell is outside the search space; the
        message names the edges, as `normal/node3/edge1-sep_conv_3x3`

    Examples
    --------
    >>> genotype = read_genotype("PDARTS")
    >>> genotype.normal.nodes[0][1]
    Edge(op='dil_conv_3x3', source=1)
    """

    name: str = field(compare=False)
    normal: Cell
    reduce: Cell

    def __post_init__(self) -> None:
        """Check the name, and the cells: known operations, four nodes, earlier states."""
        if not _NAME.fullmatch(self.name):
            raise GenotypeError(
                f"genotype name {shorten(self.name)!r}: use up to 100 letters, digits and _ . : + -, "
                "the first a letter, a digit or _"
            )
        problems = space_problems(self.normal, self.reduce, OPERATIONS)
        if problems:
            raise GenotypeError(f"genotype {self.name}: {summarise(problems)}")

    def to_text(self) -> str:
        """Return the text that DARTS prints for this genotype, without the name; `read_genotype` reads it back.

        >>> genotype.to_text()[:35]
        "Genotype(normal=[('skip_connect', 0"
        """
        return _genotype_text(self.normal, self.reduce)

    def to_json(self) -> str:
        """Return JSON with the name and, node by node, pairs [op, source]; `read_genotype` reads it back.

        >>> genotype.to_json()[:1]
        '{'
        """
        document = {
            "name": self.name,
            "normal": _nested_pairs(self.normal),
            "normal_concat": self.normal.concat,
            "reduce": _nested_pairs(self.reduce),
            "reduce_concat": self.reduce.concat,
        }
        return json.dumps(document)


def edge_name(node: int, edge: Edge) -> str:
    """Return the name of an edge in its cell, such as `node3/edge1-sep_conv_3x3` for the one from state 1 to node 3."""
    return f"node{node}/edge{edge.source}-{shorten(edge.op)}"


def digest_name(normal: Cell, reduce: Cell) -> str:
    """Return the name for a genotype given without one: a digest of its cells, so equal cells get equal names."""
    return "genotype-" + hashlib.sha256(_genotype_text(normal, reduce).encode()).hexdigest()[:8]


def space_problems(normal: Cell, reduce: Cell, ops: Collection[str]) -> list[str]:
    """Return all reasons why the two cells are outside the search space, each with its place; empty if they fit.

    Parameters
    ----------
    ops : names of the operations of the space: `PRIMITIVES`, or `OPERATIONS` with those registered beside them
    """
    cells = (("normal", normal), ("reduce", reduce))
    checks = (_missing, partial(_edge_problems, ops), _repeated_edges, _concat_problems)  # most informative first
    return [problem for check in checks for kind, cell in cells for problem in check(kind, cell)]


def summarise(problems: list[str]) -> str:
    """Return the first three problems in one sentence, with the number of those left out."""
    shown = "; ".join(problems[:_SHOWN_PROBLEMS])
    rest = len(problems) - _SHOWN_PROBLEMS
    return f"{shown}; and {rest} more" if rest > 0 else shown


def shorten(value: object, limit: int = 60) -> str:
    """Return the value as one line of printable characters, cut to `limit` characters."""
    text = "".join(c if c.isprintable() else "?" for c in str(value))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _missing(kind: str, cell: Cell) -> Iterator[str]:
    if len(cell.nodes) != NODES:
        yield f"{kind}: {len(cell.nodes)} nodes, where a cell has {NODES}"
    for node, edges in enumerate(cell.nodes, start=INPUTS):
        if not edges:
            yield f"{kind}/node{node}: no edge listed; give it at least one (an edge that says none is fine)"


def _edge_problems(ops: Collection[str], kind: str, cell: Cell) -> Iterator[str]:
    for node, edge in cell.edges():
        where = f"{kind}/{edge_name(node, edge)}"
        if edge.op not in ops:
            yield f"{where}: unknown operation; {choices(shorten(edge.op), ops)}"
        if not 0 <= edge.source < node:
            yield f"{where}: predecessor out of range; node {node} can read states 0 to {node - 1}"


def _repeated_edges(kind: str, cell: Cell) -> Iterator[str]:
    for node, edges in enumerate(cell.nodes, start=INPUTS):
        first = {edge.source: edge for edge in reversed(edges)}
        for edge in edges:
            if edge is not first[edge.source]:
                where = f"{kind}/{edge_name(node, edge)}"
                yield f"{where}: a second operation beside {shorten(first[edge.source].op)}; an edge has one operation"


def _concat_problems(kind: str, cell: Cell) -> Iterator[str]:
    where = f"{kind}_concat"
    if not cell.concat:
        yield f"{where}: empty; name at least one node, usually [2, 3, 4, 5]"
    last = INPUTS + len(cell.nodes) - 1
    for state, times in Counter(cell.concat).items():
        if not INPUTS <= state <= last:
            yield f"{where}: state {shorten(state)} is not a node; the nodes are {INPUTS} to {last}"
        elif times > 1:
            yield f"{where}: node {state} is listed {times} times; list it once"


def _nested_pairs(cell: Cell) -> list[list[tuple[str, int]]]:
    return [[(edge.op, edge.source) for edge in edges] for edges in cell.nodes]


def _genotype_text(normal: Cell, reduce: Cell) -> str:
    fields = []
    for kind, cell in (("normal", normal), ("reduce", reduce)):
        nested = _nested_pairs(cell)
        flat = tuple(len(edges) for edges in nested) in FLAT_LAYOUTS
        pairs = [pair for edges in nested for pair in edges] if flat else nested
        fields.append(f"{kind}={pairs!r}, {kind}_concat={_concat_text(cell.concat)}")
    return f"Genotype({', '.join(fields)})"


def _concat_text(concat: tuple[int, ...]) -> str:
    if concat and concat == tuple(range(concat[0], concat[-1] + 1)):
        return f"range({concat[0]}, {concat[-1] + 1})"
    return repr(list(concat))
