# SPDX-License-Identifier: GPL-3.0-or-later
"""How the settings of a training run change over its steps and epochs."""

from __future__ import annotations

import math
from dataclasses import replace

from memnet.network.recipe import Recipe as Recipe
from memnet.network.recipe import TrainingNoise as TrainingNoise


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
