"""Training recipes: optimiser settings, augmentation and their course over the epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from memnet.network.training.torch_network import TrainingNoise


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train: momentum SGD whose rate rises linearly, then falls to zero on a cosine (one cycle).

    Attributes
    ----------
    warm_up : share of all steps during which the rate rises.
    shift, flip, cutout : augmentation: largest shift in pixels, mirror at random, side of the square blanked in pixels.
    muon_rate : highest rate of pointwise weights, which then follow `Muon` on the same cycle; 0: SGD for all.
    muon_decay : weight decay of those, a share of their rate.
    clip : largest norm of the gradient.
    disturbance : of weights and edges; its drop-path probability is the last epoch's, which it rises to from 0.
    sides : (share of the epochs, side in pixels): from that share on, images are shrunk to this side. Early epochs on
        small images cost a fraction and teach most of what they would at full size. Empty: full size throughout.
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
    """Return the rates of a step as a share of their highest."""
    rising = recipe.warm_up * steps
    if step < rising:
        return 0.1 + 0.9 * step / rising
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / (steps - rising)))


def noise_in_epoch(recipe: Recipe, number: int) -> TrainingNoise:
    """Return the disturbance of epoch `number`, counted from 0: a network drops no edge before it has learnt any."""
    share = number / max(recipe.epochs - 1, 1)
    return replace(recipe.disturbance, drop_path=recipe.disturbance.drop_path * share)


def image_side(recipe: Recipe, share: float, full: int) -> int:
    """Return the side of the images, in pixels, once that share of the epochs is done."""
    return next((side for begins, side in reversed(recipe.sides) if share >= begins - 1e-9), full)
