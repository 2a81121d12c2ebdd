# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs a plan with a network's weights: one voltage scale per stage output, conductance levels for every crossbar.

The `Deployment` that results is what circuits, the numeric engine and the placement table are built from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from memnet.deployment.activations import Chunk
from memnet.deployment.compensation import mean_slope, pair_shape
from memnet.deployment.first_amplifiers import FirstAmplifiers, driver_volts, middle_bound
from memnet.deployment.fold import Folded, fold_batch_norm
from memnet.deployment.quantise import BiasRows, StageProgram, bias_voltage, quantise_stage
from memnet.deployment.scales import Scales
from memnet.deployment.stages import BIAS_RAIL, INPUT, Plan, Stage, Term, middle_of
from memnet.devices import MemristorModel
from memnet.errors import MappingError
from memnet.network import Network
from memnet.technology import Technology
from memnet.units import Floats

# Read limit over the largest row voltage, and saturation over the largest first-TIA output, on training images.
MARGIN = 1.25
# More than two computations of one voltage differ by, as a share of it: in float64, and with activations in float32.
ROUNDING, ROUNDING_FLOAT32 = 1e-9, 1e-4
LEAST_SHARE = 0.25  # the least resistance of a scale resistor beside memristors, in units of 1 / (Gmax - Gmin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A network with its weights on a plan: everything a circuit is built from.

    `scales` are the volts per activation unit, by name, of the input, the bias rail, every stage output and every
    `middle` that other stages read; `programs` are the contents of the crossbars, by stage; `slopes` the mean slopes
    that levels are compensated for, as `Scales` has them: empty on a chip that is not.
    """

    network: Network
    plan: Plan
    technology: Technology
    scales: dict[str, float]
    programs: dict[str, StageProgram]
    slopes: dict[tuple[str, bool], float] = field(default_factory=dict)
    _scale_rows: Scales = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Join scales and plan once: every term of every stage asks for them."""
        object.__setattr__(self, "_scale_rows", Scales(plan=self.plan, volts=self.scales, slopes=self.slopes))

    def scale_rows(self) -> Scales:
        """Return the scales with their plan, which gives them by channel or by row."""
        return self._scale_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of several architectures on one chip: its network, its weights, and the plan with its select states."""

    network: Network
    plan: Plan
    weights: Mapping[str, Floats]


def _common_plan(plans: Sequence[Plan]) -> Plan:
    """Return the plan of the chip that several plans switch, with each select net on that is on in any of them."""
    selects = {name: any(plan.selects[name] for plan in plans) for name in plans[0].selects}
    return replace(plans[0], selects=selects)


class Programmer:
    """Chooses the scale and the levels of one stage after the other, in the order of the plan.

    `peaks` are the largest magnitudes of activations over all images, by stage, and `chunks` the activations of some
    images, on which first TIAs have to stay unsaturated; both are of all members. Levels are compensated for the mean
    slopes of `law` on these images where one is given.
    """

    def __init__(
        self,
        members: Sequence[Member],
        chunks: Sequence[Chunk],
        peaks: Mapping[str, float],
        technology: Technology,
        law: MemristorModel | None = None,
    ) -> None:
        self.chunks, self.peaks, self.technology, self.law = chunks, peaks, technology, law
        # For each member, its terms by unit and its folded layers by name.
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

    def programmed(self, members: Sequence[Member]) -> list[Deployment]:
        """Choose the scales and levels of all stages, and return the deployment of each member."""
        for stage in self.scales.plan.stages:
            self.add(stage)
        return [
            Deployment(
                network=member.network,
                plan=member.plan,
                technology=self.technology,
                scales=self.scales.volts,
                programs=self.programs,
                slopes=self.scales.slopes,
            )
            for member in members
        ]

    def add(self, stage: Stage) -> None:
        """Choose scale and levels of the next stage."""
        volts = self.scales.volts
        if stage.kind == "max_pool":
            volts[stage.name] = volts[stage.terms[0].source]
            return
        # An averaging amplifier inverts, so its scale is negative: dividing by it flips the next crossbar's weights.
        volts[stage.name] = self._scale(stage.name) * (-1.0 if stage.kind == "average" else 1.0)
        if stage.follows:
            volts[middle_of(stage.name)] = self._middle_scale(stage)
        if stage.kind == "crossbar":
            program = self._program(stage)
            shrink = self._middle_excess(stage, program)
            if shrink > 1.0:  # feedbacks are proportional to the scale: a smaller one keeps first TIAs unsaturated
                volts[stage.name] /= shrink
                program = replace(program, scale_v=volts[stage.name])
            self.programs[stage.name] = program

    def _middle_scale(self, stage: Stage) -> float:
        """Return the volts per activation unit of the max pool that a stage's first TIAs buffer.

        While no `follow` term is selected, that of the first one stands in.
        """
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
        """Return the volts per activation unit that put the largest training activation at read limit / MARGIN."""
        return self.technology.memristor.read_limit_v / MARGIN / (self.peaks[name] or 1.0)

    def _program(self, stage: Stage) -> StageProgram:
        kernels: dict[str, Floats] = {}
        biases: dict[str, BiasRows] = {}
        fixed = 0.0  # activation units per volt of the strongest scale resistor
        for term in stage.rows:
            if self.law is not None and term.memristive:
                self._find_slopes(term, self.law)
            if term.kind == "weights":
                rows = self.scales.reads(term)
                kernels[term.unit] = self._from_members(term, self._kernel, self._idle_kernel(stage, term)) / (
                    rows[None, :, None] if term.window.dense else rows[:, None, None]
                )
            elif term.kind == "bias":
                total = self._from_members(term, _bias, np.zeros(stage.shape[0])) / self.scales.mean_slopes(term.source)
                biases[term.unit] = BiasRows(total=total, rows=term.bias_rows)
            elif self.scales.plan.on(term.select):
                fixed = max(fixed, float((1.0 / self.scales.channels(term.source)).max()))
        program = quantise_stage(
            kernels,
            biases,
            self.scales.volts[stage.name],
            self.technology,
            channels=stage.shape[0],
            least_limit=fixed * (LEAST_SHARE if kernels else 1.0),
        )
        carries = any(terms[term.unit].layers for terms, _ in self.holders for term in stage.rows)
        # Where no member convolves, nothing reads the second TIAs; uncoupled, they cost a buffered pool no current.
        return replace(program, coupled=carries or not stage.follows)

    def _find_slopes(self, term: Term, law: MemristorModel) -> None:
        """Enter the mean slopes of memristors on the rows of a term."""
        for driver in self.scales.plan.drivers(term.source):
            if (driver, term.rectified) not in self.scales.slopes:
                volts = (driver_volts(driver, term.rectified, self.scales, chunk.activations) for chunk in self.chunks)
                self.scales.slopes[driver, term.rectified] = mean_slope(pair_shape(law, self.technology), volts)

    def _from_members(self, term: Term, value: Callable[[Term, Mapping[str, Folded]], Floats], idle: Floats) -> Floats:
        """Return `value` of the members that use a term's unit, which must agree on it; `idle` where none uses it."""
        values = [value(terms[term.unit], folded) for terms, folded in self.holders if terms[term.unit].layers]
        if any(not np.array_equal(values[0], other) for other in values[1:]):
            raise MappingError(
                f"net/{term.unit}: the architectures need different weights here, and weights cannot be reprogrammed "
                "within a run; choose architectures that share this unit's weights, or use `duplicated`"
            )
        return values[0] if values else idle

    def _idle_kernel(self, stage: Stage, term: Term) -> Floats:
        inputs = len(self.scales.channels(term.source)) if term.window.dense else 1
        return np.zeros((stage.shape[0], inputs, 1 if term.window.per_output else len(term.window.offsets)))

    @staticmethod
    def _kernel(term: Term, folded: Mapping[str, Folded]) -> Floats:
        """Return the kernel that a term carries, (out, in, taps of its window); 0 at taps without a kernel element."""
        kernel = folded[term.layers[0]].kernel
        if term.taps is None:
            return kernel
        carried = np.array(term.taps)
        return np.where(carried >= 0, kernel[:, :, np.maximum(carried, 0)], 0.0)

    def _middle_excess(self, stage: Stage, program: StageProgram) -> float:
        """Return the largest output of a first TIA over saturation / MARGIN: up to 1 no scale has to shrink.

        Where an upper bound of it is below 1 already, that is returned, and 0 where float32 is enough to see that it is
        below 1.
        """
        share = MARGIN / self.technology.opamp.saturation_v
        bound = share * middle_bound(stage, program, self.scales, self.peaks, self.technology)
        if bound < 1.0 - ROUNDING:
            return bound
        first = FirstAmplifiers(stage, program, self.scales, self.technology, np.float32)
        by_image = [np.abs(first(chunk.activations)).max(axis=(0, 1)) for chunk in self.chunks]
        largest = max(range(len(by_image)), key=lambda number: float(by_image[number].max(initial=0.0)), default=None)
        if largest is None or share * by_image[largest].max(initial=0.0) < 1.0 - ROUNDING_FLOAT32:
            return 0.0
        exact = self.chunks[largest].exact(int(by_image[largest].argmax()))
        volts = FirstAmplifiers(stage, program, self.scales, self.technology, np.float64)(exact)
        return share * float(np.abs(volts).max())


def _bias(term: Term, folded: Mapping[str, Folded]) -> Floats:
    return np.asarray(sum(folded[layer].bias for layer in term.layers))
