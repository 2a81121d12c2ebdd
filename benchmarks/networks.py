# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that benchmarks run: PDARTS in several sizes, by short names such as `hypernetwork:4`."""

from __future__ import annotations

from dataclasses import replace

from memnet import Chip
from memnet.network.datasets import Dataset, load_dataset

HELP = "individual:C, hypernetwork:C (structure shared) or small:C (individual, 4x4 pixels); with another L, kind:C:L"


def chip_of(name: str) -> Chip:
    """Return PDARTS with seeded or shipped weights on digits, as the name says."""
    kind, channels, *layers = name.split(":")
    return Chip.of(
        "PDARTS",
        channels=int(channels),
        layers=int(layers[0]) if layers else 3,
        dataset=_quartered() if kind == "small" else "digits",
        on="shared" if kind == "hypernetwork" else "individual",
    )


def _quartered() -> Dataset:
    digits = load_dataset("digits")
    images = {
        name: getattr(digits, name).reshape(-1, 1, 4, 2, 4, 2).mean(axis=(3, 5))
        for name in ("train_images", "test_images")
    }
    return replace(digits, name="digits4x4", **images)
