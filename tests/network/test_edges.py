# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of edge builders: each operation has layers of the right shape; what has none is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memnet.errors import NetworkError
from memnet.genotype.operations import OPERATIONS, Operation
from memnet.network.edges import EDGE_BUILDERS, EdgePlace, add_edge
from memnet.network.layer_builder import LayerBuilder

PLACE = EdgePlace(name="cell0/node2/edge0-it", source="input", stride=1, tensors="cells.0._ops.0")


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", list(OPERATIONS))
def test_each_operation_has_layers(name, stride):
    builder, operation = LayerBuilder(image=(4, 8, 8)), OPERATIONS[name]
    end = add_edge(builder, operation, replace(PLACE, stride=stride))
    assert builder.shape(end) == (4, 8 // stride, 8 // stride)
    layers = list(builder.layers.values())
    assert layers[-1].name == end and layers[0].inputs == ("input",)
    assert layers[0].stride == (1 if operation.family == "skip" and stride == 1 else stride)
    windows = [layer for layer in layers if layer.kernel > 1]
    assert all((layer.kernel, layer.dilation) == (operation.kernel, operation.dilation) for layer in windows)
    assert len(windows) == {"none": 0, "skip": 0, "separable": 2}.get(operation.family, 1)


def test_a_family_without_layers_is_refused_with_the_nearest():
    with pytest.raises(
        NetworkError, match=r"edge0-it: .*family 'seperable' of odd; register .*, or did you mean separable"
    ):
        add_edge(LayerBuilder(image=(4, 8, 8)), Operation(name="odd", family="seperable"), PLACE)


@pytest.mark.parametrize(
    "builder",
    [
        lambda _builder, _operation, place: place.source,
        lambda builder, _operation, place: builder.conv(place.name, place.source, 8, weight="w"),
        lambda builder, _operation, place: builder.conv(place.name, place.source, 4, weight="w", stride=2),
    ],
)
def test_an_edge_that_ends_in_another_shape_is_refused(builder, monkeypatch):
    monkeypatch.setitem(EDGE_BUILDERS, "odd", builder)
    with pytest.raises(
        NetworkError, match=r"the builder of the family 'odd' ends this edge with .* of shape \(4, 8, 8\)"
    ):
        add_edge(LayerBuilder(image=(4, 8, 8)), Operation(name="odd", family="odd"), PLACE)
