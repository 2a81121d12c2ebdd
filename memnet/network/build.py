# SPDX-License-Identifier: GPL-3.0-or-later
"""`build_network`: the layers of the DARTS evaluation network of a genotype.

The layers are those of `NetworkCIFAR` in quark0/darts, without its auxiliary head. The tensors have the names of its
state dict, so that its checkpoints can be loaded and give the same outputs here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from memnet.errors import NetworkError
from memnet.genotype import Cell, Genotype
from memnet.network.layers import Kind, Layer, Network, Shape


def build_network(
    genotype: Genotype, *, channels: int = 4, layers: int = 3, image_shape: Sequence[int] = (1, 8, 8), classes: int = 10
) -> Network:
    """Return the evaluation network of a genotype.

    Parameters
    ----------
    channels : C, the channels of a node in the first cells; each reduction cell doubles them.
    layers : L, the number of cells; cells L // 3 and 2 L // 3 (counted from 0) are reduction cells.
    image_shape : (channels, height, width) of one image.

    Raises
    ------
    NetworkError
        Fewer than three cells, a size below 1, or a map of odd height or width that a reduction cell has to halve.
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
        genotype=genotype,
        channels=channels,
        image_shape=builder.image,
        classes=classes,
        cells=layers,
        layers=tuple(builder.layers.values()),
    )


@dataclass(slots=True, kw_only=True)
class _Builder:
    """Collects layers in topological order; each method but `shape` adds a layer and returns its name."""

    image: Shape
    layers: dict[str, Layer] = field(default_factory=dict)

    def shape(self, name: str) -> Shape:
        return self.image if name == "input" else self.layers[name].shape

    def add(self, name: str, kind: Kind, inputs: tuple[str, ...], shape: Shape, *, stride: int = 1) -> str:
        pooled = kind in ("max_pool", "avg_pool")
        layer = Layer(
            name=name,
            kind=kind,
            inputs=inputs,
            shape=shape,
            stride=stride,
            kernel=3 if pooled else 1,
            padding=1 if pooled else 0,
        )
        return self.put(layer)

    def put(self, layer: Layer) -> str:
        self.layers[layer.name] = layer
        return layer.name

    def conv(
        self,
        name: str,
        source: str,
        out: int,
        *,
        weight: str,
        batch_norm: str = "",
        relu: bool = True,
        kernel: int = 1,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
    ) -> str:
        _, height, width = self.shape(source)
        shape = (out, height // stride, width // stride)
        padding = dilation * (kernel - 1) // 2
        return self.put(
            Layer(
                name=name,
                kind="conv",
                inputs=(source,),
                shape=shape,
                relu=relu,
                weight=(weight,),
                batch_norm=batch_norm,
                kernel=kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                groups=groups,
            )
        )

    def factorized_reduce(self, name: str, source: str, out: int, prefix: str) -> str:
        _, height, width = self.shape(source)
        weight = (f"{prefix}.conv_1.weight", f"{prefix}.conv_2.weight")
        return self.put(
            Layer(
                name=name,
                kind="factorized_reduce",
                inputs=(source,),
                shape=(out, height // 2, width // 2),
                relu=True,
                weight=weight,
                batch_norm=f"{prefix}.bn",
                stride=2,
            )
        )

    def linear(self, classes: int) -> str:
        return self.put(
            Layer(
                name="classifier",
                kind="linear",
                inputs=("global_pool",),
                shape=(classes, 1, 1),
                weight=("classifier.weight",),
                bias="classifier.bias",
            )
        )


def _cell(
    builder: _Builder, number: int, cell: Cell, sources: tuple[str, str], width: int, halved: bool, reduce: bool
) -> str:
    """Add the layers of one cell and return the name of its output.

    Parameters
    ----------
    number : of the cell, counted from 0
    sources : names of the outputs of the cell before the previous one, and of the previous one
    width : channels of a node
    halved : whether the previous cell is a reduction cell, so that the first source has a map of twice the size
    reduce : whether this cell is a reduction cell
    """
    where, prefix = f"cell{number}", f"cells.{number}"
    states = []
    for side, source in enumerate(sources):
        name, tensors = f"{where}/preprocess{side}", f"{prefix}.preprocess{side}"
        if side == 0 and halved:
            states.append(builder.factorized_reduce(name, source, width, tensors))
        else:
            weight, norm = f"{tensors}.op.1.weight", f"{tensors}.op.2"
            states.append(builder.conv(name, source, width, weight=weight, batch_norm=norm))
    _, height, map_width = builder.shape(states[1])
    if reduce and (height % 2 or map_width % 2):
        raise NetworkError(
            f"net/{where}: this reduction cell halves its maps, but they are {height}x{map_width}; "
            "use images whose height and width are multiples of 4"
        )
    op_index = 0
    for node, edges in enumerate(cell.nodes, start=2):
        ends = []
        for edge in edges:
            stride = 2 if reduce and edge.source < 2 else 1
            name = f"{where}/node{node}/edge{edge.source}-{edge.op}"
            ends.append(_edge(builder, name, edge.op, states[edge.source], stride, f"{prefix}._ops.{op_index}"))
            op_index += 1
        states.append(builder.add(f"{where}/node{node}", "sum", tuple(ends), builder.shape(ends[0])))
    joined = tuple(states[i] for i in cell.concat)
    _, height, map_width = builder.shape(joined[0])
    return builder.add(where, "concat", joined, (len(joined) * width, height, map_width))


def _edge(builder: _Builder, name: str, op: str, source: str, stride: int, prefix: str) -> str:
    """Add the layers of one edge and return the name of the last; `prefix` is that of its tensor names."""
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
    # DARTS numbers the operations of a convolution op.0, op.1, ...: ReLU, depthwise, pointwise, batch norm. A separable
    # convolution has two of these units. A unit is given by its suffix, the number of its depthwise layer, its stride.
    units = (("", 1, stride),) if dilation == 2 else (("1", 1, stride), ("2", 5, 1))
    for suffix, first, unit_stride in units:
        source = builder.conv(
            f"{name}/dw{suffix}",
            source,
            channels,
            weight=f"{prefix}.op.{first}.weight",
            kernel=kernel,
            stride=unit_stride,
            dilation=dilation,
            groups=channels,
        )
        source = builder.conv(
            f"{name}/pw{suffix}",
            source,
            channels,
            weight=f"{prefix}.op.{first + 1}.weight",
            batch_norm=f"{prefix}.op.{first + 2}",
            relu=False,
        )
    return source
