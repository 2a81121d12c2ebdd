# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads genotypes from the text that DARTS prints, or from JSON, without evaluating any of it."""

from __future__ import annotations

import json
import warnings
from typing import Any, TypeGuard

from memnet.errors import GenotypeError, GenotypeWarning, choices
from memnet.genotype.cells import FLAT_LAYOUTS, INPUTS, NODES, Cell, Edge, Genotype, digest_name, shorten
from memnet.genotype.foreign import darts_document
from memnet.genotype.python_text import MAX_CHARACTERS, REQUIRED, python_document

_NULL_ONLY = ("connectN", "connects")  # AutoDL-Projects prints these fields, always as None


def parse_genotype(text: str, name: str = "") -> Genotype:
    """Read `Genotype(normal=[...], ...)`, `NAME = Genotype(...)`, the log of a search, or a JSON object.

    The edges of a cell may be listed in four layouts: pairs [op, predecessor] in one list, two for each node; pairs in
    one list, one from every earlier state (2+3+4+5); one list of pairs for each node; triples [op, node, predecessor].
    A weight as a third entry of a pair, a number with a fraction, is left out. From a log, or from several genotypes of
    one name, the last is taken. A `GenotypeWarning` says both. JSON may be that of NAS-Bench-301 or NNI, too.

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
    try:
        document = _json_document(text) if text.lstrip().startswith("{") else python_document(text)
    except (RecursionError, MemoryError):
        raise GenotypeError("genotype text nested too deeply to be a genotype") from None
    normal, reduce = read_cells(_without_weights(document))
    chosen_name = document.get("name") or name or digest_name(normal, reduce)
    if not isinstance(chosen_name, str):
        raise GenotypeError(f"genotype name {shorten(chosen_name)}: write it as a string")
    return Genotype(name=chosen_name, normal=normal, reduce=reduce)


def read_cells(document: dict[str, object]) -> tuple[Cell, Cell]:
    """Return the normal and the reduction cell from DARTS's four fields; whether they fit the space is not checked."""
    for key in REQUIRED:
        if key not in document:
            raise GenotypeError(f"genotype without {key!r}; it needs {', '.join(REQUIRED)}")
    for key, value in document.items():
        if key not in (*REQUIRED, *_NULL_ONLY, "name"):
            raise GenotypeError(f"genotype with an unknown field {shorten(key)!r}: {choices(key, REQUIRED)}")
        if key in _NULL_ONLY and value is not None:
            raise GenotypeError(f"genotype with {key}={shorten(value)}: only None is understood; leave it out")
    normal, reduce = (
        Cell(nodes=_read_nodes(kind, document[kind]), concat=_read_concat(kind, document[f"{kind}_concat"]))
        for kind in ("normal", "reduce")
    )
    return normal, reduce


def _without_weights(document: dict[str, object]) -> dict[str, object]:
    """Return a document whose edges have no third entry where that is a weight: a number with a fraction."""
    cells = {kind: _pairs(document.get(kind)) for kind in ("normal", "reduce")}
    if all(cells[kind] == document.get(kind) for kind in cells):
        return document
    warnings.warn("the third entries of edges are weights and are left out", GenotypeWarning, stacklevel=3)
    return document | cells


def _pairs(entries: Any) -> Any:  # noqa: ANN401 - a list of edges, or anything in its place
    """Return edges as pairs where some third entry of them is a weight; anything else as it is."""
    if not isinstance(entries, list):
        return entries
    if any(_is_edge(entry) for entry in entries):
        weighted = any(_is_edge(entry) and len(entry) == 3 and isinstance(entry[2], float) for entry in entries)
        return [entry[:2] if _is_edge(entry) else entry for entry in entries] if weighted else entries
    return [_pairs(entry) for entry in entries]


def _is_edge(entry: object) -> bool:
    return isinstance(entry, list) and bool(entry) and isinstance(entry[0], str)


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
    if len(text) > MAX_CHARACTERS:
        raise GenotypeError(f"genotype text of {len(text)} characters; no genotype is longer than {MAX_CHARACTERS}")
    try:
        document = json.loads(text, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError as error:
        raise GenotypeError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
    except ValueError as error:  # an integer with more digits than Python converts
        raise GenotypeError(f"not a genotype: {error}") from None
    if not isinstance(document, dict):
        raise GenotypeError("not a genotype: a JSON object is needed")
    return darts_document(document)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise GenotypeError("JSON with the same key twice; keep one")
    return document
