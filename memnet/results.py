# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of what methods of `memnet.Chip` and functions of `memnet` return, beside those that `memnet` itself has."""

from memnet.flow import (
    ComparedChip,
    Disturbed,
    Estimate,
    FrequencyResponse,
    MemristorRun,
    PredictedRun,
    Ratio,
    ReadDisturb,
    SampledChip,
    Sweep,
    Waveforms,
)
from memnet.measurement import Accuracy, Counts, Deviation, Headroom, TransientMeasure
from memnet.network import Weights

__all__ = [
    "Accuracy",
    "ComparedChip",
    "Counts",
    "Deviation",
    "Disturbed",
    "Estimate",
    "FrequencyResponse",
    "Headroom",
    "MemristorRun",
    "PredictedRun",
    "Ratio",
    "ReadDisturb",
    "SampledChip",
    "Sweep",
    "TransientMeasure",
    "Waveforms",
    "Weights",
]
