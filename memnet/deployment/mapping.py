"""Programs a plan: one voltage scale per state, levels for every crossbar; knows no nets and no SPICE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from memnet.deployment.fold import Folded, fold_batch_norm
from memnet.deployment.quantise import BiasRows, StageProgram, bias_voltage, quantise_stage
from memnet.deployment.scales import Scales, middle_volts, stage_activations
from memnet.deployment.stages import BIAS_RAIL, INPUT, Plan, Stage, Term, middle_of
from memnet.errors import MappingError
from memnet.network import Network, Parameters, fold, forward
from memnet.technology import Technology

Floats = npt.NDArray[np.float64]
MARGIN = 1.25  # between the largest training activation and the read limit, and between it and saturation
BATCH_VALUES = 2**25  # activations held at once, 256 MiB; the largest are taken over all images
LEAST_SHARE = 0.25  # a scale resistor beside memristors is at least this times the resistance of a full-range device


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A network on a plan: everything a circuit is built from.

    `scales` are volts per activation unit of the input, the bias rail and every stage output; `programs` the crossbar
    contents by stage.
    """

    network: Network
    plan: Plan
    technology: Technology
    scales: dict[str, float]
    programs: dict[str, StageProgram]

    def scale_rows(self) -> Scales:
        """Return the scales laid out over channels and rows."""
        return Scales(plan=self.plan, volts=self.scales)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One architecture of several that stand programmed on one chip, with its own switching of the plan."""

    network: Network
    plan: Plan
    weights: Mapping[str, Floats]


def deploy(
    network: Network, plan: Plan, weights: Mapping[str, Floats], images: Floats, technology: Technology
) -> Deployment:
    """Choose scales on training images and quantise all crossbars.

    Parameters
    ----------
    images : (n, channels, height, width) training images, in the network's input units

    Raises
    ------
    MappingError
        an activation or weight is not finite
    """
    return deploy_together([Member(network=network, plan=plan, weights=weights)], images, technology)[0]


def deploy_together(members: Sequence[Member], images: Floats, technology: Technology) -> list[Deployment]:
    """Program one hypernetwork with several architectures at once, so that selects alone switch between them.

    Scales are common to all, chosen for the largest activation of any. Each deployment returned has the same scales and
    levels, and the select states of its own architecture.

    Raises
    ------
    MappingError
        a unit would have to hold different weights for two architectures, or something is not finite
    """
    peaks: dict[str, float] = {}
    firsts: list[dict[str, Floats]] = []
    for member in members:
        network, parameters = member.network, fold(member.network, member.weights)
        batch = max(1, BATCH_VALUES // sum(int(np.prod(layer.shape)) for layer in network.layers))
        for start in reversed(range(0, len(images), batch)):  # the first batch comes last and serves for the first TIAs
            activations = _activations(network, member.plan, parameters, images[start : start + batch])
            for name, value in activations.items():
                peaks[name] = max(peaks.get(name, 0.0), float(np.abs(value).max(initial=0.0)))
        firsts.append(activations)
    together = {name: np.concatenate([first[name] for first in firsts]) for name in firsts[0]}
    programmer = _Programmer(members, together, peaks, technology)
    for stage in programmer.scales.plan.stages:
        programmer.add(stage)
    return [
        Deployment(
            network=member.network,
            plan=member.plan,
            technology=technology,
            scales=programmer.scales.volts,
            programs=programmer.programs,
        )
        for member in members
    ]


def _common_plan(plans: Sequence[Plan]) -> Plan:
    """Return the plan of the members' chip, with every select on that any of them needs."""
    selects = {name: any(plan.selects[name] for plan in plans) for name in plans[0].selects}
    return replace(plans[0], selects=selects)


def _activations(network: Network, plan: Plan, parameters: Parameters, images: Floats) -> dict[str, Floats]:
    """Return the activations of every stage on some images, all finite."""
    values = forward(network, parameters, images, record=[layer.name for layer in network.layers]).values
    activations = stage_activations(plan, values, images)
    for name, value in activations.items():
        if not np.isfinite(value).all():
            raise MappingError(f"net/{name}: activations are not finite; check the weights that feed it")
    return activations


class _Programmer:
    """Walks the stages in order; holds the scales and programs made so far."""

    def __init__(
        self,
        members: Sequence[Member],
        activations: Mapping[str, Floats],
        peaks: Mapping[str, float],
        technology: Technology,
    ) -> None:
        self.activations, self.peaks, self.technology = activations, peaks, technology
        # What each member puts into a unit: its term and its folded layers.
        self.holders = [
            (
                {term.unit: term for stage in member.plan.stages for term in stage.terms},
                fold_batch_norm(member.network, member.weights),
            )
            for member in members
        ]
        plan = _common_plan([member.plan for member in members])
        self.scales = Scales(plan=plan, volts={BIAS_RAIL: bias_voltage(technology), INPUT: self._scale(INPUT)})
        self.programs: dict[str, StageProgram] = {}

    def add(self, stage: Stage) -> None:
        volts = self.scales.volts
        if stage.kind == "max_pool":
            volts[stage.name] = volts[stage.terms[0].source]
            return
        # An averaging amplifier inverts: its scale is negative, and the next crossbar's signs make up for it.
        volts[stage.name] = self._scale(stage.name) * (-1.0 if stage.kind == "average" else 1.0)
        if stage.follows:
            volts[middle_of(stage.name)] = self._followed(stage)
        if stage.kind == "crossbar":
            program = self._program(stage)
            shrink = self._middle_excess(stage, program)
            if shrink > 1.0:
                volts[stage.name] /= shrink
                program = replace(program, scale_v=volts[stage.name])
            self.programs[stage.name] = program

    def _followed(self, stage: Stage) -> float:
        """Return the scale of what a stage's first amplifiers buffer; that of the first they could where it is none."""
        volts, plan = self.scales.volts, self.scales.plan
        scales = {volts[term.source] for term in stage.follows if plan.on(term.select)}
        if len(scales) > 1:
            raise MappingError(
                f"net/{stage.name}: the architectures pool different states through this unit, which have different "
                "scales, and its scale resistors cannot be reprogrammed within a run; choose architectures that pool "
                "the same state here, or use `shared` or `duplicated`"
            )
        return scales.pop() if scales else volts[stage.follows[0].source]

    def _scale(self, name: str) -> float:
        """Volts per activation unit that put the largest training activation at the read limit over MARGIN."""
        return self.technology.memristor.read_limit_v / MARGIN / (self.peaks[name] or 1.0)

    def _program(self, stage: Stage) -> StageProgram:
        kernels: dict[str, Floats] = {}
        biases: dict[str, BiasRows] = {}
        fixed = 0.0  # activation units per volt of the strongest scale resistor
        for term in stage.rows:
            rows = self.scales.channels(term.source)
            if term.kind == "weights":
                kernels[term.unit] = self._held(term, self._kernel, self._idle_kernel(stage, term)) / (
                    rows[None, :, None] if term.window.dense else rows[:, None, None]
                )
            elif term.kind == "bias":
                total = self._held(term, _bias, np.zeros(stage.shape[0]))
                biases[term.unit] = BiasRows(total=total, rows=term.bias_rows)
            elif self.scales.plan.on(term.select):
                fixed = max(fixed, float((1.0 / rows).max()))
        program = quantise_stage(
            kernels,
            biases,
            self.scales.volts[stage.name],
            self.technology,
            channels=stage.shape[0],
            least_limit=fixed * (LEAST_SHARE if kernels else 1.0),
        )
        carries = any(terms[term.unit].layers for terms, _ in self.holders for term in stage.rows)
        # A second amplifier that nobody reads would draw the currents of a buffered pool.
        return replace(program, coupled=carries or not stage.follows)

    def _held(self, term: Term, value: Callable[[Term, Mapping[str, Folded]], Floats], idle: Floats) -> Floats:
        """Return what the members put into a unit, the same for all that use it; `idle` where none does."""
        found = [value(terms[term.unit], folded) for terms, folded in self.holders if terms[term.unit].layers]
        if any(not np.array_equal(found[0], other) for other in found[1:]):
            raise MappingError(
                f"net/{term.unit}: the architectures need different weights here, and weights cannot be reprogrammed "
                "within a run; choose architectures that share this unit's weights, or use `duplicated`"
            )
        return found[0] if found else idle

    def _idle_kernel(self, stage: Stage, term: Term) -> Floats:
        inputs = len(self.scales.channels(term.source)) if term.window.dense else 1
        return np.zeros((stage.shape[0], inputs, 1 if term.window.per_output else len(term.window.offsets)))

    @staticmethod
    def _kernel(term: Term, folded: Mapping[str, Folded]) -> Floats:
        """Return the kernel a term carries in the taps of its window, (out, in, taps)."""
        kernel = folded[term.layers[0]].kernel
        if term.taps is None:
            return kernel
        carried = np.array(term.taps)
        return np.where(carried >= 0, kernel[:, :, np.maximum(carried, 0)], 0.0)

    def _middle_excess(self, stage: Stage, program: StageProgram) -> float:
        """How far the first TIA of the worst column exceeds saturation over MARGIN, as a ratio; up to 1 it does not."""
        middle = middle_volts(stage, program, self.scales, self.activations, self.technology)
        return MARGIN * float(np.abs(middle).max(initial=0.0)) / self.technology.opamp.saturation_v


def _bias(term: Term, folded: Mapping[str, Folded]) -> Floats:
    return np.asarray(sum(folded[layer].bias for layer in term.layers))
