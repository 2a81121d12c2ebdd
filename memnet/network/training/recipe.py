# SPDX-License-Identifier: GPL-3.0-or-later
"""Recipes: the settings of a training run (optimiser, augmentation, disturbances), and how they change over it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from memnet.network.training.torch_network import TrainingNoise


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings of a training run: SGD with momentum, its rate rising linearly, then falling to 0 along a cosine.

    Attributes
    ----------
    learning_rate : highest rate of SGD.
    weight_decay : of SGD.
    warm_up : share of all steps during which the rate rises.
    shift, flip, cutout : augmentation, see `augmented`.
    muon_rate : highest rate of `Muon`, which then trains pointwise weights with the same course; 0: SGD trains all.
    muon_decay : weight decay of `Muon`, as a share of its rate.
    clip : largest norm of the gradient of all parameters together.
    disturbance : of weights and edges; `drop_path` is the probability in the last epoch, to which it rises from 0.
    sides : pairs (share of the epochs done, side in pixels): from that share on, images are shrunk to this side. Early
        epochs on small images take less time and teach most of the same. Empty: full size throughout.
    """

    epochs: int = 25
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    muon_rate: float = 0.0
    muon_decay: float = 0.01
    warm_up: float = 0.08
    label_smoothing: float = 0.0
    clip: float = 5.0
    shift: int = 4
    flip: bool = True
    cutout: int = 0
    sides: tuple[tuple[float, int], ...] = ()
    disturbance: TrainingNoise = field(default_factory=TrainingNoise)


RECIPES = {
    "digits": Recipe(epochs=100, batch_size=48, shift=1, flip=False),
    "cifar10": Recipe(
        epochs=30,
        batch_size=64,
        learning_rate=0.08,
        muon_rate=0.04,
        label_smoothing=0.05,
        sides=((0.0, 16), (0.3, 24), (0.65, 32)),
    ),
}


def rate_share(recipe: Recipe, step: int, steps: int) -> float:
    """Return the rate in step `step` of `steps` as a share of the highest: 0.1 to 1 in the warm-up, then down to 0."""
    rising = recipe.warm_up * steps
    if step < rising:
        return 0.1 + 0.9 * step / rising
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / (steps - rising)))


def noise_in_epoch(recipe: Recipe, number: int) -> TrainingNoise:
    """Return the disturbance in epoch `number`, counted from 0; drop path rises linearly from 0 in the first epoch."""
    share = number / max(recipe.epochs - 1, 1)
    return replace(recipe.disturbance, drop_path=recipe.disturbance.drop_path * share)


def image_side(recipe: Recipe, share: float, full: int) -> int:
    """Return the side of the images, in pixels, when `share` of the epochs is done; `full` is that of the data set."""
    return next((side for begins, side in reversed(recipe.sides) if share >= begins - 1e-9), full)
