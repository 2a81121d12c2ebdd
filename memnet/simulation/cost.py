"""Predicts what simulating blocks costs, in seconds and bytes, from counts of devices; runs nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memnet.circuit.banks import Block, Circuit, Memristors, ScaleResistors, Selectors
from memnet.simulation.parts import Limits
from memnet.stages import INPUT

# Measured by benchmarks/scale_curve.py on one core of a 2.x GHz server, ngspice 46 with KLU; see docs/scale.md.
PARSE_S = {"resistors": 5e-6, "amplifiers": 3e-5, "selectors": 3e-5}
IMAGE_S = {"resistors": 3e-7, "amplifiers": 8e-7, "selectors": 2e-6}  # per image, some three Newton iterations
DECK_S = 0.02
MOST_IMAGES = 720  # a deck's inputs are text: past some hundred images parsing is no longer what costs
MOST_INPUT_POINTS = 4_000_000  # images times input nets of a deck, some 100 MB of text
LEAST_DECK_S = 0.25
MOST_DECK_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What a deck is made of."""

    resistors: int  # memristors and scale resistors
    amplifiers: int
    selectors: int

    def parse_s(self) -> float:
        """Return the seconds to read the deck and set it up."""
        return DECK_S + sum(PARSE_S[name] * getattr(self, name) for name in PARSE_S)

    def image_s(self) -> float:
        """Return the seconds of one more image."""
        return sum(IMAGE_S[name] * getattr(self, name) for name in IMAGE_S)


def devices(block: Block) -> Devices:
    """Count the devices of a block that cost time."""
    return Devices(
        resistors=sum(len(bank.row) for bank in block.banks if isinstance(bank, Memristors | ScaleResistors)),
        amplifiers=block.amplifiers(),
        selectors=sum(len(bank.out) for bank in block.banks if isinstance(bank, Selectors)),
    )


def sweep_limits(circuit: Circuit, images: int, workers: int) -> Limits:
    """Return how large the decks of a sweep should be: no more than a fair share of the work, and no tiny ones."""

    def cost_s(block: Block) -> float:
        counted = devices(block)
        return counted.parse_s() + images * counted.image_s()

    return Limits(cost_s=cost_s, least_s=LEAST_DECK_S, most_s=MOST_DECK_S)


def transient_limits(steps: float) -> Limits:
    """Return how large the decks of a transient should be."""

    def cost_s(block: Block) -> float:
        counted = devices(block)
        return counted.parse_s() + steps * counted.image_s()

    return Limits(cost_s=cost_s, least_s=LEAST_DECK_S, most_s=MOST_DECK_S)


def batch_size(circuit: Circuit, images: int, workers: int, *, flat: bool = False) -> int:
    """Return how many images should share a deck: as many as fit, in as many batches as there are workers."""
    del flat
    widest = max(int(np.prod(group.shape)) for name, group in circuit.groups.items() if name == INPUT or "/" in name)
    fitting = max(1, min(MOST_IMAGES, MOST_INPUT_POINTS // widest))
    batches = max(-(-images // fitting), min(workers, images))
    return -(-images // batches)
