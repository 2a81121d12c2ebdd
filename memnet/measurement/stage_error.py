# SPDX-License-Identifier: GPL-3.0-or-later
"""Error by stage: how far the outputs of each stage are from those of the quantised reference.

Unlike `numeric.added_errors`, which is what a stage adds by itself, this is what has come together up to its outputs,
in the voltages that were simulated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import outputs_of, signal
from memnet.deployment import Deployment, Stage, stage_activations
from memnet.network import Parameters, forward, images_last
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class StageError:
    """The largest deviation of one stage's outputs over all images, and their largest magnitude in the reference, V."""

    stage: str
    error_v: float
    largest_v: float

    @property
    def share(self) -> float:
        """Return the error as a share of the stage's largest output; 0 where that is 0."""
        return self.error_v / self.largest_v if self.largest_v else 0.0


def measure_stage_errors(
    deployment: Deployment, parameters: Parameters, images: npt.NDArray[Any], volts: Mapping[str, Floats]
) -> tuple[StageError, ...]:
    """Return the error of each stage that is in use and whose output voltages were kept, in the order of the signal.

    Parameters
    ----------
    parameters : of the quantised reference
    images : (images, channels, height, width), in the network's input units
    volts : by net group, (images, nets) volts, such as a sweep keeps
    """
    plan, scales = deployment.plan, deployment.scale_rows()
    layers = {stage.layer for stage in plan.stages if stage.layer}
    found = forward(deployment.network, parameters, images, record=sorted(layers)).values
    values = {name: images_last(_maps(found[name]), np.float64) for name in layers}
    activations = stage_activations(plan, values, images_last(images, np.float64))
    errors = []
    for stage in plan.stages:
        group = kept_group(stage, volts)
        idle = not plan.on(stage.gate) or (stage.kind != "max_pool" and not stage.layer)  # see `stage_activations`
        if group is None or idle:
            continue
        expected = activations[stage.name] * scales.channels(stage.name)[:, None, None]
        expected = expected.reshape(-1, len(images)).T
        wanted = np.maximum(expected, 0.0) if group != signal(stage.name, False) else expected
        error_v = float(np.abs(volts[group] - wanted).max(initial=0.0))
        errors.append(StageError(stage=stage.name, error_v=error_v, largest_v=float(np.abs(expected).max(initial=0.0))))
    return tuple(errors)


def kept_group(stage: Stage, groups: Collection[str]) -> str | None:
    """Return which of some net groups carries a stage's output, raw before rectified; None where none does."""
    return next((name for name in outputs_of(stage)[: stage.raw + stage.rectified] if name in groups), None)


def _maps(values: Floats) -> Floats:
    """Return values of a layer as (images, channels, height, width), logits as maps of one pixel."""
    return values.reshape(*values.shape[:2], -1, 1)
