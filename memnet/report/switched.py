# SPDX-License-Identifier: GPL-3.0-or-later
"""One architecture on a hypernetwork against its own chip, as texts: for the page of simulations and the console."""

from __future__ import annotations

from memnet.flow import ComparedChip, Comparison
from memnet.measurement import PROGRAMMABLE_NOTE
from memnet.report.comparison import ratio_words

SWITCHED_HEADINGS = ("figure", "chip of its own", "hypernetwork", "ratio", "bound", "paper")


def switched_title(comparison: Comparison) -> str:
    """Return what is compared: the architecture, the structure, and how many architectures the chip holds."""
    chip = comparison.hypernetworks[0]
    return (
        f"{chip.genotype} on the hypernetwork {chip.structure}, which can be switched to any architecture of its "
        "space, against its own chip"
    )


def switched_rows(comparison: Comparison) -> tuple[tuple[str, ...], ...]:
    """Return table rows of SWITCHED_HEADINGS: accuracy, then the figures of `Comparison.ratios`.

    A bound is the ratio that no chip with the whole space can be below, and `paper` the published ratio; '-' and ''
    where there is none.
    """
    chip = comparison.hypernetworks[0]
    ratios = [ratio for ratio in comparison.ratios() if ratio.structure == chip.structure]
    rows = [ratio_words(ratio)[2:] for ratio in ratios if ratio.hypernetwork is not None]
    return (*_accuracy(comparison.alone(chip.genotype), chip), *rows)


def switched_notes(comparison: Comparison) -> tuple[str, ...]:
    """Return how the figures were found, a sentence each."""
    chip = comparison.hypernetworks[0]
    measured, above = chip.measured, comparison.above_bound(str(chip.structure))
    how = []
    if measured is not None:
        steps = f"{measured.transitions} step{'s' * (measured.transitions > 1)} from image to image"
        by = "a transient in SPICE" if measured.analysis == "transient" else "the numeric engine, without a transient"
        how = [
            f"accuracy: {measured.images} images through both chips in SPICE, {measured.engine}; "
            f"logit error of the hypernetwork {measured.logit_error:.2g}",
            f"power, delay and energy of both chips: {steps}, by {by}",
        ]
    return (
        *how,
        f"area: without converters; {above:.1%} above its bound, the largest architecture of the space alone; "
        f"{PROGRAMMABLE_NOTE}",
        "paper: B. Lyu et al., Neural Networks 175:106312 (2024)",
    )


def _accuracy(alone: ComparedChip, chip: ComparedChip) -> tuple[tuple[str, ...], ...]:
    """Return the row on accuracy; none where nothing was simulated."""
    if alone.measured is None or chip.measured is None:
        return ()
    own, here = alone.measured.accuracy, chip.measured.accuracy
    ratio = f"{here / own:.2f}" if own else "-"
    return (("accuracy", f"{own:.1%}", f"{here:.1%}", ratio, "-", ""),)
