# SPDX-License-Identifier: GPL-3.0-or-later
"""Headroom: the largest voltages of each stage against the memristors' read limit and the op-amps' saturation.

The voltages are those of ideal amplifiers: activations of the quantised network, in float32, times the stages' voltage
scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import (
    Deployment,
    FirstAmplifiers,
    Plan,
    Term,
    images_at_once,
    stage_activations,
    stage_extremes,
)
from memnet.network import FastNetwork, Parameters, images_last
from memnet.operators import Extremes, extremes
from memnet.technology import Technology


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
    """The headroom of all stages, on training and on test images.

    >>> result = simulate("DARTS_V1", channels=1, images=1)
    >>> result.headroom.test[0].stage
    'stem'
    """

    train: tuple[StageHeadroom, ...]
    test: tuple[StageHeadroom, ...]
    train_images: int
    test_images: int

    def warnings(self, technology: Technology) -> tuple[str, ...]:
        """Return one sentence for each stage that exceeds a limit, on training or on test images.

        >>> result.headroom.warnings(result.chip.technology)
        ()
        """
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
    peaks = _Peaks(deployment, parameters)
    return Headroom(
        train=peaks.of(train),
        test=peaks.of(test),
        train_images=len(train),
        test_images=len(test),
    )


class _Peaks:
    """The largest voltages of every stage: network and first TIAs are compiled once for all images."""

    def __init__(self, deployment: Deployment, parameters: Parameters) -> None:
        plan, scales = deployment.plan, deployment.scale_rows()
        self.plan, self.scales, self.images_at_once = plan, scales, images_at_once(deployment.network)
        self.network = FastNetwork(
            deployment.network, parameters, {stage.layer for stage in plan.stages if stage.layer}
        )
        self.first = {
            stage.name: FirstAmplifiers(stage, program, scales, deployment.technology, np.float32)
            for stage in plan.stages
            if (program := deployment.programs.get(stage.name)) is not None
        }

    def of(self, images: npt.NDArray[Any]) -> tuple[StageHeadroom, ...]:
        """Return the headroom of all stages on some images, (images, channels, height, width)."""
        peaks = {stage.name: np.zeros(3) for stage in self.plan.stages}
        for start in range(0, len(images), self.images_at_once):
            shown = images_last(images[start : start + self.images_at_once])
            found = self.network(shown)
            activations = stage_activations(self.plan, found.values, shown)
            ends = stage_extremes(activations, found)
            volts = {name: _range(each, self.scales.volts[name]) for name, each in ends.items()}
            for stage in self.plan.stages:
                row = max((_row_v(term, self.plan, volts) for term in stage.rows), default=0.0)
                middle = extremes(self.first[stage.name](activations)).peak if stage.name in self.first else 0.0
                largest = np.array([row, middle, max(-volts[stage.name][0], volts[stage.name][1])])
                np.maximum(peaks[stage.name], largest, out=peaks[stage.name])
        return tuple(
            StageHeadroom(stage=name, row_v=float(row), middle_v=float(middle), output_v=float(output))
            for name, (row, middle, output) in peaks.items()
        )


def _range(ends: Extremes, scale_v: float) -> tuple[float, float]:
    """Return the least and the largest voltage of activations, given their extremes."""
    volts = float(ends.low.min(initial=0.0)) * scale_v, float(ends.high.max(initial=0.0)) * scale_v
    return min(volts), max(volts)


def _row_v(term: Term, plan: Plan, volts: dict[str, tuple[float, float]]) -> float:
    """Return the largest magnitude on the rows of a term, which a rectified source drives above 0 V alone."""
    ranges = [volts[driver] for driver in plan.drivers(term.source)]
    return max(high if term.rectified else max(-low, high) for low, high in ranges)
