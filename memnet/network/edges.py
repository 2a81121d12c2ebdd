# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of an edge of a cell, by the family of its operation; `EDGE_BUILDERS` has a function for each family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from memnet.errors import NetworkError, choices
from memnet.genotype import Operation
from memnet.network.layer_builder import LayerBuilder, strided
from memnet.network.layers import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePlace:
    """Where the layers of an edge stand.

    Attributes
    ----------
    name : of the edge, such as ``cell2/node3/edge0-sep_conv_3x3``; the layer that ends it has this name or one below it
    source : name of the layer that it reads
    stride : 2 on the edges of a reduction cell from its input states, else 1
    tensors : prefix of the names of its tensors, such as ``cells.2._ops.3``
    """

    name: str
    source: str
    stride: int
    tensors: str


# Adds the layers of an edge and returns the name of the last, whose output has the channels of its source, and height
# and width divided by the stride, rounded up. Chips carry convolutions anywhere in an edge, pools and identities as its
# last layer.
EdgeBuilder = Callable[[LayerBuilder, Operation, EdgePlace], str]


def add_edge(builder: LayerBuilder, operation: Operation, place: EdgePlace) -> str:
    """Add the layers of one edge and return the name of the last.

    Raises
    ------
    NetworkError
        no builder is registered for the family of the operation, or it ends the edge with something else than a layer
        of that edge with the shape that the node sums
    """
    if operation.family not in EDGE_BUILDERS:
        raise NetworkError(
            f"net/{place.name}: no layers are known for the family {operation.family!r} of {operation.name}; register "
            f"their builder in EDGE_BUILDERS of memnet.network, or {choices(operation.family, EDGE_BUILDERS)}"
        )
    end = EDGE_BUILDERS[operation.family](builder, operation, place)
    if not end.startswith(place.name) or builder.shape(end) != _shape(builder, place):
        raise NetworkError(
            f"net/{place.name}: the builder of the family {operation.family!r} ends this edge with {end}, of shape "
            f"{builder.shape(end)}; end it with a layer named after the edge, of shape {_shape(builder, place)}"
        )
    return end


def _zero(builder: LayerBuilder, _operation: Operation, place: EdgePlace) -> str:
    return builder.add(place.name, "zero", (place.source,), _shape(builder, place), stride=place.stride)


def _skip(builder: LayerBuilder, _operation: Operation, place: EdgePlace) -> str:
    if place.stride == 2:
        channels = builder.shape(place.source)[0]
        return builder.factorized_reduce(place.name, place.source, channels, place.tensors)
    return builder.add(place.name, "identity", (place.source,), _shape(builder, place))


def _pool(kind: Literal["max_pool", "avg_pool"]) -> EdgeBuilder:
    def add(builder: LayerBuilder, operation: Operation, place: EdgePlace) -> str:
        shape = _shape(builder, place)
        return builder.add(place.name, kind, (place.source,), shape, stride=place.stride, kernel=operation.kernel)

    return add


def _convolutions(*units: tuple[str, int]) -> EdgeBuilder:
    """Return a builder of units of a depthwise and a pointwise convolution, of which the first has the stride.

    DARTS numbers the operations of a convolution op.0, op.1, ...: ReLU, depthwise, pointwise, batch norm.

    Parameters
    ----------
    units : of each unit the suffix of its layers, and the number of its depthwise convolution
    """

    def add(builder: LayerBuilder, operation: Operation, place: EdgePlace) -> str:
        channels, source, stride = builder.shape(place.source)[0], place.source, place.stride
        for suffix, first in units:
            source = builder.conv(
                f"{place.name}/dw{suffix}",
                source,
                channels,
                weight=f"{place.tensors}.op.{first}.weight",
                kernel=operation.kernel,
                stride=stride,
                dilation=operation.dilation,
                groups=channels,
            )
            source = builder.conv(
                f"{place.name}/pw{suffix}",
                source,
                channels,
                weight=f"{place.tensors}.op.{first + 1}.weight",
                batch_norm=f"{place.tensors}.op.{first + 2}",
                relu=False,
            )
            stride = 1
        return source

    return add


def _shape(builder: LayerBuilder, place: EdgePlace) -> Shape:
    """Return the shape of the output of an edge."""
    channels, height, width = builder.shape(place.source)
    return (channels, *strided(height, width, place.stride))


EDGE_BUILDERS: dict[str, EdgeBuilder] = {
    "none": _zero,
    "skip": _skip,
    "max_pool": _pool("max_pool"),
    "avg_pool": _pool("avg_pool"),
    "separable": _convolutions(("1", 1), ("2", 5)),
    "dilated": _convolutions(("", 1)),
}
