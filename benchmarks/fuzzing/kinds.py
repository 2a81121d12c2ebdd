# SPDX-License-Identifier: GPL-3.0-or-later
"""`KINDS`: all kinds of inputs by name."""

from __future__ import annotations

from fuzzing import cache, checkpoints, data, genotypes, tables, technologies, weights
from fuzzing.trial import Kind

KINDS: dict[str, Kind] = {
    "genotypes": genotypes.trial,
    "weights": weights.trial,
    "checkpoints": checkpoints.trial,
    "tables": tables.trial,
    "technologies": technologies.trial,
    "data": data.trial,
    "cache": cache.trial,
}
