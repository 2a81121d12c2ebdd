# SPDX-License-Identifier: GPL-3.0-or-later
"""Conductance levels of a memristor: level 0 is its smallest conductance, the last level its largest.

The levels are evenly spaced in conductance. `deployment.quantise` chooses the level of a weight; here a level becomes a
conductance, and `deployment.chip_devices` says what stands on a chip. `deployment.placement` has the formula again,
since the reference that judges a circuit reads the placement table without code of the circuit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.sections import Memristor
from memnet.units import Floats


def level_step_siemens(device: Memristor) -> float:
    """Return the difference in conductance between two neighbouring levels, siemens."""
    return float((device.g_max_siemens - device.g_min_siemens) / (2**device.bits - 1))


def level_conductances(device: Memristor, levels: npt.NDArray[Any]) -> Floats:
    """Return the target conductances of levels, in siemens: G = Gmin + level (Gmax - Gmin) / (2^bits - 1).

    Parameters
    ----------
    levels : whole numbers from 0 to 2^bits - 1, of any shape, which the result shares
    """
    return np.asarray(device.g_min_siemens + level_step_siemens(device) * levels)
