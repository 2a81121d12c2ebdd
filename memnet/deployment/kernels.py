"""Reads kernels back from the levels of a deployment, for networks too large for a placement table; knows no circuit.

For small networks `readback` reads every single device instead; a test holds the two together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from memnet.deployment.mapping import Deployment
from memnet.deployment.quantise import Pair
from memnet.deployment.stages import BIAS_RAIL, Stage, Term
from memnet.network import Network, Parameters

Floats = npt.NDArray[np.float64]


def programmed_parameters(deployment: Deployment) -> Parameters:
    """Return the kernels and biases that the levels stand for: (plus - minus) / (2^bits - 1) * limit * row scale."""
    kernels: dict[str, Floats] = {}
    biases: dict[str, Floats] = {}
    for stage in deployment.plan.stages:
        for term in stage.terms:
            if term.kind == "weights" and term.layers and deployment.plan.on(term.select):
                kernels[term.layers[0]] = _kernel(deployment, stage, term)
            elif term.kind == "bias" and deployment.plan.on(term.select):
                found = _weights(deployment, stage, term).sum(axis=(1, 2)) * deployment.scales[BIAS_RAIL]
                biases[stage.layer] = biases.get(stage.layer, 0.0) + found
    return Parameters(kernels=kernels, biases=biases)


def _weights(deployment: Deployment, stage: Stage, term: Term) -> Floats:
    """Return the weights of a term in activation units per row volt, (out, in, taps)."""
    program = deployment.programs[stage.name]
    pair: Pair = program.pairs[term.unit]
    step = program.weight_limit / (2**deployment.technology.memristor.bits - 1)
    return np.asarray((pair.plus.astype(np.float64) - pair.minus) * step[:, None, None])


def _kernel(deployment: Deployment, stage: Stage, term: Term) -> Floats:
    scale = deployment.scale_rows().channels(term.source)
    kernel = _weights(deployment, stage, term) * (scale[None, :, None] if term.window.dense else scale[:, None, None])
    shape = _shape(deployment.network, term.layers[0])
    if term.taps is not None:
        carried = np.array(term.taps)
        whole = np.zeros((*kernel.shape[:2], int(np.prod(shape[2:]))))
        whole[:, :, carried[carried >= 0]] = kernel[:, :, carried >= 0]
        kernel = whole
    return kernel.reshape(shape)


def _shape(network: Network, name: str) -> tuple[int, ...]:
    layer = network.layer(name)
    shapes = network.weight_shapes(layer)
    out = sum(shape[0] for shape in shapes)
    return (out, shapes[0][1]) if layer.kind in ("linear", "factorized_reduce") else (out, *shapes[0][1:])
