# SPDX-License-Identifier: GPL-3.0-or-later
"""Voltage scales of a plan, and the voltages on rows and at the outputs of first TIAs for given activations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from memnet.deployment.quantise import StageProgram
from memnet.deployment.stages import BIAS_RAIL, INPUT, Plan, Stage, Term, bias_window, middle_of
from memnet.devices import level_conductances
from memnet.operators import Crossings, Window, unroll
from memnet.technology import Technology
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """Volts per activation unit of the input, the bias rail and every stage output of a plan."""

    plan: Plan
    volts: dict[str, float]
    # scales of channels by the drivers and their volts, which `deploy` fills in stage by stage
    _channels: dict[tuple[tuple[str, float], ...], Floats] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def channels(self, source: str) -> Floats:
        """Return the scale of each channel of a stage, join or rail, (channels,), read-only."""
        drivers = tuple((driver, self.volts[driver]) for driver in self.plan.drivers(source))
        if drivers not in self._channels:
            scale = np.concatenate([np.full(self.plan.shape(driver)[0], volts) for driver, volts in drivers])
            scale.setflags(write=False)
            self._channels[drivers] = scale
        return self._channels[drivers]

    def rows(self, source: str) -> Floats:
        """Return the scale of each row of a source, (rows,), flat over (channels, height, width).

        The rows are repeated from the channels whenever they are asked for: those of a large chip take too much memory.
        """
        shape = self.plan.shape(source)
        return np.repeat(self.channels(source), shape[1] * shape[2])


def term_crossings(stage: Stage, term: Term, plan: Plan, program: StageProgram | None) -> Crossings:
    """Return the crossings of one term of a stage; bias terms have as many rows as were programmed."""
    return unroll(term_window(term, program), plan.shape(term.source), stage.shape)


def term_window(term: Term, program: StageProgram | None) -> Window:
    """Return the window of a term; that of a bias term has as many rows as were programmed."""
    if term.kind == "bias" and program is not None:
        return bias_window(program.pairs[term.unit].plus.shape[2])
    return term.window


def shares(term: Term, crossings: Crossings) -> Floats:
    """Return the share of each crossing of a scale-resistor term: 1 for a copy, 1/n of the n taps of an average."""
    if term.kind == "copy":
        return np.ones(len(crossings.columns))
    return np.asarray(1.0 / np.diff(crossings.starts)[crossings.columns])


def stage_activations(plan: Plan, values: Mapping[str, Floats], images: Floats) -> dict[str, Floats]:
    """Return the activations of every stage, the input and the bias rail, each (n, channels, height, width).

    A stage has those of the layer it holds; a max pool, which several edges share, is computed from its source; a stage
    without power has zero. Each `middle` that other stages read has those of the max pool that is buffered there, or
    zero while none is.

    Parameters
    ----------
    values : activations by layer, (n, channels, height, width)
    images : (n, channels, height, width), in the network's input units
    """
    activations: dict[str, Floats] = {INPUT: images, BIAS_RAIL: np.ones((len(images), 1, 1, 1))}
    silent = {shape: np.zeros((len(images), *shape)) for shape in {stage.shape for stage in plan.stages}}
    for stage in plan.stages:
        if stage.follows:
            buffered = buffered_term(stage, plan)
            activations[middle_of(stage.name)] = activations[buffered.source] if buffered else silent[stage.shape]
        if not plan.on(stage.gate) or (stage.kind != "max_pool" and not stage.layer):
            activations[stage.name] = silent[stage.shape]
        elif stage.kind == "max_pool":
            activations[stage.name] = _pooled(stage, plan, activations)
        else:
            activations[stage.name] = values[stage.layer]
    return activations


def buffered_term(stage: Stage, plan: Plan) -> Term | None:
    """Return the selected `follow` term, whose max pool the first TIAs of a stage buffer; None if none is selected."""
    return next((term for term in stage.follows if plan.on(term.select)), None)


def _pooled(stage: Stage, plan: Plan, activations: Mapping[str, Floats]) -> Floats:
    """Return the activations of a max pool, (n, channels, height, width), from those of the stages before it."""
    term = stage.terms[0]
    crossings = unroll(term.window, plan.shape(term.source), stage.shape)
    flat = activations[term.source].reshape(len(activations[term.source]), -1)
    return np.maximum.reduceat(flat[:, crossings.rows], crossings.starts[:-1], axis=1).reshape(len(flat), *stage.shape)


def source_volts(term: Term, scales: Scales, activations: Mapping[str, Floats]) -> Floats:
    """Return the volts on the rows of a term, (rows, n), from activations by stage, (n, channels, height, width)."""
    pieces = [
        activations[driver].reshape(len(activations[driver]), -1) * scales.volts[driver]
        for driver in scales.plan.drivers(term.source)
    ]
    volts = np.concatenate(pieces, axis=1).T
    return np.maximum(volts, 0.0) if term.rectified else volts


def middle_volts(
    stage: Stage, program: StageProgram, scales: Scales, activations: Mapping[str, Floats], technology: Technology
) -> Floats:
    """Return the output of the first TIA of every pair for ideal amplifiers, (columns, n) volts.

    That is -Rf sum(G+ v), or the max pool that the TIA buffers. The plan may be that of several architectures, one of
    which convolves while another buffers: then it is the one of larger magnitude.

    Parameters
    ----------
    activations : by stage, (n, channels, height, width)
    """
    from scipy.sparse import csr_array

    columns = int(np.prod(stage.shape))
    total = np.zeros((columns, 1))
    for term, crossings, gain in _gains(stage, program, scales, technology):
        volts = source_volts(term, scales, activations)
        # Bias rows share one rail, so their crossings coincide and csr adds them up.
        matrix = csr_array((gain, (crossings.columns, crossings.rows)), shape=(columns, volts.shape[0]))
        total = total + matrix @ volts
    buffered = buffered_term(stage, scales.plan)
    if buffered is None:
        return -np.asarray(total)
    volts = source_volts(buffered, scales, activations)
    return np.where(np.abs(total) > np.abs(volts), -total, volts)


def middle_bound(
    stage: Stage, program: StageProgram, scales: Scales, peaks: Mapping[str, float], technology: Technology
) -> float:
    """Return an upper bound, in volts, of the magnitude of `middle_volts`: the sum of Rf G+ times each row's peak.

    It takes no activations, and most stages are so far below saturation that it tells as much.

    Parameters
    ----------
    peaks : largest magnitudes of activations, by stage
    """

    def row_peaks(term: Term) -> Floats:
        drivers = scales.plan.drivers(term.source)
        sizes = [int(np.prod(scales.plan.shape(driver))) for driver in drivers]
        return np.repeat([abs(scales.volts[driver]) * peaks[driver] for driver in drivers], sizes)

    columns = int(np.prod(stage.shape))
    total = np.zeros(columns)
    for term, crossings, gain in _gains(stage, program, scales, technology):
        total += np.bincount(
            crossings.columns, weights=np.abs(gain) * row_peaks(term)[crossings.rows], minlength=columns
        )
    buffered = buffered_term(stage, scales.plan)
    volts = np.zeros(1) if buffered is None else row_peaks(buffered)
    return float(max(total.max(initial=0.0), volts.max(initial=0.0)))


def _gains(
    stage: Stage, program: StageProgram, scales: Scales, technology: Technology
) -> Iterator[tuple[Term, Crossings, Floats]]:
    """Yield every term that is switched in, with its crossings and the gain of each, Rf G+, (crossings,) V/V."""
    feedback = np.repeat(program.feedback_ohm(technology), stage.shape[1] * stage.shape[2])
    for term in stage.rows:
        if not scales.plan.on(term.select):
            continue
        crossings = term_crossings(stage, term, scales.plan, program)
        if term.kind in ("weights", "bias"):
            level = program.pairs[term.unit].plus.reshape(-1)[crossings.weight]
            gain = feedback[crossings.columns] * level_conductances(technology.memristor, level)
        else:
            gain = shares(term, crossings) * program.scale_v / scales.rows(term.source)[crossings.rows]
        yield term, crossings, gain
