# SPDX-License-Identifier: GPL-3.0-or-later
"""Cell graphs are complete and acyclic; pictures of cells are well-formed, deterministic and free of overlaps."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import given, settings
from strategies import listed_cells, listed_genotypes

from memnet.genotype.cells import Genotype
from memnet.genotype.graph import cell_graph
from memnet.genotype.picture import cell_graph_svg
from memnet.genotype.read import read_genotype

SVG = "{http://www.w3.org/2000/svg}"


def test_a_published_cell_edge_by_edge():
    graph = cell_graph(read_genotype("DARTS_V2").reduce, reduction=True)
    assert graph.edges["c_{k-2}", "node2"] == {
        "op": "max_pool_3x3",
        "stride": 2,
        "name": "node2/edge0-max_pool_3x3",
        "index": 0,
    }
    assert graph.edges["node2", "node3"] == {
        "op": "skip_connect",
        "stride": 1,
        "name": "node3/edge2-skip_connect",
        "index": 2,
    }
    assert set(graph.predecessors("c_{k}")) == {"node2", "node3", "node4", "node5"}
    assert graph.number_of_edges() == 8 + 4


def test_only_edges_from_the_inputs_of_a_reduction_cell_have_stride_2():
    cell = read_genotype("random:3").normal
    for reduction in (False, True):
        for source, _, data in cell_graph(cell, reduction).edges(data=True):
            assert data["stride"] == (2 if reduction and source.startswith("c_") else 1)


@settings(max_examples=50, deadline=None)
@given(listed_cells())
def test_any_cell_gives_a_complete_acyclic_graph(cell):
    graph = cell_graph(cell, reduction=False)
    assert nx.is_directed_acyclic_graph(graph)
    assert list(graph) == ["c_{k-2}", "c_{k-1}", "node2", "node3", "node4", "node5", "c_{k}"]
    listed = sorted((data["index"], data["op"]) for _, _, data in graph.edges(data=True) if data["op"] != "concat")
    assert listed == list(enumerate(edge.op for _, edge in cell.edges()))
    joined = sorted((data["index"], source) for source, _, data in graph.in_edges("c_{k}", data=True))
    assert [source for _, source in joined] == [f"node{state}" for state in cell.concat]


@settings(max_examples=25, deadline=None)
@given(listed_genotypes())
def test_labels_of_any_picture_do_not_overlap(genotype):
    picture = ElementTree.fromstring(cell_graph_svg(genotype))
    for group, cell in zip(picture.findall(f"{SVG}g"), (genotype.normal, genotype.reduce), strict=True):
        boxes = []
        for rect in group.findall(f"{SVG}rect"):
            x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
            boxes.append((x, y, x + width, y + height))
        for circle in group.findall(f"{SVG}circle"):
            x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
            boxes.append((x - r, y - r, x + r, y + r))
        assert len(boxes) == sum(1 for _ in cell.edges()) + 2 + 1 + 4
        for a, b in combinations(boxes, 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        written = [text.text for text in group.findall(f"{SVG}text")]
        for _, edge in cell.edges():
            written.remove(edge.op)


@pytest.mark.parametrize("name", ["DARTS_V2", "PDARTS", "random:0"])
def test_a_picture_can_stand_in_a_page(name):
    text = cell_graph_svg(read_genotype(name))
    assert text == cell_graph_svg(read_genotype(name))
    assert not re.search(r"\bid=|<style|<script|href|url\(", text)
    picture = ElementTree.fromstring(text)
    _, _, width, height = map(float, picture.get("viewBox").split())
    for group in picture.findall(f"{SVG}g"):
        left = float(re.match(r"translate\((\d+) 0\)", group.get("transform"))[1])
        for rect in group.findall(f"{SVG}rect"):
            assert left + float(rect.get("x")) + float(rect.get("width")) <= width
            assert float(rect.get("y")) + float(rect.get("height")) <= height


def test_a_long_name_is_shortened():
    cells = read_genotype("DARTS_V2")
    text = cell_graph_svg(Genotype(name="n" * 100, normal=cells.normal, reduce=cells.reduce))
    assert "n" * 37 not in text
    assert "nnn..." in text


def test_notebooks_show_the_cells():
    genotype = read_genotype("PDARTS")
    assert genotype._repr_svg_() == cell_graph_svg(genotype)
