# SPDX-License-Identifier: GPL-3.0-or-later
"""`build_network`: the layers of the DARTS evaluation network of a genotype.

The layers are those of `NetworkCIFAR` in quark0/darts, without its auxiliary head. The tensors have the names of its
state dict, so that its checkpoints can be loaded and give the same outputs here.
"""

from __future__ import annotations

from collections.abc import Sequence

from memnet.errors import NetworkError
from memnet.genotype import Cell, Genotype, find_operation
from memnet.network.edges import EdgePlace, add_edge
from memnet.network.layer_builder import LayerBuilder
from memnet.network.layers import Network


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
        Fewer than three cells, a size below 1, or a map of odd height or width that a FactorizedReduce has to halve.

    Examples
    --------
    >>> network = build_network(read_genotype("PDARTS"), channels=4, layers=3, image_shape=(1, 8, 8))
    >>> network.cells, network.classes
    (3, 10)
    """
    if layers < 3:
        raise NetworkError(f"net: {layers} cells leave no room for two reduction cells; use layers >= 3")
    if len(image_shape) != 3 or min(image_shape) < 1:
        raise NetworkError(f"net/input: an image is (channels, height, width), all positive, not {tuple(image_shape)}")
    if channels < 1 or classes < 1:
        raise NetworkError(f"net: channels and classes must be positive, not {channels} and {classes}")
    builder = LayerBuilder(image=(image_shape[0], image_shape[1], image_shape[2]))
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


def _cell(
    builder: LayerBuilder, number: int, cell: Cell, sources: tuple[str, str], width: int, halved: bool, reduce: bool
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
    op_index = 0
    for node, edges in enumerate(cell.nodes, start=2):
        ends = []
        for edge in edges:
            stride = 2 if reduce and edge.source < 2 else 1
            place = EdgePlace(
                name=f"{where}/node{node}/edge{edge.source}-{edge.op}",
                source=states[edge.source],
                stride=stride,
                tensors=f"{prefix}._ops.{op_index}",
            )
            ends.append(add_edge(builder, find_operation(edge.op), place))
            op_index += 1
        states.append(builder.add(f"{where}/node{node}", "sum", tuple(ends), builder.shape(ends[0])))
    joined = tuple(states[i] for i in cell.concat)
    _, height, map_width = builder.shape(joined[0])
    return builder.add(where, "concat", joined, (len(joined) * width, height, map_width))
