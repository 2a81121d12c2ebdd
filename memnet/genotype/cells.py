"""Edge, Cell and Genotype as checked values with their texts; knows nothing of files, names or how texts are read."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from memnet.errors import GenotypeError, choices

PRIMITIVES = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
INPUTS = 2
NODES = 4
FLAT_LAYOUTS = ((2,) * NODES, tuple(range(INPUTS, INPUTS + NODES)))
_NAME = re.compile(r"\w[\w.:+-]{0,99}", re.ASCII)
_SHOWN_PROBLEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One operation between two states of a cell.

    Attributes
    ----------
    op : one of `PRIMITIVES`
    source : the state it reads; 0 and 1 are the cell's inputs, 2 to 5 its nodes
    """

    op: str
    source: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The four nodes of a cell and what leaves it; checked when it becomes part of a `Genotype`.

    Attributes
    ----------
    nodes : incoming edges of node 2, 3, 4 and 5, in the order the genotype lists them
    concat : states joined into the cell's output, in channel order, usually (2, 3, 4, 5)
    """

    nodes: tuple[tuple[Edge, ...], ...]
    concat: tuple[int, ...]

    def edges(self) -> Iterator[tuple[int, Edge]]:
        """Yield (node, edge) in the order listed, node by node: DARTS's `_ops` index counts in this order."""
        for node, edges in enumerate(self.nodes, start=INPUTS):
            for edge in edges:
                yield node, edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Genotype:
    """A normal and a reduction cell; two genotypes are equal when their cells are, whatever their names.

    Raises
    ------
    GenotypeError
        naming each offending edge as `normal/node3/edge1-sep_conv_3x3`
    """

    name: str = field(compare=False)
    normal: Cell
    reduce: Cell

    def __post_init__(self) -> None:
        """Refuse names unfit for files and nets, and cells outside the eight-operation, four-node space."""
        if not _NAME.fullmatch(self.name):
            raise GenotypeError(
                f"genotype name {shorten(self.name)!r}: use up to 100 letters, digits and _ . : + -, "
                "the first a letter, a digit or _"
            )
        problems = space_problems(self.normal, self.reduce)
        if problems:
            raise GenotypeError(f"genotype {self.name}: {summarise(problems)}")

    def to_text(self) -> str:
        """Return what DARTS prints for it, without the name; `read_genotype` reads it back to an equal genotype."""
        return _genotype_text(self.normal, self.reduce)

    def to_json(self) -> str:
        """Return it as JSON with its name, pairs nested per node; `read_genotype` reads it back."""
        document = {
            "name": self.name,
            "normal": _nested_pairs(self.normal),
            "normal_concat": self.normal.concat,
            "reduce": _nested_pairs(self.reduce),
            "reduce_concat": self.reduce.concat,
        }
        return json.dumps(document)


def edge_name(node: int, edge: Edge) -> str:
    """Return the edge's place in its cell, such as `node3/edge1-sep_conv_3x3`."""
    return f"node{node}/edge{edge.source}-{shorten(edge.op)}"


def digest_name(normal: Cell, reduce: Cell) -> str:
    """Return the name of a genotype that came without one: the same cells always get the same name."""
    return "genotype-" + hashlib.sha256(_genotype_text(normal, reduce).encode()).hexdigest()[:8]


def space_problems(normal: Cell, reduce: Cell) -> list[str]:
    """Return all reasons why the two cells are outside the space, each with its place; none when they fit."""
    cells = (("normal", normal), ("reduce", reduce))
    checks = (_missing, _edge_problems, _repeated_edges, _concat_problems)  # the most telling first
    return [problem for check in checks for kind, cell in cells for problem in check(kind, cell)]


def summarise(problems: list[str]) -> str:
    """Join the first few problems into one sentence that says how many were left out."""
    shown = "; ".join(problems[:_SHOWN_PROBLEMS])
    rest = len(problems) - _SHOWN_PROBLEMS
    return f"{shown}; and {rest} more" if rest > 0 else shown


def shorten(value: object, limit: int = 60) -> str:
    """Return the value as one printable line, cut at `limit` characters."""
    text = "".join(c if c.isprintable() else "?" for c in str(value))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _missing(kind: str, cell: Cell) -> Iterator[str]:
    if len(cell.nodes) != NODES:
        yield f"{kind}: {len(cell.nodes)} nodes, where a cell has {NODES}"
    for node, edges in enumerate(cell.nodes, start=INPUTS):
        if not edges:
            yield f"{kind}/node{node}: no edge listed; give it at least one (an edge that says none is fine)"


def _edge_problems(kind: str, cell: Cell) -> Iterator[str]:
    for node, edge in cell.edges():
        where = f"{kind}/{edge_name(node, edge)}"
        if edge.op not in PRIMITIVES:
            yield f"{where}: unknown operation; {choices(shorten(edge.op), PRIMITIVES)}"
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
    parts = []
    for kind, cell in (("normal", normal), ("reduce", reduce)):
        nested = _nested_pairs(cell)
        flat = tuple(len(edges) for edges in nested) in FLAT_LAYOUTS
        pairs = [pair for edges in nested for pair in edges] if flat else nested
        parts.append(f"{kind}={pairs!r}, {kind}_concat={_concat_text(cell.concat)}")
    return f"Genotype({', '.join(parts)})"


def _concat_text(concat: tuple[int, ...]) -> str:
    if concat and concat == tuple(range(concat[0], concat[-1] + 1)):
        return f"range({concat[0]}, {concat[-1] + 1})"
    return repr(list(concat))
