# SPDX-License-Identifier: GPL-3.0-or-later
"""One crossbar stage of the numeric engine: pairs of TIAs with finite gain, offset, rectified outputs and saturation.

While no TIA of a pair saturates, its output is linear in the row voltages v: out = a+ sum(G+ v) - a- sum(G- v) +
constant, where a+ and a- follow from the noise gains of the two TIAs. So both columns fold into one linear map. The
output of the first TIA (the middle of the pair) is computed separately only where it could saturate, or where other
stages read it: a first TIA that is lent to a max pool is a unity-gain buffer of one output of the pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays import wire_stage
from memnet.deployment import (
    ChipDevices,
    RowGroup,
    Stage,
    Term,
    buffered_term,
    program_stage,
)
from memnet.numeric.curved_wires import CurvedWires
from memnet.numeric.gains import PairGains, pair_gains, with_neighbours
from memnet.numeric.laws import AmplifierLaw, clamp
from memnet.numeric.noise import StageNoise, add_noise
from memnet.numeric.offsets import CurvedOffsets
from memnet.numeric.shut import shut_columns
from memnet.numeric.term_maps import NoiseMap, TermMaps, noise_maps, products, term_maps
from memnet.operators import Extremes, Finish, extremes, finished, weighted_sum

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """First TIAs beyond their linear range, and what their clamp diodes take from the outputs of their pairs."""

    where: tuple[npt.NDArray[np.int64], ...]  # channel, pixel and image of each, (saturated,)
    change_v: Values  # (saturated,)


class CrossbarStage:
    """One crossbar stage with its maps computed once; a call takes the row voltages of any number of images."""

    def __init__(self, stage: Stage, devices: ChipDevices, dtype: npt.DTypeLike, *, noisy: bool = False) -> None:
        deployment = devices.deployment
        self.stage, self.law = stage, AmplifierLaw.of(deployment.technology)
        self.rectified = not stage.raw
        self.read_noise = devices.spread.read_noise
        programmed, wired = program_stage(stage, devices), None
        if devices.wiring is not None and devices.wiring.resists and stage.memristive:
            wired = wire_stage(stage, programmed, devices, devices.wiring.at(stage.name))
            programmed = wired.programmed
        gains = pair_gains(stage, devices, programmed, self.law)
        if wired is not None:
            gains = with_neighbours(gains, wired, stage, devices)
        self.gains = gains.astype(dtype)
        ohms = gains.plus_ohm, gains.second_ohm
        self.shut_columns = None if wired is None or stage.raw else shut_columns(wired, *ohms, gains.lifted, dtype)
        self.curved = CurvedWires.of(stage, wired, devices, *ohms, gains.lifted if self.rectified else None, dtype)
        self.offsets = None if self.curved else CurvedOffsets.of(stage, devices, programmed, *ohms, dtype)
        self.terms: list[TermMaps] = []
        self.noises: list[NoiseMap] = []
        self.sources: list[Term] = []  # of each of `terms`: what its rows read,
        self.numbers: list[int] = []  # and which product of the law they carry
        driven = [products(group, devices) for group in programmed.groups if not group.silent]
        for parts in driven:
            self._add(parts, programmed.shared, gains, dtype)
        self.largest = [term.rows.largest(np.abs(term.middle)) for term in self.terms]
        self.noise = StageNoise(gains, programmed, driven, deployment.technology, dtype) if noisy else None
        self.follow = buffered_term(stage, deployment.plan)  # what the first amplifiers buffer; None where they sum
        self.constant = self.gains.constant_v
        self.slope = Finish(slope=self.gains.shut if self.rectified else None)
        self.finish = replace(self.slope, constant=self.constant)
        self.first_bound = np.abs(gains.first_constant_v).max(axis=1)
        real, volts = programmed.real, programmed.bias_v
        through = (gains.coupling_siemens * gains.first_ohm) ** 2  # both TIAs are in the way from a plus column
        squares = gains.second_ohm**2 * (through * real.bias_plus_squares + real.bias_minus_squares) * volts**2
        self.bias_noise = squares.astype(dtype)[:, :, None]

    def _add(self, parts: list[RowGroup], shared: bool, gains: PairGains, dtype: npt.DTypeLike) -> None:
        """Add the maps of a group of rows, one for each product of the law of its devices."""
        ohms = gains.plus_ohm, gains.second_ohm, gains.first_ohm
        if shared:
            # The feedbacks are compensated column by column, so all pixels of a channel have the same gain to 1e-8.
            plus_ohm, minus_ohm, first_ohm = (ohm.mean(axis=1, keepdims=True) for ohm in ohms)
            ohms = plus_ohm, minus_ohm, first_ohm
        first, made = len(self.terms), [term_maps(group, ohms, dtype) for group in parts]
        self.terms += [maps for maps, _ in made]
        self.sources += [group.term for group in parts]
        self.numbers += range(len(parts))
        if self.read_noise:
            self.noises += noise_maps(parts[0].rows, [sides for _, sides in made], first, dtype)

    def __call__(
        self,
        sources: Sequence[Values],
        ranges: Sequence[Extremes],
        images: int,
        random: np.random.Generator,
        positive: Values | None = None,
        rows_v: Sequence[Values | None] = (),
        noise: np.random.Generator | None = None,
    ) -> tuple[Values, Extremes, int]:
        """Return the output volts (channels, pixels, images), their extremes, and how many op-amp outputs saturate.

        The count is over all images.

        Parameters
        ----------
        sources : for each of `terms` the volts of its source, (channels, pixels, images)
        ranges : for each of `terms` the extremes of these volts
        images : number of images, which `sources` does not tell where a stage has no terms with a signal
        random : generator of the read noise
        positive : volts at the first amplifiers' noninverting inputs, (channels, pixels, images); None for ground
        rows_v : for each of `terms` the volts V of its rows where `sources` has f(V), else None
        noise : generator of the noise of amplifiers, resistances and currents; None for a read without it
        """
        beyond = self._saturated_first(sources, ranges, images) if positive is None else None
        plain = self.shut_columns is None and self.offsets is None and self.curved is None and not self.read_noise
        if positive is None and beyond is None and plain and noise is None:
            out, extremes = self._sum(sources, images, self.finish)
        else:
            out, _ = self._sum(sources, images, Finish(constant=self.constant))
            if positive is not None:
                gain = self.gains.second_ohm * self.gains.coupling_siemens * self.gains.lift
                out -= gain[:, :, None] * positive
            if self.read_noise:
                out += self._read_noise(sources, random)
            if noise is not None and self.noise is not None:
                add_noise(out, self.noise.variance(sources), noise)
            if beyond is not None:
                out[beyond.where] -= beyond.change_v.astype(out.dtype)
            if self.offsets is not None:
                out += self.offsets(rows_v)
            if self.curved is not None:
                self.curved.add(out, self.sources, sources, rows_v)
            if self.shut_columns is not None:
                extremes = self.shut_columns.finished(out, self.slope)
            else:
                out, extremes = finished(out, self.slope, out=out)
        extremes, saturated = clamp(out, extremes, self.law, self.gains.second_loop)
        return out, extremes, saturated + (0 if beyond is None else len(beyond.change_v))

    def _sum(self, sources: Sequence[Values], images: int, finish: Finish) -> tuple[Values, Extremes]:
        """Return the sum of all terms after the finishing pass, (channels, pixels, images), and its extremes."""
        if self.terms:
            return weighted_sum([term.signal for term in self.terms], sources, finish)
        pixels = self.stage.shape[1] * self.stage.shape[2]
        silent = np.zeros((self.stage.shape[0], pixels, images), dtype=self.constant.dtype)
        return finished(silent, finish, out=silent)

    def first(
        self,
        sources: Sequence[Values],
        images: int,
        positive: Values | None = None,
        noise: np.random.Generator | None = None,
    ) -> tuple[Values, Extremes]:
        """Return the output volts of the first amplifiers, (channels, pixels, images), and their extremes.

        The arguments are those of `__call__`. First amplifiers that no pool is lent have no noise here, for nothing
        but their own pair hears them.
        """
        middle, found = self._first(sources, images, np.arange(len(self.constant)))
        if positive is not None:
            middle += self.gains.lift[:, :, None] * positive
            if noise is not None and self.noise is not None:
                add_noise(middle, self.noise.lent_v2, noise)
            found = extremes(middle)
        return middle, clamp(middle, found, self.law, self.gains.first_loop)[0]

    def _first(
        self, sources: Sequence[Values], images: int, channels: npt.NDArray[np.int64]
    ) -> tuple[Values, Extremes]:
        """Return the volts of some first amplifiers without clamps, (channels, pixels, images), and their extremes."""
        constant = self.gains.first_constant_v[channels]
        if not self.terms:
            return finished(np.zeros((*constant.shape, images), constant.dtype), Finish(constant=constant))
        maps = [term.rows.operator(term.middle, channels) for term in self.terms]
        return weighted_sum(maps, sources, Finish(gain=-1.0, constant=constant))

    def _read_noise(self, sources: Sequence[Values], random: np.random.Generator) -> Values:
        """Return the read noise at the outputs, (channels, pixels, images) volts.

        Devices are independent, so the variances of their currents add up.
        """
        power = sum(
            (each.volts(sources[each.first] * sources[each.second]) for each in self.noises), start=self.bias_noise
        )
        normal = random.standard_normal(power.shape, dtype=power.dtype)
        np.maximum(power, 0.0, out=power)  # where products cancel, rounding may leave less
        return np.asarray(np.sqrt(power) * normal * power.dtype.type(self.read_noise))

    def variance(self, sources: Sequence[Values], images: int) -> Values:
        """Return the variance of the outputs before their rectifiers, (channels, pixels, images) V^2.

        The arguments are those of `__call__`, on a stage with noise.
        """
        assert self.noise is not None
        return np.broadcast_to(self.noise.variance(sources), (*self.constant.shape, images))

    def first_bounds(self, ranges: Sequence[Extremes]) -> Values:
        """Return an upper bound of the magnitude of first TIAs' outputs, (channels,) volts; `ranges` as in `__call__`.

        It is the sum over the channels of the sources of the largest sum of `middle` in one column times the largest
        row voltage.
        """
        bound: Values = self.first_bound.copy()
        for largest, each in zip(self.largest, ranges, strict=True):
            bound += largest @ each.peaks if largest.ndim == 2 else largest * each.peaks
        return bound

    def _saturated_first(self, sources: Sequence[Values], ranges: Sequence[Extremes], images: int) -> Beyond | None:
        """Return what the saturation of first TIAs changes at the outputs; None where none saturates.

        First TIAs are computed only in channels where one could saturate.
        """
        candidates = np.flatnonzero(self.first_bounds(ranges) > self.law.linear_v)
        if not len(candidates):
            return None
        middle, found = self._first(sources, images, candidates)
        if found.peak <= self.law.linear_v:
            return None
        channel, pixel, image = np.nonzero(np.abs(middle) > self.law.linear_v)
        linear = middle[channel, pixel, image]
        channel = candidates[channel]
        change = self.law.clamped(linear, self.gains.first_loop[channel, pixel]) - linear
        gain = self.gains.second_ohm[channel, pixel] * self.gains.coupling_siemens[channel, 0]
        return Beyond(where=(channel, pixel, image), change_v=gain * change)
