# SPDX-License-Identifier: GPL-3.0-or-later
"""Voltages at the outputs of a stage's first TIAs for given activations and ideal amplifiers, and a bound of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment.activations import Activations, buffered_term
from memnet.deployment.quantise import StageProgram
from memnet.deployment.scales import Scales, shares
from memnet.deployment.stages import INPUT, Stage, Term
from memnet.devices import level_conductances
from memnet.operators import (
    ChannelMap,
    DenseMap,
    Finish,
    LinearMap,
    dense_pieces,
    inside,
    one_channel,
    weighted_sum,
)
from memnet.technology import Technology
from memnet.units import Floats

Values = npt.NDArray[Any]


class FirstAmplifiers:
    """The first TIAs of a stage, -Rf sum(G+ v), or followers of the max pool that they buffer.

    The plan may be that of several architectures, one of which convolves while another buffers: then a call gives
    whichever voltage has the larger magnitude.
    """

    def __init__(
        self, stage: Stage, program: StageProgram, scales: Scales, technology: Technology, dtype: npt.DTypeLike
    ) -> None:
        self.scales, self.dtype = scales, np.dtype(dtype)
        self.shape = stage.shape[0], stage.shape[1] * stage.shape[2]
        self.terms: list[tuple[Term, LinearMap]] = []
        self.fixed = np.zeros((stage.shape[0], 1))  # volts that the bias rows give
        self.buffered = buffered_term(stage, scales.plan)
        for term in _switched_in(stage, scales):
            if term.kind == "bias":
                gain = weight_gains(stage, term, program, scales, technology).sum(axis=2)
                self.fixed += gain * scales.channels(term.source)
            else:
                self.terms.append((term, self._map(stage, term, program, technology)))

    def _map(self, stage: Stage, term: Term, program: StageProgram, technology: Technology) -> LinearMap:
        source, target = self.scales.plan.shape(term.source), stage.shape
        if term.kind != "weights":
            share = shares(term, one_channel(term.window, source, target))
            gain = program.scale_v / self.scales.channels(term.source)[:, None] * share
            return ChannelMap(term.window, gain.astype(self.dtype), source, target, each=True)
        kernel = weight_gains(stage, term, program, self.scales, technology).astype(self.dtype)
        if not term.window.dense:
            return ChannelMap(term.window, kernel[:, 0], source, target)
        return DenseMap(dense_pieces(term.window, len(kernel)), kernel.reshape(len(kernel), -1), source, target)

    def __call__(self, activations: Activations) -> Values:
        """Return the volts (channels, pixels, images) for activations of the dtype given above."""
        total = np.broadcast_to(self.fixed.astype(self.dtype)[:, :, None], (*self.shape, activations[INPUT].shape[-1]))
        if self.terms:
            sources = [source_volts(term, self.scales, activations) for term, _ in self.terms]
            total, _ = weighted_sum([each for _, each in self.terms], sources, Finish(constant=self.fixed))
        if self.buffered is None:
            return -total
        volts = source_volts(self.buffered, self.scales, activations)
        return np.where(np.abs(total) > np.abs(volts), -total, volts)


def source_volts(term: Term, scales: Scales, activations: Activations) -> Values:
    """Return the volts on the rows of a term, (channels, pixels, images), from activations by stage."""
    drivers = scales.plan.drivers(term.source)
    pieces = [driver_volts(driver, term.rectified, scales, activations) for driver in drivers]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def driver_volts(driver: str, rectified: bool, scales: Scales, activations: Activations) -> Values:
    """Return the volts of one driver of rows, (channels, pixels, images), from activations by stage."""
    volts: Values = activations[driver] * activations[driver].dtype.type(scales.volts[driver])
    return np.maximum(volts, 0.0, out=volts) if rectified else volts


def middle_bound(
    stage: Stage, program: StageProgram, scales: Scales, peaks: Mapping[str, float], technology: Technology
) -> float:
    """Return an upper bound, in volts, of the magnitude of first TIAs' outputs: the sum of Rf G+ times each row's peak.

    It takes no activations, and most stages are so far below saturation that it tells as much.

    Parameters
    ----------
    peaks : largest magnitudes of activations, by stage
    """
    total = np.zeros((stage.shape[0], stage.shape[1] * stage.shape[2]))
    for term in _switched_in(stage, scales):
        volts = _row_peaks(term, scales, peaks)
        if term.kind in ("copy", "average"):
            total += program.scale_v * np.abs(volts / scales.channels(term.source))[:, None]  # shares add up to 1
            continue
        gains = np.abs(weight_gains(stage, term, program, scales, technology))
        by_tap = (gains * (volts[None, :, None] if term.window.dense else volts[:, None, None])).sum(axis=1)
        if term.kind == "bias":
            total += by_tap.sum(axis=1)[:, None]
            continue
        for piece in dense_pieces(term.window, stage.shape[0]):
            present = inside(piece.window, scales.plan.shape(term.source), stage.shape)
            total[piece.first : piece.last] += by_tap[piece.first : piece.last] @ present
    buffered = buffered_term(stage, scales.plan)
    follow = 0.0 if buffered is None else float(_row_peaks(buffered, scales, peaks).max(initial=0.0))
    return max(float(total.max(initial=0.0)), follow)


def weight_gains(stage: Stage, term: Term, program: StageProgram, scales: Scales, technology: Technology) -> Floats:
    """Return Rf G+ of the devices of a `weights` or `bias` term, times their mean slope, (out, in or 1, taps) V/V."""
    siemens = level_conductances(technology.memristor, program.pairs[term.unit].plus)
    slopes = scales.mean_slopes(term.source, term.rectified)
    slopes = slopes[None, :, None] if term.window.dense else slopes[:, None, None]
    return np.asarray(program.feedback_ohm(technology)[:, None, None] * siemens * slopes)


def _switched_in(stage: Stage, scales: Scales) -> Iterator[Term]:
    return (term for term in stage.rows if scales.plan.on(term.select))


def _row_peaks(term: Term, scales: Scales, peaks: Mapping[str, float]) -> Floats:
    """Return the largest magnitude on the rows of each channel of a term's source, (channels,) volts."""
    drivers = scales.plan.drivers(term.source)
    sizes = [scales.plan.shape(driver)[0] for driver in drivers]
    return np.repeat([abs(scales.volts[driver]) * peaks[driver] for driver in drivers], sizes)
