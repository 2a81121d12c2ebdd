# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds batch norm into kernels and biases, in activation units: what the crossbars of a chip must carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from memnet.network import Layer, Network
from memnet.units import Floats

BN_EPSILON = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Kernel (out, in, taps) and bias (out,) of one layer, in activation units; `in` is 1 for depthwise layers."""

    kernel: Floats
    bias: Floats


def fold_batch_norm(network: Network, weights: Mapping[str, Floats]) -> dict[str, Folded]:
    """Return w' = w gamma / sqrt(var + eps) and b' = beta - mean gamma / sqrt(var + eps) for every layer with weights.

    The equation is that of Wen et al., TCAD 40(8):1640, 2021; eps is 1e-5, as in DARTS.

    Parameters
    ----------
    weights : tensors by name, as in a checkpoint
    """
    return {layer.name: _fold(layer, weights) for layer in network.layers if layer.weight}


def _fold(layer: Layer, weights: Mapping[str, Floats]) -> Folded:
    kernel = np.concatenate([np.asarray(weights[name], dtype=np.float64) for name in layer.weight], axis=0)
    kernel = kernel.reshape(kernel.shape[0], kernel.shape[1], -1)
    bias = np.asarray(weights[layer.bias], dtype=np.float64) if layer.bias else np.zeros(len(kernel))
    if layer.batch_norm:
        gamma, beta, mean, variance = (
            np.asarray(weights[f"{layer.batch_norm}.{statistic}"], dtype=np.float64)
            for statistic in ("weight", "bias", "running_mean", "running_var")
        )
        gain = gamma / np.sqrt(variance + BN_EPSILON)
        kernel, bias = kernel * gain[:, None, None], bias * gain + beta - mean * gain
    return Folded(kernel=kernel, bias=bias)
