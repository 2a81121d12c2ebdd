# SPDX-License-Identifier: GPL-3.0-or-later
"""Both cells of a genotype as one SVG picture.

Every state of a cell has a horizontal line, the two input states on top, and every node a vertical line. An edge leaves
the line of its source, passes a label with its operation and joins the vertical line of its node, which leads down to
the node, where all edges are summed. Each pair of source and node has a place of its own, so labels never overlap,
however many of the 14 edges a cell has.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from memnet.genotype.cells import INPUTS, NODES, Genotype, shorten
from memnet.genotype.operations import Operation, find_operation

if TYPE_CHECKING:
    import networkx as nx

_PITCH_X, _PITCH_Y = 126, 46  # between the vertical lines of nodes, between the horizontal lines of states
_FIRST_X, _FIRST_Y = 46 + _PITCH_X, 80  # vertical line of node 2, horizontal line of state 0
_PILL_W, _PILL_H, _PILL_DROP = 90, 20, 19  # label of an operation; its centre is this far below its state's line
_JOIN = 8  # radius of the bend from a label into the vertical line
_RADIUS = 13  # of a node
_NAME_LIMIT = 36  # characters that fit above a cell
_LABEL_LIMIT = 14  # characters that fit into a label
_OUTPUT_X = _FIRST_X + (NODES - 1) * _PITCH_X + 62
_CELL_W, _GAP, _MARGIN = _OUTPUT_X + 34, 44, 20
_HEIGHT = _FIRST_Y + (INPUTS + NODES - 1) * _PITCH_Y + 44
_INK, _MUTED, _WIRE, _SUM, _PAPER = "#1f2933", "#6b7785", "#a3adb8", "#4a5562", "#ffffff"


def cell_graph_svg(genotype: Genotype) -> str:
    """Return a picture of the normal and the reduction cell side by side, as one self-contained `<svg>` element.

    Equal genotypes give equal texts. The element has no ids, style sheets, scripts or links, so any number of pictures
    can be in one HTML page. It is as wide as the page allows, up to its natural width.
    """
    from memnet.genotype.graph import cell_graph  # loads networkx, which reading genotypes does not need

    width = 2 * _CELL_W + _GAP + 2 * _MARGIN
    name = escape(shorten(genotype.name, _NAME_LIMIT))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="100%" '
        f'style="max-width:{width}px" role="img" aria-label="Normal and reduction cell of {name}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" fill="none">',
        f'<rect width="{width}" height="{_HEIGHT}" rx="10" fill="{_PAPER}"/>',
    ]
    cells = (
        ("Normal cell", name, genotype.normal, False),
        ("Reduction cell", f"{name}, stride 2 on the edges from both inputs", genotype.reduce, True),
    )
    for place, (title, note, cell, reduction) in enumerate(cells):
        left = _MARGIN + place * (_CELL_W + _GAP)
        parts.append(f'<g transform="translate({left} 0)">')
        parts.extend(_draw_cell(cell_graph(cell, reduction), title, note))
        parts.append("</g>")
    middle = _MARGIN + _CELL_W + _GAP // 2
    parts.append(f'<path d="M{middle} 24V{_HEIGHT - 24}" stroke="#e3e7ec"/>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


# Notebooks show a genotype as its picture; set here, since `cells` cannot read a file that reads it.
setattr(Genotype, "_repr_svg_", cell_graph_svg)  # noqa: B010 - types know no such attribute


def _line_y(state: int) -> int:
    return _FIRST_Y + state * _PITCH_Y


def _node_x(node: int) -> int:
    return _FIRST_X + (node - INPUTS) * _PITCH_X


def _draw_cell(graph: nx.DiGraph, title: str, note: str) -> Iterator[str]:
    states = {data["state"]: name for name, data in graph.nodes(data=True) if data["state"] is not None}
    edges = [(graph.nodes[s]["state"], graph.nodes[t]["state"], data) for s, t, data in graph.edges(data=True)]
    yield f'<text x="0" y="32" font-size="15" font-weight="600" fill="{_INK}">{title}'
    yield f'<tspan dx="8" font-size="12" font-weight="400" fill="{_MUTED}">{note}</tspan></text>'
    for state in states:  # lines first, so that labels and nodes are drawn over their ends
        yield from _draw_line(state, [target for source, target, _ in edges if source == state])
    inner = [(source, target, find_operation(data["op"])) for source, target, data in edges if target is not None]
    for node in range(INPUTS, INPUTS + NODES):
        sources = [source for source, target, operation in inner if target == node and operation.family != "none"]
        if sources:
            yield _draw_column(node, min(sources))
    for source, target, operation in inner:
        yield _draw_operation(source, target, operation)
    for state in states:
        yield _draw_state(state)
    yield _draw_output([source for source, target, _ in edges if target is None])


def _draw_line(state: int, targets: list[int | None]) -> Iterator[str]:
    """Draw the line of a state up to the branch of its last edge, or up to the output (target None)."""
    if not targets:
        return
    start = 52 if state < INPUTS else _node_x(state)
    ends = [_OUTPUT_X - 18 if target is None else _branch_x(target) for target in targets]
    yield f'<path d="M{start} {_line_y(state)}H{max(ends)}" stroke="{_WIRE}" stroke-width="1.6"/>'


def _branch_x(node: int) -> int:
    return _node_x(node) - _PILL_W - 22


def _draw_column(node: int, first: int) -> str:
    """Draw the vertical line of a node, from the line of its first source down to the node."""
    x, top = _node_x(node), _line_y(first) + _PILL_DROP
    tip = _line_y(node) - _RADIUS
    return (
        f'<path d="M{x - _JOIN} {top}q{_JOIN} 0 {_JOIN} {_JOIN}V{tip - 4}" stroke="{_SUM}" stroke-width="1.8"/>'
        f'<path d="M{x} {tip}l-4 -7h8z" fill="{_SUM}"/>'
    )


def _draw_operation(source: int, node: int, operation: Operation) -> str:
    """Draw an edge: the branch off its source's line, its label and, unless the operation is none, the final bend."""
    fill, edge, label = operation.fill, operation.outline, shorten(operation.name, _LABEL_LIMIT)
    start, line, y = _branch_x(node), _line_y(source), _line_y(source) + _PILL_DROP
    left, right = _node_x(node) - _PILL_W - _JOIN, _node_x(node) - _JOIN
    dash, ink, join = "", _INK, f'<path d="M{right} {y}q{_JOIN} 0 {_JOIN} {_JOIN}" stroke="{_SUM}" stroke-width="1.8"/>'
    if operation.family == "none":
        dash, ink, join = ' stroke-dasharray="3 3"', _MUTED, ""
    return (
        f'<path d="M{start} {line}q6 0 6 6V{y - 6}q0 6 6 6H{left}" stroke="{edge}" stroke-width="1.6"{dash}/>{join}'
        f'<rect x="{left}" y="{y - _PILL_H // 2}" width="{_PILL_W}" height="{_PILL_H}" rx="{_PILL_H // 2}" '
        f'fill="{fill}" stroke="{edge}"{dash}/><text x="{left + _PILL_W // 2}" y="{y + 4}" text-anchor="middle" '
        f'font-size="11" fill="{ink}">{label}</text>'
    )


def _draw_state(state: int) -> str:
    y = _line_y(state)
    if state < INPUTS:
        return f'<rect x="0" y="{y - 14}" width="52" height="28" rx="6" fill="#eef1f5" stroke="#8793a1"/>' + _indexed_c(
            26, y, f"k-{INPUTS - state}"
        )
    x = _node_x(state)
    return (
        f'<circle cx="{x}" cy="{y}" r="{_RADIUS}" fill="{_INK}"/><text x="{x}" y="{y + 4}" text-anchor="middle" '
        f'font-size="12" font-weight="600" fill="{_PAPER}">{state}</text>'
    )


def _draw_output(states: list[int]) -> str:
    top, bottom = _line_y(min(states)) - 18, _line_y(max(states)) + 18
    return (
        f'<rect x="{_OUTPUT_X - 16}" y="{top}" width="44" height="{bottom - top}" rx="6" fill="#eef1f5" '
        f'stroke="#8793a1"/>' + _indexed_c(_OUTPUT_X + 6, (top + bottom) // 2, "k")
    )


def _indexed_c(x: int, y: int, index: str) -> str:
    """Write a c with a subscript, centred; as two texts, since SVG converters place a shifted `tspan` differently."""
    start = x - 4 - 3 * len(index)
    return (
        f'<text x="{start}" y="{y + 4}" font-size="15" font-style="italic" fill="{_INK}">c</text>'
        f'<text x="{start + 9}" y="{y + 8}" font-size="10" fill="{_INK}">{index}</text>'
    )
