# SPDX-License-Identifier: GPL-3.0-or-later
"""A matrix and its inputs, checked, as a network of one layer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from memnet.deployment import INPUT
from memnet.errors import SetupError
from memnet.genotype import read_genotype
from memnet.network import Layer, Network
from memnet.units import Floats

NAME = "crossbar"  # of the one stage


def checked_array(what: str, values: npt.ArrayLike, dimensions: int) -> Floats:
    """Return an array of finite numbers with so many dimensions; `SetupError` for anything else."""
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SetupError(f"{what}: no array of numbers: {error}") from None
    if found.ndim != dimensions or not found.size:
        wanted = {1: "one axis", 2: "two axes"}[dimensions]
        raise SetupError(f"{what}: has the shape {found.shape}; give an array with {wanted} and at least one value")
    if not np.isfinite(found).all():
        raise SetupError(f"{what}: {np.count_nonzero(~np.isfinite(found))} values are not finite")
    return found


def worst_inputs(weights: Floats) -> Floats:
    """Return the inputs of magnitude 1 at which outputs are largest and smallest, (2 outputs, inputs, 1, 1)."""
    signs = np.where(weights >= 0, 1.0, -1.0)
    return np.concatenate([signs, -signs])[:, :, None, None]


def one_layer(shape: tuple[int, ...]) -> Network:
    """Return a network of one linear layer; its genotype is that of no architecture in particular."""
    outputs, rows = shape
    layer = Layer(name=NAME, kind="linear", inputs=(INPUT,), shape=(outputs, 1, 1), weight=("weight",), bias="bias")
    nobody = read_genotype("PDARTS")
    return Network(genotype=nobody, channels=1, image_shape=(rows, 1, 1), classes=outputs, cells=0, layers=(layer,))
