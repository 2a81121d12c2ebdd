# SPDX-License-Identifier: GPL-3.0-or-later
"""Genotypes: the published ones by name, and reading from every layout of text."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from strategies import genotypes, listed_genotypes

from memnet.errors import GenotypeError
from memnet.genotype.cells import Cell, Edge, Genotype
from memnet.genotype.known import known_genotypes
from memnet.genotype.read import read_genotype

SHORT = {
    "sep3": "sep_conv_3x3",
    "sep5": "sep_conv_5x5",
    "dil3": "dil_conv_3x3",
    "dil5": "dil_conv_5x5",
    "max": "max_pool_3x3",
    "avg": "avg_pool_3x3",
    "skip": "skip_connect",
}
# As the repositories of the papers list them: normal cell / reduction cell; nodes separated by |; edges op@predecessor
PUBLISHED = {
    "DARTS_V1": "sep3@1 sep3@0|skip@0 sep3@1|skip@0 sep3@1|sep3@0 skip@2"
    "/max@0 max@1|skip@2 max@0|max@0 skip@2|skip@2 avg@0",
    "DARTS_V2": "sep3@0 sep3@1|sep3@0 sep3@1|sep3@1 skip@0|skip@0 dil3@2"
    "/max@0 max@1|skip@2 max@1|max@0 skip@2|skip@2 max@1",
    "PDARTS": "skip@0 dil3@1|skip@0 sep3@1|sep3@1 sep3@3|sep3@0 dil5@4"
    "/avg@0 sep5@1|sep3@0 dil5@2|max@0 dil3@1|dil3@1 dil5@3",
    "PC_DARTS_cifar": "sep3@1 skip@0|sep3@0 dil3@1|sep5@0 sep3@1|avg@0 dil3@1"
    "/sep5@1 max@0|sep5@1 sep5@2|sep3@0 sep3@3|sep3@1 sep3@2",
    "DrNAS_cifar10": "sep3@0 sep5@1|sep3@1 sep3@2|skip@0 sep3@1|sep3@2 dil5@3"
    "/max@0 sep5@1|dil5@2 sep5@1|sep5@1 dil5@3|skip@4 sep5@1",
    "GDAS_V1": "skip@0 skip@1|skip@0 sep5@2|sep3@3 skip@0|sep5@4 sep3@3"
    "/sep5@0 sep3@1|sep5@2 sep5@1|dil5@2 sep3@1|sep5@0 sep5@1",
}


def cell(text: str) -> Cell:
    nodes = []
    for node in text.split("|"):
        pairs = [pair.split("@") for pair in node.split()]
        nodes.append(tuple(Edge(op=SHORT[op], source=int(source)) for op, source in pairs))
    return Cell(nodes=tuple(nodes), concat=(2, 3, 4, 5))


def refused(text: str) -> str:
    with pytest.raises(GenotypeError) as caught:
        read_genotype(text)
    return str(caught.value)


@pytest.mark.parametrize("name", PUBLISHED)
def test_known_names_are_what_was_published(name):
    genotype = read_genotype(name)
    normal, reduce = PUBLISHED[name].split("/")
    assert (genotype.name, genotype.normal, genotype.reduce) == (name, cell(normal), cell(reduce))


def test_all_known_genotypes_are_read_or_refused_with_the_listed_reason():
    known = known_genotypes()
    assert len({name for name, *_ in known}) == len(known) == 68
    for name, source, fits, reason in known:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{7}:[\w/.-]+\.py", source)
        if fits:
            assert read_genotype(name).name == name
            assert reason == ""
        else:
            assert f"genotype {name}: {reason}" in refused(name)


def test_the_authors_own_repository_is_preferred():
    sources = {name: source for name, source, *_ in known_genotypes()}
    owners = {"DARTS_V2": "quark0", "PDARTS": "chenxin061", "PC_DARTS_image": "yuhuixu1993", "GDAS_V1": "D-X-Y"}
    for name, owner in owners.items():
        assert sources[name].startswith(f"{owner}/")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("NASNet", r"normal: 5 nodes, where a cell has 4; .*reduce/node2/edge0-sep_conv_7x7: unknown operation"),
        ("SETN", r"normal/node5/edge4-conv_3x1_1x3: unknown operation; did you mean sep_conv_3x3"),
        ("c10_s4_pcdarts", r"normal/node5/edge3-noise: unknown operation"),
        ("FairDARTS_a", r"normal/node3: no edge listed"),
        ("DCO_EDGE_BS_64", r"normal/node2/edge0-sep_conv_3x3: a second operation beside dil_conv_3x3"),
    ],
)
def test_published_cells_outside_the_space_say_why(name, reason):
    assert re.search(reason, refused(name))


@pytest.mark.parametrize("kind", ["mild", "moderate", "aggressive"])
def test_full_assignments_equal_their_short_form_without_none(kind):
    full, short = read_genotype(f"SNAS_{kind}_edge_all"), read_genotype(f"SNAS_{kind}")
    for one, other in ((full.normal, short.normal), (full.reduce, short.reduce)):
        assert [len(edges) for edges in one.nodes] == [2, 3, 4, 5]
        for long_node, short_node in zip(one.nodes, other.nodes, strict=True):
            assert {e for e in long_node if e.op != "none"} == {e for e in short_node if e.op != "none"}


@pytest.mark.parametrize(
    ("given_name", "nearest"), [("pdart", "PDARTS"), ("DARTS_V3", "DARTS_V2"), ("pc_darts_cifar10", "PC_DARTS_cifar")]
)
def test_an_unknown_name_gets_the_nearest(given_name, nearest):
    assert re.match(f"unknown genotype '{given_name}': did you mean .*{nearest}", refused(given_name))


def test_a_name_like_none_gets_the_list():
    assert refused("zzzzzz").startswith("unknown genotype 'zzzzzz': `memnet genotypes` lists the known ones")


@settings(max_examples=60, deadline=None)
@given(listed_genotypes())
def test_text_and_json_read_back(genotype):
    assert read_genotype(genotype.to_text()) == genotype
    again = read_genotype(genotype.to_json())
    assert (again, again.name) == (genotype, "drawn")


@settings(max_examples=60, deadline=None)
@given(genotypes())
def test_every_layout_gives_the_same_genotype(genotype):
    cells = {"normal": genotype.normal, "reduce": genotype.reduce}
    concats = {"normal_concat": [2, 3, 4, 5], "reduce_concat": [2, 3, 4, 5]}
    flat = {kind: [(e.op, e.source) for _, e in c.edges()] for kind, c in cells.items()}
    triples = {kind: [(e.op, node, e.source) for node, e in c.edges()] for kind, c in cells.items()}
    nested = {kind: [[(e.op, e.source) for e in edges] for edges in c.nodes] for kind, c in cells.items()}
    for layout in (flat, triples, nested):
        fields = {**layout, **concats}
        assert read_genotype(json.dumps(fields)) == genotype
        assert read_genotype(f"Genotype({', '.join(f'{k}={v!r}' for k, v in fields.items())})") == genotype


def test_darts_printed_text_is_byte_for_byte_what_darts_prints():
    text = read_genotype("DARTS_V2").to_text()
    assert text.startswith("Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ")
    assert text.endswith(", ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=range(2, 6))")


def test_names_come_from_the_text_the_file_or_the_cells(tmp_path):
    text = read_genotype("PDARTS").to_text()
    assert read_genotype(f"# copied\nMINE = {text}\n").name == "MINE"
    assert read_genotype(text).name == read_genotype(f"\n {text}").name == "genotype-d34d80e6"
    turned = Genotype(name="turned", normal=read_genotype(text).reduce, reduce=read_genotype(text).normal)
    same_normal = Genotype(name="half", normal=read_genotype(text).normal, reduce=read_genotype(text).normal)
    names = {read_genotype(each.to_text()).name for each in (turned, same_normal)}
    assert len(names | {"genotype-d34d80e6"}) == 3  # each of the two cells counts
    for name, content in (("my cells.txt", text), ("my cells.json", read_genotype("PDARTS").to_json())):
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_genotype(str(tmp_path / "my cells.txt")).name == "my_cells"
    assert read_genotype(str(tmp_path / "my cells.json")).name == "PDARTS"
    assert read_genotype(str(tmp_path / "my cells.txt")) == read_genotype("PDARTS")


def test_equality_is_that_of_the_cells():
    one = read_genotype("DARTS_V2")
    other = Genotype(name="copy", normal=one.normal, reduce=one.reduce)
    assert one == other
    assert one != read_genotype("DARTS_V1")
