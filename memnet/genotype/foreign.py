# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the JSON that NAS-Bench-301 and NNI write for a cell into DARTS's four fields; its output is nodes 2 to 5.

NAS-Bench-301 (a ConfigSpace configuration) numbers the 14 edges of a cell node by node and source by source, and says
for nodes 3 to 5 which two sources they read. NNI numbers the inputs of each node and gives operation and source.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from memnet.errors import GenotypeError
from memnet.genotype.cells import INPUTS, NODES, shorten

_NODES = range(INPUTS, INPUTS + NODES)
_KINDS = ("normal", "reduce")
_CONFIGSPACE = re.compile(r"(?:.*:)?(edge|inputs_node)_(normal|reduce)_(\d{1,2})", re.ASCII)
_NNI = re.compile(r"(normal|reduce)/(op|input)_(\d{1,2})_(\d{1,2})", re.ASCII)
_SOURCES = re.compile(r"(\d)_(\d)", re.ASCII)


def darts_document(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with DARTS's four fields from one of NAS-Bench-301 or NNI; any other is returned as it is.

    Raises
    ------
    GenotypeError
        an entry is missing, is not understood, or belongs to no edge
    """
    for pattern, read in ((_CONFIGSPACE, _configspace), (_NNI, _nni)):
        entries = {match.groups(): value for key, value in document.items() if (match := pattern.fullmatch(key))}
        if entries:
            cells = {kind: read(kind, entries) for kind in _KINDS}
            concats = {f"{kind}_concat": list(_NODES) for kind in _KINDS}
            # A configuration has settings of the training beside the cells, all with colons in their names.
            rest = {key: value for key, value in document.items() if not pattern.fullmatch(key) and ":" not in key}
            return {**cells, **concats, **rest}
    return document


def _configspace(kind: str, entries: dict[tuple[str, ...], Any]) -> list[list[Any]]:
    """Return the pairs [op, source] of each node."""
    ops = {int(edge): value for (what, of, edge), value in entries.items() if (what, of) == ("edge", kind)}
    nodes, first = [], 0
    for node in _NODES:
        pairs = []
        for source in (0, 1) if node == INPUTS else _sources(kind, node, entries):
            if first + source not in ops:
                raise GenotypeError(f"NAS-Bench-301: edge_{kind}_{first + source} is missing, which node {node} reads")
            pairs.append([ops.pop(first + source), source])
        nodes.append(pairs)
        first += node
    if ops:
        raise GenotypeError(f"NAS-Bench-301: edge_{kind}_{min(ops)} is given, but no inputs_node_{kind} names it")
    return nodes


def _sources(kind: str, node: int, entries: dict[tuple[str, ...], Any]) -> tuple[int, ...]:
    given = entries.get(("inputs_node", kind, str(node)))
    match = _SOURCES.fullmatch(str(given))
    sources = tuple(int(digit) for digit in match.groups()) if match else ()
    if not sources or max(sources) >= node:
        wanted = f"two states from 0 to {node - 1}, such as 0_1"
        raise GenotypeError(f"NAS-Bench-301: inputs_node_{kind}_{node} = {shorten(given)!r}; it should be {wanted}")
    return sources


def _nni(kind: str, entries: dict[tuple[str, ...], Any]) -> list[list[Any]]:
    """Return the pairs [op, source] of each node."""
    found: dict[int, dict[int, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for (of, what, at, position), value in entries.items():
        if of == kind:
            found[int(at)][int(position)][what] = value[0] if isinstance(value, list) and len(value) == 1 else value
    nodes = []
    for node, inputs in sorted(found.items()):
        for index, entry in inputs.items():
            for what in ("op", "input"):
                if what not in entry:
                    raise GenotypeError(f"NNI: {kind}/{what}_{node}_{index} is missing")
        nodes.append([[inputs[index]["op"], inputs[index]["input"]] for index in sorted(inputs)])
    if sorted(found) != list(range(INPUTS, INPUTS + len(found))):
        raise GenotypeError(f"NNI: {kind} has nodes {', '.join(map(str, sorted(found))) or 'none'}; they are 2 to 5")
    return nodes
