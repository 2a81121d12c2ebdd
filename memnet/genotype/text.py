# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads genotypes from the text that DARTS prints, or from JSON, without evaluating any of it."""

from __future__ import annotations

import ast
import json
from typing import TypeGuard

from memnet.errors import GenotypeError, choices
from memnet.genotype.cells import FLAT_LAYOUTS, INPUTS, NODES, Cell, Edge, Genotype, digest_name, shorten

MAX_CHARACTERS = 100_000
_REQUIRED = ("normal", "normal_concat", "reduce", "reduce_concat")
_NULL_ONLY = ("connectN", "connects")  # AutoDL-Projects prints these fields, always as None
_MAX_INTEGER = 1000


def parse_genotype(text: str, name: str = "") -> Genotype:
    """Read `Genotype(normal=[...], ...)`, `NAME = Genotype(...)` or a JSON object.

    The edges of a cell may be listed in four layouts: pairs [op, predecessor] in one list, two for each node; pairs in
    one list, one from every earlier state (2+3+4+5); one list of pairs for each node; triples [op, node, predecessor].

    Parameters
    ----------
    text : the genotype
    name : of a genotype whose text does not name it; by default a digest of its cells

    Raises
    ------
    GenotypeError
        the text is not a genotype (with line and column, where they are known), or a cell is outside the search space
        (with the name of the edge)
    """
    if len(text) > MAX_CHARACTERS:
        raise GenotypeError(f"genotype text of {len(text)} characters; no genotype is longer than {MAX_CHARACTERS}")
    try:
        document = _json_document(text) if text.lstrip().startswith("{") else _python_document(text)
    except (RecursionError, MemoryError):
        raise GenotypeError("genotype text nested too deeply to be a genotype") from None
    normal, reduce = read_cells(document)
    chosen_name = document.get("name") or name or digest_name(normal, reduce)
    if not isinstance(chosen_name, str):
        raise GenotypeError(f"genotype name {shorten(chosen_name)}: write it as a string")
    return Genotype(name=chosen_name, normal=normal, reduce=reduce)


def read_cells(document: dict[str, object]) -> tuple[Cell, Cell]:
    """Return the normal and the reduction cell from DARTS's four fields; whether they fit the space is not checked."""
    for key in _REQUIRED:
        if key not in document:
            raise GenotypeError(f"genotype without {key!r}; it needs {', '.join(_REQUIRED)}")
    for key, value in document.items():
        if key not in (*_REQUIRED, *_NULL_ONLY, "name"):
            raise GenotypeError(f"genotype with an unknown field {shorten(key)!r}: {choices(key, _REQUIRED)}")
        if key in _NULL_ONLY and value is not None:
            raise GenotypeError(f"genotype with {key}={shorten(value)}: only None is understood; leave it out")
    normal, reduce = (
        Cell(nodes=_read_nodes(kind, document[kind]), concat=_read_concat(kind, document[f"{kind}_concat"]))
        for kind in ("normal", "reduce")
    )
    return normal, reduce


def _read_nodes(kind: str, entries: object) -> tuple[tuple[Edge, ...], ...]:
    if not isinstance(entries, list) or not entries:
        raise GenotypeError(f"{kind}: {shorten(entries)} is not a list of edges such as [('skip_connect', 0), ...]")
    for index, entry in enumerate(entries):
        if not isinstance(entry, list):
            raise GenotypeError(f"{kind}: entry {index}, {shorten(entry)}, is not a pair, a triple or a list of pairs")
    shapes = {len(entry) if entry and isinstance(entry[0], str) else 0 for entry in entries}
    if shapes == {0}:
        return tuple(tuple(_read_pair(f"{kind}/node{n}", p) for p in node) for n, node in enumerate(entries, INPUTS))
    if shapes == {2}:
        return _split_flat(kind, tuple(_read_pair(kind, pair) for pair in entries))
    if shapes == {3}:
        return _group_triples(kind, entries)
    raise GenotypeError(
        f"{kind}: mixed edges; write all as pairs [op, predecessor], or nest the pairs per node, "
        "or write all as triples [op, node, predecessor]"
    )


def _read_pair(where: str, pair: object) -> Edge:
    if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and _is_int(pair[1]):
        return Edge(op=pair[0], source=pair[1])
    raise GenotypeError(f"{where}: {shorten(pair)} is not a pair of an operation's name and a predecessor's number")


def _split_flat(kind: str, edges: tuple[Edge, ...]) -> tuple[tuple[Edge, ...], ...]:
    for counts in FLAT_LAYOUTS:
        if len(edges) == sum(counts):
            starts = [sum(counts[:i]) for i in range(NODES)]
            return tuple(edges[start : start + count] for start, count in zip(starts, counts, strict=True))
    layouts = " or ".join(f"{sum(counts)} ({'+'.join(map(str, counts))})" for counts in FLAT_LAYOUTS)
    raise GenotypeError(
        f"{kind}: a flat list of {len(edges)} pairs does not say which node each belongs to; a cell's four nodes "
        f"take {layouts}; for other numbers nest the pairs per node, or write triples [op, node, predecessor]"
    )


def _group_triples(kind: str, triples: list[list[object]]) -> tuple[tuple[Edge, ...], ...]:
    nodes: dict[int, list[Edge]] = {node: [] for node in range(INPUTS, INPUTS + NODES)}
    for op, node, source in triples:
        if not isinstance(op, str) or not _is_int(node) or not _is_int(source):
            raise GenotypeError(f"{kind}: {shorten([op, node, source])} is not a triple [op, node, predecessor]")
        if node not in nodes:
            raise GenotypeError(
                f"{kind}/node{shorten(node)}/edge{shorten(source)}-{shorten(op)}: no such node; "
                f"the nodes are {min(nodes)} to {max(nodes)}"
            )
        nodes[node].append(Edge(op=op, source=source))
    return tuple(tuple(edges) for edges in nodes.values())


def _read_concat(kind: str, states: object) -> tuple[int, ...]:
    if not isinstance(states, list) or not all(_is_int(state) for state in states):
        raise GenotypeError(f"{kind}_concat: {shorten(states)} is not a list of nodes such as [2, 3, 4, 5]")
    return tuple(states)


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _json_document(text: str) -> dict[str, object]:
    try:
        document = json.loads(text, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError as error:
        raise GenotypeError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
    except ValueError as error:  # an integer with more digits than Python converts
        raise GenotypeError(f"not a genotype: {error}") from None
    if not isinstance(document, dict):
        raise GenotypeError("not a genotype: a JSON object is needed")
    return document


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise GenotypeError("JSON with the same key twice; keep one")
    return document


class _RefusedError(Exception):
    """Raised with a node of the syntax tree that a genotype cannot contain; the message says why it is refused."""

    def __init__(self, node: ast.expr | ast.stmt | ast.keyword, why: str) -> None:
        super().__init__(why)
        self.node = node


def _python_document(text: str) -> dict[str, object]:
    stripped = text.strip()
    # Line breaks before the genotype are kept, so that line numbers in error messages are those of `text`.
    source = "\n" * text[: text.index(stripped)].count("\n") + stripped
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        where = f"line {error.lineno or 1}, column {error.offset or 1}"
        raise GenotypeError(f"{where}: not a genotype: {error.msg}") from None
    except ValueError as error:  # null bytes
        raise GenotypeError(f"not a genotype: {error}") from None
    if not tree.body:  # nothing but comments
        raise GenotypeError("line 1, column 1: no genotype in the text; write Genotype(normal=[...], ...)")
    try:
        return _call_document(tree.body)
    except _RefusedError as refusal:
        node = refusal.node
        written = shorten(ast.get_source_segment(source, node) or "")
        raise GenotypeError(f"line {node.lineno}, column {node.col_offset + 1}: {written!r}: {refusal}") from None


def _call_document(statements: list[ast.stmt]) -> dict[str, object]:
    document: dict[str, object] = {}
    match statements[0]:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            document["name"] = name
        case ast.Expr(value=value):
            pass
        case other:
            raise _RefusedError(
                other, "not a genotype; write Genotype(normal=[...], normal_concat=..., reduce=[...], ...)"
            )
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Genotype"):
        raise _RefusedError(value, "not a genotype; write Genotype(normal=[...], normal_concat=..., reduce=[...], ...)")
    if len(statements) > 1:
        raise _RefusedError(statements[1], "a second statement; give one genotype")
    for argument in value.args:
        raise _RefusedError(argument, f"a field without its name; write {', '.join(f'{key}=' for key in _REQUIRED)}")
    for keyword in value.keywords:
        if keyword.arg is None or keyword.arg in document:
            raise _RefusedError(keyword, "give each field once, by its name")
        document[keyword.arg] = _literal(keyword.value)
    return document


def _literal(node: ast.expr) -> object:
    """Return the value of a list, a constant or range(int, int); anything that would need evaluating is refused."""
    match node:
        case ast.Constant(value=int(number)) if number > _MAX_INTEGER:
            raise _RefusedError(node, "a number larger than any in a genotype")
        case ast.Constant(value=value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item) for item in items]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))) if number <= _MAX_INTEGER:
            return -number
        case ast.Call(func=ast.Name(id="range"), args=[first, last], keywords=[]):
            start, stop = _literal(first), _literal(last)
            if isinstance(start, int) and isinstance(stop, int):
                return list(range(start, stop))
    raise _RefusedError(node, "neither a literal nor range(first, last), and nothing else is read")
