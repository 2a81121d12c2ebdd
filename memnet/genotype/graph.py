# SPDX-License-Identifier: GPL-3.0-or-later
"""A cell as a networkx graph: states are its vertices; operations, and the concatenation into the output, its edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memnet.genotype.cells import INPUTS, NODES, Cell, edge_name

if TYPE_CHECKING:
    import networkx as nx

INPUT_NAMES = ("c_{k-2}", "c_{k-1}")
OUTPUT_NAME = "c_{k}"


def state_name(state: int) -> str:
    """Return the name of a state in the graph: `c_{k-2}`, `c_{k-1}`, or `node2` to `node5`."""
    return INPUT_NAMES[state] if state < INPUTS else f"node{state}"


def cell_graph(cell: Cell, reduction: bool) -> nx.DiGraph:
    """Return the cell as a directed acyclic graph from its two inputs to its output.

    Parameters
    ----------
    cell : one of the two cells of a genotype
    reduction : whether it is a reduction cell, whose edges from the two inputs have stride 2

    Returns
    -------
    networkx.DiGraph
        nodes `c_{k-2}`, `c_{k-1}`, `node2` to `node5`, `c_{k}` with the attribute `state` (None for the output). Edges
        into a node have `op`, `stride`, `name` (`node3/edge1-sep_conv_3x3`) and `index`, their position in
        `cell.edges()`. Edges into `c_{k}` have the op `concat` and as `index` their position in the concatenation.
        Edges with the operation `none` are included.
    """
    import networkx as nx

    graph = nx.DiGraph()
    for state in range(INPUTS + NODES):
        graph.add_node(state_name(state), state=state)
    graph.add_node(OUTPUT_NAME, state=None)
    for index, (node, edge) in enumerate(cell.edges()):
        stride = 2 if reduction and edge.source < INPUTS else 1
        name = edge_name(node, edge)
        graph.add_edge(state_name(edge.source), state_name(node), op=edge.op, stride=stride, name=name, index=index)
    for index, state in enumerate(cell.concat):
        name = f"concat/node{state}"
        graph.add_edge(state_name(state), OUTPUT_NAME, op="concat", stride=1, name=name, index=index)
    return graph
