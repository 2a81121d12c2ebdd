# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels and biases computed from the levels of a deployment, for networks too large for a placement table.

For small networks `readback` computes them from the placement table instead, device by device and without code of this
module; a test compares both.
"""

from __future__ import annotations

import numpy as np

from memnet.deployment.mapping import Deployment
from memnet.deployment.quantise import Pair
from memnet.deployment.stages import Stage, Term
from memnet.network import Network, Parameters
from memnet.units import Floats


def programmed_parameters(deployment: Deployment) -> Parameters:
    """Return the kernels and biases, in activation units, that the levels of the selected units stand for.

    A weight is (plus - minus) / (2^bits - 1) * weight_limit * s_row, with s_row the volts per activation unit that its
    row is read at; a bias is the same, summed over the bias rows of its channel.
    """
    kernels: dict[str, Floats] = {}
    biases: dict[str, Floats] = {}
    for stage in deployment.plan.stages:
        for term in stage.terms:
            if term.kind == "weights" and term.layers and deployment.plan.on(term.select):
                kernels[term.layers[0]] = _kernel(deployment, stage, term)
            elif term.kind == "bias" and deployment.plan.on(term.select):
                bias = _weights(deployment, stage, term).sum(axis=(1, 2)) * deployment.scale_rows().reads(term)
                biases[stage.layer] = biases.get(stage.layer, 0.0) + bias
    return Parameters(kernels=kernels, biases=biases)


def _weights(deployment: Deployment, stage: Stage, term: Term) -> Floats:
    """Return the weights of a term, (out, in, taps), in activation units at the output per volt on the row."""
    program = deployment.programs[stage.name]
    pair: Pair = program.pairs[term.unit]
    step = program.weight_limit / (2**deployment.technology.memristor.bits - 1)
    return np.asarray((pair.plus.astype(np.float64) - pair.minus) * step[:, None, None])


def _kernel(deployment: Deployment, stage: Stage, term: Term) -> Floats:
    scale = deployment.scale_rows().reads(term)
    kernel = _weights(deployment, stage, term) * (scale[None, :, None] if term.window.dense else scale[:, None, None])
    shape = _shape(deployment.network, term.layers[0])
    if term.taps is not None:
        carried = np.array(term.taps)
        full = np.zeros((*kernel.shape[:2], int(np.prod(shape[2:]))))
        full[:, :, carried[carried >= 0]] = kernel[:, :, carried >= 0]
        kernel = full
    return kernel.reshape(shape)


def _shape(network: Network, name: str) -> tuple[int, ...]:
    layer = network.layer(name)
    shapes = network.weight_shapes(layer)
    out = sum(shape[0] for shape in shapes)
    return (out, shapes[0][1]) if layer.kind in ("linear", "factorized_reduce") else (out, *shapes[0][1:])
