# SPDX-License-Identifier: GPL-3.0-or-later
"""`Recipe` and `TrainingNoise`: the settings of a training run; `training` applies them, data sets name their own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingNoise:
    """Disturbances of weights and edges in the forward pass of training, so that the network learns to tolerate them.

    Attributes
    ----------
    weight_bits : weights are rounded to multiples of (largest of the output channel) / (2^bits - 1), the values that a
        differential pair of devices with 2^bits levels can represent; None: no rounding.
    weight_noise : standard deviation of noise added to a weight, as a share of the largest of its output channel.
    drop_path : probability that an edge is dropped for an image; skips of stride 1 never are.
    """

    weight_bits: int | None = None
    weight_noise: float = 0.0
    drop_path: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings of a training run: SGD with momentum, its rate rising linearly, then falling to 0 along a cosine.

    Attributes
    ----------
    learning_rate : highest rate of SGD.
    weight_decay : of SGD.
    warm_up : share of all steps during which the rate rises.
    shift, flip, cutout : augmentation, see `augmented` of `training`.
    muon_rate : highest rate of the Muon optimiser, which then trains pointwise weights with the same course; 0: SGD
        trains all.
    muon_decay : weight decay of Muon, as a share of its rate.
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
