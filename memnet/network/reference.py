# SPDX-License-Identifier: GPL-3.0-or-later
"""The float reference: the outputs of a network, computed in NumPy with float64.

Every circuit is compared with these outputs. So that an error in a circuit cannot hide in the reference, this file
imports nothing of the packages that make circuits; `tests/test_layers.py` checks this.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import NetworkError
from memnet.network.layers import Layer, Network

BATCH_NORM_EPS = 1e-5
BATCH_VALUES = 2**21  # most activations held at once, 16 MiB in float64: more of them leave the processor's cache
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Weights and biases of a network, with every batch norm folded into the layer before it.

    Attributes
    ----------
    kernels : by layer name. Conv: (out, in / groups, k, k). Linear layer and factorized_reduce: (out, in); the first
        half of the rows of a factorized_reduce is its conv_1, the second half its conv_2.
    biases : by layer name, (channels,). A conv, factorized_reduce, linear or sum layer may have one.
    """

    kernels: dict[str, Array]
    biases: dict[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Outputs of a forward pass: logits (images, classes), and values (images, C, H, W) by name of a recorded layer."""

    logits: Array
    values: dict[str, Array]


def fold(network: Network, weights: Mapping[str, NDArray[Any]]) -> Parameters:
    """Fold every batch norm into the convolution it follows: w' = w g / s, b' = b - mean g / s, s = sqrt(var + eps)."""
    kernels: dict[str, Array] = {}
    biases: dict[str, Array] = {}
    for layer in network.layers:
        kernel, bias = fold_layer(layer, weights)
        if kernel is not None:
            kernels[layer.name] = kernel
        if bias is not None:
            biases[layer.name] = bias
    return Parameters(kernels=kernels, biases=biases)


def fold_layer(
    layer: Layer, weights: Mapping[str, NDArray[Any]], *, batch_norm: bool = True
) -> tuple[Array | None, Array | None]:
    """Return the kernel and the bias of one layer, shaped as in `Parameters`; None for what the layer does not have.

    Parameters
    ----------
    weights : arrays by tensor name
    batch_norm : whether the batch norm that follows the layer is folded in
    """
    if not layer.weight:
        return None, None
    kernel = np.concatenate([np.asarray(weights[name], dtype=np.float64) for name in layer.weight])
    bias = np.asarray(weights[layer.bias], dtype=np.float64) if layer.bias else None
    if layer.batch_norm and batch_norm:
        gamma, beta, mean, variance = (
            np.asarray(weights[f"{layer.batch_norm}.{name}"], dtype=np.float64)
            for name in ("weight", "bias", "running_mean", "running_var")
        )
        gain = gamma / np.sqrt(variance + BATCH_NORM_EPS)
        kernel, bias = kernel * gain[:, None, None, None], beta - mean * gain
    return (kernel[:, :, 0, 0] if layer.kind == "factorized_reduce" else kernel), bias


def forward(network: Network, parameters: Parameters, images: NDArray[Any], record: Collection[str] = ()) -> Forward:
    """Compute the logits of images (n, C, H, W), in batches that limit the memory.

    Parameters
    ----------
    record : names of layers whose outputs (n, C, H, W) are returned too.

    Raises
    ------
    NetworkError
        Images of another shape than the network's, or an unknown layer to record.
    """
    if images.ndim != 4 or images.shape[1:] != network.image_shape:
        raise NetworkError(
            f"net/input: images are (n, *{network.image_shape}), not {images.shape}; load the data the network is for"
        )
    for name in record:
        network.layer(name)
    batch = max(1, BATCH_VALUES // network.values())
    last = network.layers[-1].name
    kept: dict[str, list[Array]] = {name: [] for name in (*record, last)}
    for start in range(0, len(images), batch):
        values = {"input": np.asarray(images[start : start + batch], dtype=np.float64)}
        for layer in network.layers:
            inputs = [values[name] for name in layer.inputs]
            kernel, bias = parameters.kernels.get(layer.name), parameters.biases.get(layer.name)
            values[layer.name] = apply(layer, inputs, kernel, bias)
        for name, batches in kept.items():
            batches.append(values[name])
    empty = np.zeros((0, 1, 1, 1))
    joined = {name: np.concatenate(batches) if batches else empty for name, batches in kept.items()}
    logits = joined[last].reshape(len(images), network.classes)
    return Forward(logits=logits, values={name: joined[name] for name in record})


def apply(layer: Layer, inputs: list[Array], kernel: Array | None = None, bias: Array | None = None) -> Array:
    """Return the output (n, C, H, W) of one layer.

    Parameters
    ----------
    inputs : outputs (n, C, H, W) of the layers that it reads
    kernel, bias : of the layer, as in `Parameters`
    """
    first = np.maximum(inputs[0], 0.0) if layer.relu else inputs[0]
    result = _before_bias(layer, inputs, first, kernel)
    return result if bias is None else result + bias[:, None, None]


def _before_bias(layer: Layer, inputs: list[Array], first: Array, kernel: Array | None) -> Array:
    """Return the output without bias; `first` is the first input, rectified if the layer rectifies."""
    if layer.kind == "identity":
        return first
    if layer.kind == "zero":
        return np.zeros((len(first), *layer.shape))
    if layer.kind == "sum":
        return _total(inputs)
    if layer.kind == "concat":
        return np.concatenate(inputs, axis=1)
    if layer.kind == "global_pool":
        return np.asarray(np.mean(first, axis=(2, 3), keepdims=True))
    if layer.kind == "max_pool":
        return _max_pool(layer, first)
    if layer.kind == "avg_pool":
        return _average_pool(layer, first)
    if kernel is None:
        raise NetworkError(f"net/{layer.name}: a {layer.kind} layer needs a kernel; fold the weights of this network")
    if layer.kind == "conv":
        return _convolution(layer, first, kernel)
    if layer.kind == "factorized_reduce":
        half = len(kernel) // 2
        even, odd = first[:, :, ::2, ::2], first[:, :, 1::2, 1::2]
        return np.concatenate([_mix(kernel[:half], even), _mix(kernel[half:], odd)], axis=1)
    return _mix(kernel, first)


def _total(arrays: list[Array]) -> Array:
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total


def _mix(kernel: Array, values: Array) -> Array:
    """Multiply channels (n, in, H, W) by a matrix (out, in) at every pixel."""
    n, channels, height, width = values.shape
    mixed: Array = np.matmul(kernel, np.ascontiguousarray(values).reshape(n, channels, height * width))
    return mixed.reshape(n, len(kernel), height, width)


def _windows(layer: Layer, values: Array, fill: float) -> list[tuple[int, int, Array]]:
    """Return (row, column, pixels) for each tap of the kernel.

    `pixels` (n, C, H_out, W_out) are the values that the tap meets at every output position; outside the map: `fill`.
    """
    pad = layer.padding
    padded = np.pad(values, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=fill)
    _, height, width = layer.shape
    reach = layer.stride * (height - 1) + 1, layer.stride * (width - 1) + 1
    taps = []
    for row in range(layer.kernel):
        for column in range(layer.kernel):
            y, x = row * layer.dilation, column * layer.dilation
            taps.append((row, column, padded[:, :, y : y + reach[0] : layer.stride, x : x + reach[1] : layer.stride]))
    return taps


def _convolution(layer: Layer, values: Array, kernel: Array) -> Array:
    if (layer.kernel, layer.groups, layer.stride) == (1, 1, 1):
        return _mix(kernel[:, :, 0, 0], values)
    total = np.zeros((len(values), *layer.shape))
    for row, column, pixels in _windows(layer, values, 0.0):
        if layer.groups == 1:
            total += _mix(kernel[:, :, row, column], pixels)
        else:
            total += kernel[:, 0, row, column][:, None, None] * pixels
    return total


def _max_pool(layer: Layer, values: Array) -> Array:
    result = np.full((len(values), *layer.shape), -np.inf)
    for _, _, pixels in _windows(layer, values, -np.inf):
        np.maximum(result, pixels, out=result)
    return result


def _average_pool(layer: Layer, values: Array) -> Array:
    """Average over the pixels inside the map: of a 3x3 window 9 in the interior, 6 at a border, 4 in a corner."""
    ones = np.ones((1, 1, *values.shape[2:]))
    sums, counts = (_total([pixels for _, _, pixels in _windows(layer, x, 0.0)]) for x in (values, ones))
    return sums / counts
