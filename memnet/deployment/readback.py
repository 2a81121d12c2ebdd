# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes kernels and biases from the placement table, for the quantised reference that chips are compared with.

The reference shares no code with what it checks: this module imports `placement` alone of its package, and nothing of
circuits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from memnet.deployment.placement import BIAS, IDLE, BlockPlacement, Placement
from memnet.errors import WeightsError
from memnet.network import Network, Parameters

Floats = npt.NDArray[np.float64]


def quantised_parameters(network: Network, placement: Placement) -> Parameters:
    """Return the kernels and biases that the placed levels stand for, in activation units.

    A weight is sum(side * level * unit) over the devices of one crossing; every crossing of one kernel element must
    hold the same value. A bias is sum(side * level * unit) over all bias devices of a column, and belongs to the layer
    whose activation the block's output holds.

    Raises
    ------
    WeightsError
        two pixels hold different values of one weight
    """
    kernels: dict[str, Floats] = {}
    biases: dict[str, Floats] = {}
    for block in placement.blocks:
        value = block.side * block.level.astype(np.float64) * block.unit
        for index, layer in enumerate(block.layers):
            inside = block.layer == index
            if layer == BIAS and block.layer_held:
                biases[block.layer_held] = _bias(network, block, value, inside)
            elif layer not in (BIAS, IDLE):
                shape = _kernel_shape(network, layer)
                kernels[layer] = _kernel(block, value, inside, int(np.prod(shape)), layer).reshape(shape)
    for name in kernels:
        layer_shape = network.layer(name).shape
        biases.setdefault(name, np.zeros(layer_shape[0]))
    return Parameters(kernels=kernels, biases=biases)


def _kernel_shape(network: Network, name: str) -> tuple[int, ...]:
    """Return the shape of a folded kernel: (out, in) for classifier and factorized reduce, else that of the tensor."""
    layer = network.layer(name)
    shapes = network.weight_shapes(layer)
    out = sum(shape[0] for shape in shapes)
    return (out, shapes[0][1]) if layer.kind in ("linear", "factorized_reduce") else (out, *shapes[0][1:])


def _kernel(block: BlockPlacement, value: Floats, inside: npt.NDArray[np.bool_], size: int, layer: str) -> Floats:
    """Return the elements of a kernel, (size,): the values of plus and minus devices added."""
    plus, minus = (_common_values(block, value, inside & (block.side == side), size, layer) for side in (1, -1))
    return plus + minus


def _common_values(
    block: BlockPlacement, value: Floats, chosen: npt.NDArray[np.bool_], size: int, layer: str
) -> Floats:
    """Return the value of each kernel element, (size,), which all chosen devices of the element must have in common."""
    weight, held = block.weight[chosen], value[chosen]
    element = np.zeros(size)
    element[weight] = held
    count = np.bincount(weight, minlength=size)
    differing = np.flatnonzero(element[weight] != held)
    if len(differing):
        raise WeightsError(
            f"net/{block.block}: weight {int(weight[differing[0]])} of {layer} stands with different levels at "
            "different pixels, so it is no convolution; simulate this placement with a circuit engine instead"
        )
    # A tap that falls on the padding at every pixel has no device and weighs nothing.
    return np.where(count > 0, element, 0.0)


def _bias(network: Network, block: BlockPlacement, value: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """Return the bias of each channel, (channels,): the mean over its columns, which all have the same bias."""
    channels, height, width = network.layer(block.layer_held).shape
    total = np.bincount(block.channel[inside], weights=value[inside], minlength=channels)
    return np.asarray(total / (height * width))
