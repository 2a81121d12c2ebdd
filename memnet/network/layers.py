# SPDX-License-Identifier: GPL-3.0-or-later
"""`Layer` and `Network`: the operations of a network in order, their shapes and the names of their weight tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Literal

from memnet.errors import NetworkError
from memnet.genotype import Genotype

Kind = Literal[
    "conv", "factorized_reduce", "max_pool", "avg_pool", "identity", "zero", "sum", "concat", "global_pool", "linear"
]
Shape = tuple[int, int, int]
STATISTICS = ("weight", "bias", "running_mean", "running_var")  # the tensors of one batch norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One operation of a network: its inputs, its kind, its weights and the shape of its output.

    Attributes
    ----------
    name : unique path, such as ``cell2/node3/edge0-sep_conv_3x3/dw1``.
    kind : a factorized_reduce halves the map with two 1x1 convolutions of stride 2 over different pixels, one for each
        half of its output channels.
    inputs : names of the layers whose outputs it reads; ``input`` is the image.
    shape : of its output, (channels, height, width); (channels, 1, 1) from the global pool on.
    relu : whether its first input is rectified before the operation.
    weight : names of its weight tensors: one (conv, linear), two (factorized_reduce) or none.
    batch_norm : prefix of the tensor names of the batch norm after it; empty without one.
    bias : name of its bias tensor; only the classifier has one.
    """

    name: str
    kind: Kind
    inputs: tuple[str, ...]
    shape: Shape
    relu: bool = False
    weight: tuple[str, ...] = ()
    batch_norm: str = ""
    bias: str = ""
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A DARTS evaluation network: its layers in topological order, from the image to the classifier.

    Attributes
    ----------
    channels : C, the channels of a node in the first cells; each of the two reduction cells doubles them.
    image_shape : (channels, height, width) of one image.
    cells : the number of cells, L.
    """

    genotype: Genotype
    channels: int
    image_shape: Shape
    classes: int
    cells: int
    layers: tuple[Layer, ...]
    _index: dict[str, Layer] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the layers by name."""
        object.__setattr__(self, "_index", {layer.name: layer for layer in self.layers})

    @property
    def reductions(self) -> tuple[int, int]:
        """Return the indices of the two reduction cells, counted from 0."""
        return self.cells // 3, 2 * self.cells // 3

    def layer(self, name: str) -> Layer:
        """Return the layer of that name; raises `NetworkError` if there is none."""
        if name not in self._index:
            raise NetworkError(f"{name}: no such layer in {self.genotype.name} with {self.cells} cells")
        return self._index[name]

    def input_shape(self, layer: Layer | str) -> Shape:
        """Return the shape (channels, height, width) of the first input of a layer."""
        first = (self.layer(layer) if isinstance(layer, str) else layer).inputs[0]
        return self.image_shape if first == "input" else self.layer(first).shape

    def weight_shapes(self, layer: Layer | str) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the weight tensors of a layer: (out, in / groups, k, k); of the classifier (out, in)."""
        layer = self.layer(layer) if isinstance(layer, str) else layer
        channels_in = self.input_shape(layer)[0]
        if layer.kind == "linear":
            return ((layer.shape[0], channels_in),)
        tensor = (layer.shape[0] // max(len(layer.weight), 1), channels_in // layer.groups, layer.kernel, layer.kernel)
        return (tensor,) * len(layer.weight)

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of all tensors of the network, batch-norm statistics included, by name, in layer order."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            shapes.update(zip(layer.weight, self.weight_shapes(layer), strict=True))
            if layer.bias:
                shapes[layer.bias] = (layer.shape[0],)
            if layer.batch_norm:
                shapes.update({f"{layer.batch_norm}.{name}": (layer.shape[0],) for name in STATISTICS})
        return shapes

    def parameters(self) -> int:
        """Return the number of trained parameters: weights, the classifier's bias, two for each batch-norm channel."""
        return sum(prod(shape) for name, shape in self.tensor_shapes().items() if ".running_" not in name)

    def values(self) -> int:
        """Return how many activations one image has, over all layers."""
        return sum(prod(layer.shape) for layer in self.layers)

    def macs(self) -> int:
        """Return the multiplications per image in convolutions and classifier, products with padding included."""
        return sum(prod(shape) * prod(layer.shape[1:]) for layer in self.layers for shape in self.weight_shapes(layer))
