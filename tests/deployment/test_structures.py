# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of structures: each holds what it counts, refuses the rest by name, and leaves no edge without work."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from memnet.deployment.hypernetwork.coverage import large_members, structure_coverage
from memnet.deployment.hypernetwork.duplicated import DuplicatedBuilder
from memnet.deployment.hypernetwork.plan import STRUCTURES, find_structure, hypernetwork_plan
from memnet.deployment.hypernetwork.shared import SharedBuilder
from memnet.deployment.hypernetwork.structure import CONCAT, Structure
from memnet.deployment.hypernetwork.units import fits_units, unit_taps
from memnet.deployment.individual import individual_plan
from memnet.errors import GenotypeError, NetworkError, SetupError
from memnet.flow.testing import _layer_of
from memnet.genotype.cells import Cell, Edge, Genotype
from memnet.genotype.operations import OPERATIONS, PRIMITIVES, Operation
from memnet.network.build import build_network
from memnet.network.edges import EDGE_BUILDERS

OTHERS = (
    Operation(name="sep_conv_7x7", family="separable", kernel=7),
    Operation(name="dil_conv_3x3_d3", family="dilated", kernel=3, dilation=3),
    Operation(name="max_pool_5x5", family="max_pool", kernel=5),
    Operation(name="conv_1x1", family="pointwise"),
)


@pytest.fixture
def others(monkeypatch):
    """Register four operations that no structure carries, and the layers of a family of their own."""
    for operation in OTHERS:
        monkeypatch.setitem(OPERATIONS, operation.name, operation)

    def pointwise(builder, _operation, place):
        channels, tensors = builder.shape(place.source)[0], f"{place.tensors}.op"
        return builder.conv(
            place.name,
            place.source,
            channels,
            weight=f"{tensors}.1.weight",
            batch_norm=f"{tensors}.2",
            stride=place.stride,
        )

    monkeypatch.setitem(EDGE_BUILDERS, "pointwise", pointwise)


def chain(*ops, name="chain"):
    """Return a genotype whose node 2 has these operations on its two edges, and other nodes a skip each."""
    first = tuple(Edge(op=op, source=source) for source, op in enumerate(ops))
    rest = tuple((Edge(op="skip_connect", source=1),) for _ in CONCAT[1:])
    cell = Cell(nodes=(first, *rest), concat=CONCAT)
    return Genotype(name=name, normal=cell, reduce=cell)


def planned(genotype, structure):
    return hypernetwork_plan(build_network(genotype, channels=1, image_shape=(1, 4, 4)), structure)


def carried(plan):
    return sorted(
        layer
        for stage in plan.stages
        for term in stage.terms
        if term.kind == "weights" and plan.on(term.select)
        for layer in term.layers
    )


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_each_structure_holds_what_it_carries(structure, others):
    found = find_structure(structure)
    assert found.name == structure and found.rule
    weighted = {name for name in OPERATIONS if OPERATIONS[name].family in ("separable", "dilated", "pointwise")}
    for name, operation in OPERATIONS.items():
        genotype = chain(name, "none")
        network = build_network(genotype, channels=1, image_shape=(1, 4, 4))
        if name == "none" or found.carries(operation):
            plan = hypernetwork_plan(network, structure)
            assert carried(plan) == sorted(layer.name for layer in network.layers if layer.weight)
            assert any(f"-{name}" in layer for layer in carried(plan)) or name not in weighted
        else:
            with pytest.raises(GenotypeError, match=f"chain, normal/node2/edge0-{name}: `{structure}` has no circuit"):
                hypernetwork_plan(network, structure)
    assert {name for name in PRIMITIVES if found.carries(OPERATIONS[name])} == set(PRIMITIVES)
    for genotype in large_members(structure):
        found.check(genotype)


def test_unknown_ones_are_refused_with_the_nearest():
    for ask in (find_structure, large_members, partial(planned, chain("none", "none"))):
        with pytest.raises(SetupError, match="unknown structure 'slots': did you mean slotted"):
            ask("slots")
    with pytest.raises(SetupError, match="structure 'My one': use up to 40 small letters"):
        Structure(name="My one", rule="any", builder=SharedBuilder)


def test_a_refusal_says_where_the_architecture_can_be_deployed(others, monkeypatch):
    with pytest.raises(
        GenotypeError, match=r"`shared` has no circuit that can carry sep_conv_7x7; deploy it individually$"
    ):
        planned(chain("sep_conv_7x7", "none"), "shared")
    wide = Structure(
        name="wide", rule="any", builder=partial(SharedBuilder, kernel=7), carries=partial(fits_units, kernel=7)
    )
    monkeypatch.setitem(STRUCTURES, "wide", wide)
    with pytest.raises(GenotypeError, match=r"carry sep_conv_7x7; deploy it individually, or on `wide`$"):
        planned(chain("sep_conv_7x7", "none"), "shared")
    assert any("edge0-sep_conv_7x7/dw2" in layer for layer in carried(planned(chain("sep_conv_7x7", "none"), "wide")))


class Off(SharedBuilder):
    """A builder that leaves every select net low."""

    def switch(self, name, on):
        return super().switch(name, False)


@pytest.mark.parametrize(
    ("name", "builder", "text"),
    [
        (
            "sep_conv_7x7",
            SharedBuilder,
            r"edge0-sep_conv_7x7: the windows of 5x5 in \S+ cannot carry sep_conv_7x7; deploy",
        ),
        ("dil_conv_3x3_d3", SharedBuilder, r"edge0-dil_conv_3x3_d3: the windows of 5x5 in"),
        ("sep_conv_3x3", Off, r"chain, net/cell0/node2/edge0-sep_conv_3x3/dw1: no circuit of `eager`"),
        ("sep_conv_7x7", DuplicatedBuilder, r"chain, net/cell0/node2/edge0-sep_conv_7x7/dw1: no circuit of `eager`"),
        (
            "conv_1x1",
            SharedBuilder,
            r"chain, net/cell0/node2/edge0-conv_1x1: no circuit of `eager` carries the weights",
        ),
    ],
)
def test_a_structure_that_takes_more_than_its_builder_builds_is_refused(name, builder, text, others, monkeypatch):
    """Without these two checks the edge would be an idle unit, and the circuit another network."""
    eager = Structure(name="eager", rule="any", builder=builder, carries=lambda _operation: True)
    monkeypatch.setitem(STRUCTURES, "eager", eager)
    with pytest.raises(GenotypeError, match=text):
        planned(chain(name, "none"), "eager")


def test_counts_and_largest_members_follow_from_the_record(monkeypatch):
    def carries(operation):
        return operation.family in ("dilated", "skip")

    narrow = Structure(name="narrow", rule="one edge", builder=SharedBuilder, carries=carries, slots=1)
    monkeypatch.setitem(STRUCTURES, "narrow", narrow)
    per_cell = {each.structure: each.per_cell for each in structure_coverage()}
    assert per_cell["narrow"] == (1 + 2 * 3) * (1 + 3 * 3) * (1 + 4 * 3) * (1 + 5 * 3)
    for genotype in large_members("narrow"):
        narrow.check(genotype)
        assert [edge.op for _, edge in genotype.normal.edges()] == ["dil_conv_5x5"] * 4
    pools = replace(narrow, carries=lambda operation: operation.family == "max_pool")
    assert {edge.op for each in pools.large_members() for _, edge in each.reduce.edges()} == {"max_pool_3x3"}


def test_a_kernel_lies_in_the_middle_of_a_window():
    assert unit_taps(5, 5) is None
    assert unit_taps(3, 5) == tuple([-1] * 6 + [0, 1, 2, -1, -1, 3, 4, 5, -1, -1, 6, 7, 8] + [-1] * 6)
    assert unit_taps(1, 5).index(0) == 12 and len(unit_taps(3, 7)) == 49


def test_pools_of_two_sizes_are_two_stages(others):
    """Both pool state 0, in node 2 and in node 3."""
    genotype = chain("max_pool_5x5", "none")
    nodes = (genotype.normal.nodes[0], (Edge(op="max_pool_3x3", source=0),), *genotype.normal.nodes[2:])
    cell = replace(genotype.normal, nodes=nodes)
    network = build_network(replace(genotype, normal=cell, reduce=cell), channels=1, image_shape=(1, 4, 4))
    pools = [stage for stage in individual_plan(network).stages if stage.kind == "max_pool"]
    windows = {(stage.terms[0].source, len(stage.terms[0].window.offsets)) for stage in pools}
    assert windows == {(f"cell{number}/preprocess0", taps) for number in range(3) for taps in (9, 25)}
    assert len({stage.name for stage in pools}) == len(pools)
    for stage in pools:
        assert network.layer(_layer_of(stage, network)).kernel ** 2 == len(stage.terms[0].window.offsets)


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        (("max_pool", "conv"), "edge0-odd/first: a max_pool layer stands inside an edge"),
        (("conv", "concat"), "edge0-odd/second: a concat layer ends this edge"),
    ],
)
def test_edges_that_chips_have_no_circuit_for_are_refused(kinds, text, monkeypatch):
    def odd(builder, _operation, place):
        source = place.source
        for number, kind in zip(("first", "second"), kinds, strict=True):
            name, stride = f"{place.name}/{number}", place.stride if number == "first" else 1
            channels, height, width = builder.shape(source)
            if kind == "conv":
                weight = f"{place.tensors}.{number}.weight"
                source = builder.conv(name, source, channels, weight=weight, stride=stride)
            else:
                source = builder.add(
                    name, kind, (source,), (channels, height // stride, width // stride), stride=stride
                )
        return source

    monkeypatch.setitem(OPERATIONS, "odd", Operation(name="odd", family="odd"))
    monkeypatch.setitem(EDGE_BUILDERS, "odd", odd)
    with pytest.raises(NetworkError, match=text):
        individual_plan(build_network(chain("odd", "none"), channels=1, image_shape=(1, 4, 4)))
