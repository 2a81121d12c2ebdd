# SPDX-License-Identifier: GPL-3.0-or-later
"""The error gain of a network: how many times larger a small error of its inputs comes out at its logits."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.measurement.class_outputs import logit_error
from memnet.network import Network, Parameters, forward

GAIN_IMAGES = 8  # images that the gain is taken from; more of them change it by some percent
INPUT_ERROR = 1e-5  # share of the largest input; half of it and twice it give the same gain


def error_gain(network: Network, parameters: Parameters, images: npt.NDArray[Any]) -> float:
    """Return the error of the logits over the error of the inputs, each as a share of its largest magnitude.

    Every input of the numeric reference gets an error of INPUT_ERROR, of a sign drawn once. The error of a circuit is
    judged against this gain: stages cannot be as exact as the reference, and a network with a gain of 1,000 turns
    0.001 % at its inputs into 1 % at its logits, in any circuit.

    Parameters
    ----------
    images : (images, channels, height, width), in the network's input units; the first GAIN_IMAGES are used

    Returns
    -------
    A plain number: 0 where the logits do not depend on the inputs or all inputs are 0.
    """
    shown = np.asarray(images[:GAIN_IMAGES], dtype=np.float64)
    largest = float(np.abs(shown).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    signs = np.random.RandomState(0).choice([-1.0, 1.0], size=shown.shape)
    exact = forward(network, parameters, shown).logits
    moved = forward(network, parameters, shown + INPUT_ERROR * largest * signs).logits
    return logit_error(moved, exact) / INPUT_ERROR
