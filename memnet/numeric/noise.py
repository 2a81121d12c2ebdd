# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise at the outputs of op-amps, in closed form: what of each source passes the poles between it and the output.

An op-amp with the noise gain N has its pole at GBW / N. Of a spectrum S(f), in V^2/Hz over positive frequencies, the
variance int S(f) / ((1 + f^2/f1^2) (1 + f^2/f2^2)) df passes two poles f1 and f2. The functions below give that
integral for three shapes of S, and for one pole or two. Noise that is slower than a read shifts that read by one
sample of it, so the variance is that of the samples at any one moment.

Sources: H. Nyquist, Phys. Rev. 32:110, 1928 (thermal); S. Machlup, J. Appl. Phys. 25:341, 1954 (telegraph);
F. N. Hooge, Phys. Lett. A 29:139, 1969 (1/f, proportional to I^2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import Programmed, RowGroup
from memnet.errors import SetupError
from memnet.numeric.gains import PairGains
from memnet.numeric.term_maps import square_of_sum
from memnet.operators import LinearMap
from memnet.sections import BOLTZMANN, Noise
from memnet.technology import Technology

Values = npt.NDArray[Any]


def white_hz(pole: Values | float, first: Values | float | None = None) -> Any:  # noqa: ANN401 - as the poles
    """Return the bandwidth of white noise behind the pole `pole` and, if given, the pole `first` before it, Hz."""
    if first is None:
        return np.pi / 2 * pole
    return np.pi / 2 * first * pole / (first + pole)


def flicker_share(low_hz: float, pole: Values | float, first: Values | float | None = None) -> Any:  # noqa: ANN401
    """Return the variance of noise with the spectrum 1/f from `low_hz` on; the poles are those of `white_hz`.

    One pole: ln(1 + f2^2/fl^2) / 2. Two poles, with x = (f2^2 - f1^2) / (fl^2 + f1^2):
    (ln(1 + f1^2/fl^2) - f1^2 / (fl^2 + f1^2) ln(1 + x) / x) / 2, which is also right for equal poles.
    """
    low, second = low_hz**2, np.square(pole)
    if first is None:
        return np.log1p(second / low) / 2
    before = np.square(first)
    x = np.asarray((second - before) / (low + before))
    near = np.abs(x) < 1e-8
    slope = np.where(near, 1 - x / 2, np.log1p(x) / np.where(near, 1.0, x))
    return (np.log1p(before / low) - before / (low + before) * slope) / 2


def telegraph_share(corner_hz: float, pole: Values | float, first: Values | float | None = None) -> Any:  # noqa: ANN401
    """Return the share of the variance of a telegraph signal that passes the poles, which are those of `white_hz`.

    Its spectrum falls from `corner_hz` on as behind a pole.
    """
    corner = corner_hz
    if first is None:
        return pole / (pole + corner)
    return first * pole * (first + pole + corner) / ((first + pole) * (pole + corner) * (first + corner))


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A way from a column to an output, past one op-amp or two.

    Attributes
    ----------
    ohm : volts at the output per ampere into the column
    gain : volts at the output per volt at the input of the op-amp at that column
    siemens : all conductance into the column, feedback included
    pole, first : poles of the second and of the first op-amp, Hz; `first` is None where the path passes one op-amp only
    """

    ohm: Values
    gain: Values
    siemens: Values
    pole: Values | float
    first: Values | None = None

    def white(self, noise: Noise) -> Values:
        """Return the variance from the op-amp and from all resistances at the column, V^2.

        en^2 gain^2 B + 4 k T ohm^2 G B, with the bandwidth B.
        """
        thermal = 4 * BOLTZMANN * noise.temperature_k * self.ohm**2 * self.siemens
        amplifier = noise.amplifier_v_per_rthz**2 * self.gain**2
        return np.asarray((thermal + amplifier) * white_hz(self.pole, self.first))

    def currents(self, noise: Noise) -> Values:
        """Return the variance of the output over the sum of the squares of (ohm G v) of memristors.

        kf times the 1/f share, plus share (d/2)^2 times the telegraph share: two conductances G (1 +- d/2), equally
        often, have the variance (G d/2)^2.
        """
        flicker = noise.flicker_kf * flicker_share(noise.flicker_low_hz, self.pole, self.first)
        telegraph = noise.telegraph_share * (noise.telegraph_amplitude / 2) ** 2
        return np.asarray(flicker + telegraph * telegraph_share(noise.telegraph_hz, self.pole, self.first))


class StageNoise:
    """Noise of the pairs of a crossbar.

    The current of a plus column passes both op-amps, that of a minus column the second only. Memristors have thermal
    noise, 1/f noise and telegraph noise; couplings, feedbacks and scale resistors have thermal noise alone.

    Attributes
    ----------
    white_v2 : variance of the outputs from op-amps and resistances, (channels, pixels, 1)
    lent_v2 : variance of the output of a first op-amp that is lent to a max pool as its unity-gain buffer, likewise
    """

    def __init__(
        self,
        gains: PairGains,
        programmed: Programmed,
        groups: Sequence[Sequence[RowGroup]],
        technology: Technology,
        dtype: npt.DTypeLike,
    ) -> None:
        noise, gbw = noise_of(technology), technology.opamp.gbw_hz
        through = gains.second_ohm * gains.coupling_siemens
        first, second = gbw / gains.lift, gbw / gains.second_lift
        first_siemens, second_siemens = gains.lift / gains.first_ohm, gains.second_lift / gains.second_ohm
        plus = Path(
            ohm=through * gains.first_ohm, gain=through * gains.lift, siemens=first_siemens, pole=second, first=first
        )
        minus = Path(ohm=gains.second_ohm, gain=gains.second_lift, siemens=second_siemens, pole=second)
        lent = Path(ohm=gains.first_ohm, gain=gains.lift, siemens=first_siemens, pole=first)
        self.white_v2 = plus.white(noise)[:, :, None] + minus.white(noise)[:, :, None]
        self.lent_v2 = lent.white(noise)[:, :, None]
        self.sides: tuple[Values, ...] = ()  # variance of the outputs over the sum of (G v)^2 of each column, ohm^2
        # of the products of two sources to these sums, and the numbers of the sources
        self.squares: list[tuple[int, int, tuple[LinearMap, ...]]] = []
        if not noise.flicker_kf and not noise.telegraph_share * noise.telegraph_amplitude:
            return
        real, self.dtype = programmed.real, np.dtype(dtype)
        self.sides = tuple((path.currents(noise) * path.ohm**2)[:, :, None].astype(dtype) for path in (plus, minus))
        bias = (real.bias_plus_squares, real.bias_minus_squares)
        for path, squares in zip((plus, minus), bias, strict=True):
            rows = path.currents(noise) * path.ohm**2 * squares * programmed.bias_v**2
            self.white_v2 = self.white_v2 + rows[:, :, None]
        before = 0  # sources of other groups
        for parts in groups:
            sides = [() if part.minus is None else (part.plus, part.minus) for part in parts]
            for one, two, factors in square_of_sum(sides):
                maps = tuple(parts[0].rows.operator(each.astype(dtype)) for each in factors)
                self.squares.append((before + one, before + two, maps))
            before += len(parts)

    def variance(self, sources: Sequence[Values]) -> Values:
        """Return the variance of the outputs, (channels, pixels, images or 1) V^2.

        Parameters
        ----------
        sources : for each product of each group what its rows carry, (channels, pixels, images) volts
        """
        total = self.white_v2
        for first, second, maps in self.squares:
            for each, weight in zip(maps, self.sides, strict=bool(maps)):
                total = total + weight * each(sources[first] * sources[second])
        return total


def noise_of(technology: Technology) -> Noise:
    """Return what a technology says of noise.

    Raises
    ------
    SetupError
        it says nothing
    """
    if technology.noise is None:
        raise SetupError(
            f"technology {technology.name} has no section [noise]: give one whose file has amplifier_v_per_rthz, "
            "temperature_k, flicker_kf and so on (docs/devices.md), or leave the noise out"
        )
    return technology.noise


def follower_v2(technology: Technology) -> float:
    """Return the variance of the output of a unity-gain buffer, V^2: en^2 pi/2 GBW."""
    return float(noise_of(technology).amplifier_v_per_rthz ** 2 * white_hz(technology.opamp.gbw_hz))


def add_noise(volts: Values, variance_v2: Values | float, random: np.random.Generator) -> None:
    """Add a normal sample to each of `volts`, (channels, pixels, images), in place; the variance is broadcast."""
    sample = random.standard_normal(volts.shape, dtype=volts.dtype)
    sample *= np.sqrt(variance_v2).astype(volts.dtype)
    volts += sample
