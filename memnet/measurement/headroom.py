# SPDX-License-Identifier: GPL-3.0-or-later
"""Headroom: the largest voltages of each stage against the memristors' read limit and the op-amps' saturation.

The voltages are those of ideal amplifiers: activations of the quantised reference times the stages' voltage scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import Deployment, Stage, middle_volts, source_volts, stage_activations
from memnet.network import Parameters, forward
from memnet.technology import Technology
from memnet.units import Floats

BATCH_VALUES = 2**23  # activations held at once, 64 MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class StageHeadroom:
    """Largest magnitudes of the voltages of one stage over some images, for ideal amplifiers.

    `row_v` is the voltage across memristors and scale resistors, `middle_v` that at the outputs of first TIAs, and
    `output_v` that at the outputs of the stage; 0 where a stage has no such devices.
    """

    stage: str
    row_v: float
    middle_v: float
    output_v: float

    def excess(self, technology: Technology) -> str:
        """Return which voltages exceed which limit, as one sentence; '' where none does."""
        limit, saturation = technology.memristor.read_limit_v, technology.opamp.saturation_v
        exceeded = [
            f"{what} {volts:.4g} V exceeds the {name} of {bound:g} V"
            for what, volts, name, bound in (
                ("a row's", self.row_v, "read limit", limit),
                ("a first TIA's", self.middle_v, "saturation", saturation),
                ("an output's", self.output_v, "saturation", saturation),
            )
            if volts > bound
        ]
        return f"net/{self.stage}: {'; '.join(exceeded)}" if exceeded else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """The headroom of all stages, on training and on test images."""

    train: tuple[StageHeadroom, ...]
    test: tuple[StageHeadroom, ...]
    train_images: int
    test_images: int

    def warnings(self, technology: Technology) -> tuple[str, ...]:
        """Return one sentence for each stage that exceeds a limit, on training or on test images."""
        return tuple(
            f"{excess} on {split} images"
            for split, stages in (("training", self.train), ("test", self.test))
            for stage in stages
            if (excess := stage.excess(technology))
        )


def measure_headroom(
    deployment: Deployment, parameters: Parameters, train: npt.NDArray[Any], test: npt.NDArray[Any]
) -> Headroom:
    """Return the largest voltages of every stage on training and on test images.

    Parameters
    ----------
    parameters : of the quantised reference: kernels and biases that the deployment's conductances stand for
    train, test : (images, channels, height, width), in the network's input units
    """
    return Headroom(
        train=_peaks(deployment, parameters, train),
        test=_peaks(deployment, parameters, test),
        train_images=len(train),
        test_images=len(test),
    )


def _peaks(deployment: Deployment, parameters: Parameters, images: npt.NDArray[Any]) -> tuple[StageHeadroom, ...]:
    network = deployment.network
    recorded = [layer.name for layer in network.layers]
    batch = max(1, BATCH_VALUES // network.values())
    peaks = {stage.name: np.zeros(3) for stage in deployment.plan.stages}
    for start in range(0, len(images), batch):
        batch_images = np.asarray(images[start : start + batch], dtype=np.float64)
        values = forward(network, parameters, batch_images, record=recorded).values
        activations = stage_activations(deployment.plan, values, batch_images)
        for stage in deployment.plan.stages:
            np.maximum(peaks[stage.name], _stage_peaks(deployment, stage, activations), out=peaks[stage.name])
    return tuple(
        StageHeadroom(stage=name, row_v=float(row), middle_v=float(middle), output_v=float(output))
        for name, (row, middle, output) in peaks.items()
    )


def _stage_peaks(deployment: Deployment, stage: Stage, activations: dict[str, Floats]) -> Floats:
    """Return the largest row, middle and output voltages of a stage, (3,) volts."""
    scales = deployment.scale_rows()
    row = max((_largest(source_volts(term, scales, activations)) for term in stage.rows), default=0.0)
    program = deployment.programs.get(stage.name)
    middle = 0.0
    if program is not None:
        middle = _largest(middle_volts(stage, program, scales, activations, deployment.technology))
    return np.array([row, middle, _largest(activations[stage.name] * deployment.scales[stage.name])])


def _largest(volts: Floats) -> float:
    return float(np.abs(volts).max(initial=0.0))
