"""Turns a genotype into the layers of a DARTS evaluation network, with shapes and counts; knows no weight values.

The rules are those of quark0/darts' `NetworkCIFAR` without its auxiliary head, and the tensor names are its state-dict
names, so a published checkpoint means the same here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Literal

from memnet.errors import NetworkError
from memnet.genotype import Cell, Genotype

Kind = Literal[
    "conv", "factorized_reduce", "max_pool", "avg_pool", "identity", "zero", "sum", "concat", "global_pool", "linear"
]
Shape = tuple[int, int, int]
STATISTICS = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One operation of the network: what it reads, what it computes, what shape it gives.

    Attributes
    ----------
    name : unique path, such as ``cell2/node3/edge0-sep_conv_3x3/dw1``.
    inputs : names of the layers it reads; ``input`` is the image.
    shape : its output (channels, height, width); (n, 1, 1) after the global pool.
    relu : rectifies its input first.
    weight : tensor names, one (conv, linear) or two (factorized_reduce) or none.
    batch_norm : prefix of the batch-norm tensors that follow, empty if none follow.
    bias : tensor name of a bias, the classifier's alone.
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
    channels : C of the first cells; doubled by each of the two reduction cells.
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
        """Return the numbers of the two reduction cells."""
        return self.cells // 3, 2 * self.cells // 3

    def layer(self, name: str) -> Layer:
        """Return the layer of that name; `NetworkError` names the nearest ones if there is none."""
        if name not in self._index:
            raise NetworkError(f"{name}: no such layer in {self.genotype.name} with {self.cells} cells")
        return self._index[name]

    def input_shape(self, layer: Layer | str) -> Shape:
        """Return the shape (channels, height, width) of the first thing that layer reads."""
        first = (self.layer(layer) if isinstance(layer, str) else layer).inputs[0]
        return self.image_shape if first == "input" else self.layer(first).shape

    def weight_shapes(self, layer: Layer | str) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of that layer's weight tensors: (out, in / groups, k, k), the classifier's (out, in)."""
        layer = self.layer(layer) if isinstance(layer, str) else layer
        channels_in = self.input_shape(layer)[0]
        if layer.kind == "linear":
            return ((layer.shape[0], channels_in),)
        tensor = (layer.shape[0] // max(len(layer.weight), 1), channels_in // layer.groups, layer.kernel, layer.kernel)
        return (tensor,) * len(layer.weight)

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor the network needs, batch-norm statistics included, in layer order."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            shapes.update(zip(layer.weight, self.weight_shapes(layer), strict=True))
            if layer.bias:
                shapes[layer.bias] = (layer.shape[0],)
            if layer.batch_norm:
                shapes.update({f"{layer.batch_norm}.{name}": (layer.shape[0],) for name in STATISTICS})
        return shapes

    def parameters(self) -> int:
        """Count trained parameters: weights, the classifier's bias, two per batch-norm channel."""
        return sum(prod(shape) for name, shape in self.tensor_shapes().items() if ".running_" not in name)

    def macs(self) -> int:
        """Count multiplications of one image in convolutions and the classifier, taps on zero padding included."""
        return sum(
            prod(shape) * prod(layer.shape[1:]) for layer in self.layers for shape in self.weight_shapes(layer)
        )


def build_network(
    genotype: Genotype, *, channels: int = 4, layers: int = 3, image_shape: Sequence[int] = (1, 8, 8), classes: int = 10
) -> Network:
    """Lay out a genotype as an evaluation network.

    Parameters
    ----------
    channels : C, the channels of the first cells' nodes.
    layers : L, the number of cells; reductions stand at L // 3 and 2 L // 3.
    image_shape : (channels, height, width) of one image.

    Raises
    ------
    NetworkError
        Fewer than three cells, an empty size, or a map of odd height or width where a reduction cell halves it.
    """
    if layers < 3:
        raise NetworkError(f"net: {layers} cells leave no room for two reduction cells; use layers >= 3")
    if len(image_shape) != 3 or min(image_shape) < 1:
        raise NetworkError(f"net/input: an image is (channels, height, width), all positive, not {tuple(image_shape)}")
    if channels < 1 or classes < 1:
        raise NetworkError(f"net: channels and classes must be positive, not {channels} and {classes}")
    builder = _Builder(image=(image_shape[0], image_shape[1], image_shape[2]))
    builder.conv("stem", "input", 3 * channels, weight="stem.0.weight", batch_norm="stem.1", relu=False, kernel=3)
    before, last, halved = "stem", "stem", False
    width = channels
    for number in range(layers):
        reduce = number in (layers // 3, 2 * layers // 3)
        width *= 2 if reduce else 1
        cell = genotype.reduce if reduce else genotype.normal
        before, last = last, _cell(builder, number, cell, (before, last), width, halved, reduce)
        halved = reduce
    builder.add("global_pool", "global_pool", (last,), (builder.shape(last)[0], 1, 1))
    builder.linear(classes)
    return Network(
        genotype=genotype, channels=channels, image_shape=builder.image, classes=classes, cells=layers,
        layers=tuple(builder.layers.values()),
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Builder:
    """Collects layers in topological order; each method adds one and returns its name."""

    image: Shape
    layers: dict[str, Layer] = field(default_factory=dict)

    def shape(self, name: str) -> Shape:
        return self.image if name == "input" else self.layers[name].shape

    def add(self, name: str, kind: Kind, inputs: tuple[str, ...], shape: Shape, *, stride: int = 1) -> str:
        pooled = kind in ("max_pool", "avg_pool")
        layer = Layer(
            name=name, kind=kind, inputs=inputs, shape=shape, stride=stride,
            kernel=3 if pooled else 1, padding=1 if pooled else 0,
        )  # fmt: skip
        return self.put(layer)

    def put(self, layer: Layer) -> str:
        self.layers[layer.name] = layer
        return layer.name

    def conv(
        self, name: str, source: str, out: int, *, weight: str, batch_norm: str = "", relu: bool = True,
        kernel: int = 1, stride: int = 1, dilation: int = 1, groups: int = 1,
    ) -> str:  # fmt: skip
        _, height, width = self.shape(source)
        shape = (out, height // stride, width // stride)
        padding = dilation * (kernel - 1) // 2
        return self.put(Layer(
            name=name, kind="conv", inputs=(source,), shape=shape, relu=relu, weight=(weight,), batch_norm=batch_norm,
            kernel=kernel, stride=stride, padding=padding, dilation=dilation, groups=groups,
        ))  # fmt: skip

    def factorized_reduce(self, name: str, source: str, out: int, prefix: str) -> str:
        _, height, width = self.shape(source)
        weight = (f"{prefix}.conv_1.weight", f"{prefix}.conv_2.weight")
        return self.put(Layer(
            name=name, kind="factorized_reduce", inputs=(source,), shape=(out, height // 2, width // 2), relu=True,
            weight=weight, batch_norm=f"{prefix}.bn", stride=2,
        ))  # fmt: skip

    def linear(self, classes: int) -> str:
        return self.put(Layer(
            name="classifier", kind="linear", inputs=("global_pool",), shape=(classes, 1, 1),
            weight=("classifier.weight",), bias="classifier.bias",
        ))  # fmt: skip


def _cell(
    builder: _Builder, number: int, cell: Cell, sources: tuple[str, str], width: int, halved: bool, reduce: bool
) -> str:
    """Add one cell; `halved` says that the cell before it was a reduction, so the older input is twice as large."""
    where, prefix = f"cell{number}", f"cells.{number}"
    states = []
    for side, source in enumerate(sources):
        name, tensors = f"{where}/preprocess{side}", f"{prefix}.preprocess{side}"
        if side == 0 and halved:
            states.append(builder.factorized_reduce(name, source, width, tensors))
        else:
            weight, norm = f"{tensors}.op.1.weight", f"{tensors}.op.2"
            states.append(builder.conv(name, source, width, weight=weight, batch_norm=norm))
    _, height, across = builder.shape(states[1])
    if reduce and (height % 2 or across % 2):
        raise NetworkError(
            f"net/{where}: this reduction cell halves its maps, but they are {height}x{across}; "
            "use images whose height and width are multiples of 4"
        )
    count = 0
    for node, edges in enumerate(cell.nodes, start=2):
        ends = []
        for edge in edges:
            stride = 2 if reduce and edge.source < 2 else 1
            name = f"{where}/node{node}/edge{edge.source}-{edge.op}"
            ends.append(_edge(builder, name, edge.op, states[edge.source], stride, f"{prefix}._ops.{count}"))
            count += 1
        states.append(builder.add(f"{where}/node{node}", "sum", tuple(ends), builder.shape(ends[0])))
    joined = tuple(states[i] for i in cell.concat)
    _, height, across = builder.shape(joined[0])
    return builder.add(where, "concat", joined, (len(joined) * width, height, across))


def _edge(builder: _Builder, name: str, op: str, source: str, stride: int, prefix: str) -> str:
    """Add the layers of one edge and return the last one's name."""
    channels, height, width = builder.shape(source)
    shape = (channels, height // stride, width // stride)
    if op == "skip_connect":
        if stride == 2:
            return builder.factorized_reduce(name, source, channels, prefix)
        return builder.add(name, "identity", (source,), shape)
    if op == "none":
        return builder.add(name, "zero", (source,), shape, stride=stride)
    if op in ("max_pool_3x3", "avg_pool_3x3"):
        return builder.add(name, "max_pool" if op == "max_pool_3x3" else "avg_pool", (source,), shape, stride=stride)
    kernel, dilation = int(op[-1]), 2 if op.startswith("dil") else 1
    halves = (("", 1, stride),) if dilation == 2 else (("1", 1, stride), ("2", 5, 1))
    for half, first, step in halves:
        source = builder.conv(
            f"{name}/dw{half}", source, channels, weight=f"{prefix}.op.{first}.weight",
            kernel=kernel, stride=step, dilation=dilation, groups=channels,
        )  # fmt: skip
        source = builder.conv(
            f"{name}/pw{half}", source, channels, weight=f"{prefix}.op.{first + 1}.weight",
            batch_norm=f"{prefix}.op.{first + 2}", relu=False,
        )  # fmt: skip
    return source
