# SPDX-License-Identifier: GPL-3.0-or-later
"""How many memristors of a chip have which conductance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.deployment import SIDES, ChipDevices
from memnet.units import Floats

MOST_BINS = 64  # between the lowest and the highest level


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductanceCounts:
    """Numbers of memristors by conductance.

    `edges` are (bins + 1,) siemens, the first and the last of which hold all devices between them; `plus` and `minus`
    (bins,) devices of plus and of minus columns.
    """

    edges: Floats
    plus: npt.NDArray[np.int64]
    minus: npt.NDArray[np.int64]


def count_conductances(devices: ChipDevices) -> ConductanceCounts:
    """Return how many of a chip's memristors have which conductance, as they really stand there.

    Each bin holds the same number of levels. The devices of one term alone are in memory at a time.
    """
    device = devices.deployment.technology.memristor
    step = (device.g_max_siemens - device.g_min_siemens) / (2**device.bits - 1)
    width = step * math.ceil(2**device.bits / MOST_BINS)
    low = device.g_min_siemens - step / 2
    below, bins = 0, math.ceil((device.g_max_siemens - low) / width)
    if devices.per_device:
        ends = [(side.min(), side.max()) for pair in _sides(devices) for side in pair if side.size]
        below = max(0, math.ceil((low - min(least for least, _ in ends)) / width)) if ends else 0
        bins = max(bins, math.floor((max(most for _, most in ends) - low) / width) + 1) if ends else bins
    edges = low + width * np.arange(-below, bins + 1)
    counts = np.zeros((len(SIDES), below + bins), dtype=np.int64)
    for pair in _sides(devices):
        for index, side in enumerate(pair):
            counts[index] += np.histogram(side, edges)[0]
    return ConductanceCounts(edges=edges, plus=counts[0], minus=counts[1])


def _sides(devices: ChipDevices) -> Iterator[tuple[Floats, Floats]]:
    """Yield the conductances of plus and of minus devices, term by term, siemens."""
    for stage in devices.deployment.plan.stages:
        for term in stage.memristor_terms:
            yield devices.listed(stage, term)
