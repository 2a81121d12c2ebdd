# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a circuit deviates from its reference by more than the error bound: which stage adds most, and what causes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import ChipDevices
from memnet.measurement.class_outputs import ERROR_BOUND, logit_error
from memnet.numeric import NumericCircuit, added_errors
from memnet.technology import Technology
from memnet.units import Floats

SHOWN_IMAGES = 4  # those of the largest deviation; each cause costs one run of the numeric engine on them
SETTLED = 0.25  # a cause without which this share of the error is left needs no comparison with further ones
Change = Callable[[ChipDevices], ChipDevices]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A `logit_error` beyond its bound, with what the numeric engine says of it.

    Attributes
    ----------
    logit_error, error_bound : of the circuit, and the permitted one
    error_gain : of the network
    cause : what the circuit deviates least without; '' where the reference has no scale
    error_without : logit_error of the numeric engine without that cause, on the images that deviate most
    stage : the stage that adds most
    stage_error : the error that it adds, as a share of its largest output

    Examples
    --------
    >>> chip = Chip.of("DARTS_V1", channels=1)
    >>> reference = chip.evaluate(images=1).reference_logits
    >>> round(chip.explain(1.1 * reference, reference).logit_error, 3)
    0.1
    """

    logit_error: float
    error_bound: float
    error_gain: float
    cause: str
    error_without: float
    stage: str
    stage_error: float

    def __str__(self) -> str:
        """Return the sentence for a reader of the figures."""
        if not self.cause:
            return "the reference's logits are all 0, so that no circuit can be judged by them; check the weights"
        return (
            f"logit_error {self.logit_error:.3g} exceeds error_bound {self.error_bound:g}: most of it comes from "
            f"{self.cause} ({self.error_without:.2g} without); net/{self.stage} adds most, {self.stage_error:.2g} of "
            f"its largest output; the network itself enlarges errors of its inputs {self.error_gain:.3g} times"
        )


def explain_deviation(
    devices: ChipDevices,
    images_v: npt.NDArray[Any],
    logits: Floats,
    reference: Floats,
    *,
    error_gain: float,
    error_bound: float = ERROR_BOUND,
) -> Deviation | None:
    """Return why a circuit's logits differ from the reference; None where they do not, by more than the bound.

    The numeric engine computes the chip on the images that deviate most, once as it is and once without each possible
    cause. Where the closed form itself keeps the bound, the simulator is named as the cause.

    Parameters
    ----------
    devices : what stands on the chip
    images_v : (images, input nets) volts
    logits, reference : (images, classes) of the circuit and of the quantised reference
    """
    error = logit_error(logits, reference)
    if not error > error_bound:
        return None
    judged = {"logit_error": error, "error_bound": error_bound, "error_gain": error_gain}
    scale = float(np.abs(reference).max(initial=0.0))
    if scale == 0.0:
        return Deviation(**judged, cause="", error_without=0.0, stage="", stage_error=0.0)
    worst = np.sort(np.argsort(-np.abs(logits - reference).max(axis=1), kind="stable")[:SHOWN_IMAGES])
    shown = np.asarray(images_v[worst], dtype=np.float64)

    def left(changed: ChipDevices) -> float:
        outputs = NumericCircuit(changed).run(shown).outputs_v / changed.deployment.scales[output]
        return float(np.abs(outputs - reference[worst]).max()) / scale

    output = devices.deployment.plan.stages[-1].name
    cause, error_without = _cause(devices, left, error_bound)
    ideal = devices
    for _, change in _causes(devices):
        ideal = change(ideal)
    added = added_errors(NumericCircuit(devices), NumericCircuit(ideal), shown)
    stage = max(added, key=lambda name: added[name])
    return Deviation(**judged, cause=cause, error_without=error_without, stage=stage, stage_error=added[stage])


def _cause(devices: ChipDevices, left: Callable[[ChipDevices], float], error_bound: float) -> tuple[str, float]:
    """Return the cause without which least of the error is left, and what is left then."""
    whole = left(devices)
    if whole <= error_bound:
        return "the simulator, which did not solve the circuit as closely as the numeric engine", whole
    best = ("several causes together", whole)
    for cause, change in _causes(devices):
        best = min(best, (cause, left(change(devices))), key=lambda found: found[1])
        if best[1] <= SETTLED * whole:
            break
    return best


def _causes(devices: ChipDevices) -> Iterator[tuple[str, Change]]:
    """Yield what may cause a deviation on this chip, in words, and the change that takes it away."""
    technology, spread = devices.deployment.technology, devices.spread
    opamp, switch = technology.opamp, technology.switch
    if devices.given:
        yield "the given table of conductances", lambda chip: replace(chip, given={})
    if devices.memristor is not None:
        yield (
            f"the law of memristors ({devices.memristor.law}; the reference has I = G V)",
            lambda chip: replace(chip, memristor=None),
        )
    if devices.bias_share < 1.0:
        yield "the drop on the bias rail", lambda chip: replace(chip, bias_share=1.0)
    if devices.wiring is not None and devices.wiring.resists:
        ohms = f"{devices.wiring.row_ohm:g} and {devices.wiring.column_ohm:g} ohm a cell"
        yield f"the wires of arrays ({ohms})", lambda chip: replace(chip, wiring=None, programming=None)
    if spread.variation or spread.stuck:
        yield (
            "devices that differ from their targets",
            lambda chip: replace(chip, spread=replace(chip.spread, variation=0.0, stuck=0.0, distribution="lognormal")),
        )
    if spread.read_noise:
        yield "the read noise", lambda chip: replace(chip, spread=replace(chip.spread, read_noise=0.0))
    if spread.offset_v or opamp.offset_v:
        yield (
            f"op-amp offsets (offset_v = {opamp.offset_v or spread.offset_v:g})",
            lambda chip: replace(_with_opamp(chip, offset_v=0.0), spread=replace(chip.spread, offset_v=0.0)),
        )
    yield f"the finite gain of op-amps (gain = {opamp.gain:g})", lambda chip: _with_opamp(chip, gain=1e12)
    yield (
        f"rectifiers (rectifier_ron_ohm = {opamp.rectifier_ron_ohm:g}, "
        f"rectifier_roff_ohm = {opamp.rectifier_roff_ohm:g})",
        lambda chip: _with_opamp(chip, rectifier_ron_ohm=1e-9, rectifier_roff_ohm=1e18),
    )
    yield (
        f"what open switches let through (roff_ohm = {switch.roff_ohm:g})",
        lambda chip: _with(chip, lambda old: replace(old, switch=replace(old.switch, roff_ohm=1e18))),
    )
    yield (
        f"saturation of op-amps (saturation_v = {opamp.saturation_v:g})",
        lambda chip: _with_opamp(chip, saturation_v=100.0),
    )


def _with_opamp(devices: ChipDevices, **values: float) -> ChipDevices:
    return _with(devices, lambda old: replace(old, opamp=replace(old.opamp, **values)))


def _with(devices: ChipDevices, change: Callable[[Technology], Technology]) -> ChipDevices:
    """Return the same devices on a chip of a changed technology."""
    deployment = devices.deployment
    return replace(devices, deployment=replace(deployment, technology=change(deployment.technology)))
