# SPDX-License-Identifier: GPL-3.0-or-later
"""What an evaluation has of one sampled chip, and the figures that it takes from nominal devices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from memnet.flow.results import NOMINAL
from memnet.measurement import ChipCost, SpiceCheck
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledChip:
    """Test images classified by one chip, whose devices were sampled with its seed.

    Attributes
    ----------
    accuracy : share of images whose largest output is the true class
    logits, quiet_logits : (images, classes) of the chip, and of the same devices read without noise
    peaks_v : largest voltage of each net group, volts
    saturated : op-amp outputs that saturate in all images, by net group
    build_s, run_s : seconds of sampling and loading its devices, and of classifying

    Examples
    --------
    >>> sample = Chip.of("DARTS_V1", channels=1).evaluate(images=20).samples[0]
    >>> sample.seed, sample.logits.shape
    (0, (20, 10))
    """

    seed: int
    accuracy: float
    logits: Floats
    quiet_logits: Floats
    peaks_v: dict[str, float]
    saturated: dict[str, int]
    build_s: float
    run_s: float


def cost_figures(cost: ChipCost) -> dict[str, Any]:
    """Return the figures of delay, energy and power by name, in SI units."""
    found = asdict(cost)
    del found["wall_s"]  # that of the whole call stands there
    return {**found, "cost_devices": NOMINAL}


def check_figures(check: SpiceCheck | None) -> dict[str, Any] | None:
    """Return the figures of a check against SPICE by name; None where there was none."""
    if check is None:
        return None
    return {
        "blocks": len(check.blocks),
        "stages": check.stages,
        "images": check.images,
        "devices": NOMINAL,
        "engine": check.engine,
        "solver": check.solver,
        "largest_deviation": check.worst.deviation,
        "worst_block": check.worst.stage,
        "largest_deviation_v": max(block.deviation_v for block in check.blocks),
    }
