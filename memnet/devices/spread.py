# SPDX-License-Identifier: GPL-3.0-or-later
"""Device spread: seeded samples of how programmed conductances and op-amp offsets differ from their targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt

from memnet.errors import SetupError
from memnet.technology import Memristor

Floats = npt.NDArray[np.float32]
Distribution = Literal["lognormal", "normal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpread:
    """How real devices differ from their targets; every memristor and every op-amp of a chip is sampled separately.

    A convolution is unrolled over the pixels of its map, so one weight has many devices; these differ too. One seed
    stands for one chip: the same seed gives the same devices.

    Attributes
    ----------
    variation : relative standard deviation of a programmed conductance
    distribution : `lognormal` with the target as median, or `normal` with the target as mean, negative values set to 0
    stuck : share of devices that cannot be programmed, half of them at Gmin and half at Gmax
    read_noise : relative standard deviation of a device's current, sampled again for every image
    offset_v : standard deviation of an op-amp's input offset, around the technology's offset
    seed : of the chip
    """

    variation: float = 0.0
    distribution: Distribution = "lognormal"
    stuck: float = 0.0
    read_noise: float = 0.0
    offset_v: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise `SetupError` for values out of range."""
        for name, value, most in (
            ("variation", self.variation, 2.0),
            ("stuck", self.stuck, 1.0),
            ("read_noise", self.read_noise, 2.0),
            ("offset_v", self.offset_v, 0.1),
        ):
            if not 0.0 <= value <= most:
                raise SetupError(f"{name} = {value}: give a number from 0 to {most:g}")
        if self.distribution not in ("lognormal", "normal"):
            raise SetupError(f"distribution {self.distribution!r}: give lognormal or normal")

    @property
    def per_device(self) -> bool:
        """Whether devices programmed to the same level may have different conductances."""
        return self.variation > 0.0 or self.stuck > 0.0

    def stream(self, *place: str | int) -> np.random.Generator:
        """Return the random generator of one place on the chip, seeded by the chip's seed and the place alone."""
        return np.random.default_rng([self.seed, crc32("|".join(map(str, place)).encode())])

    def programmed(self, target: npt.NDArray[Any], device: Memristor, *place: str | int) -> Floats:
        """Return the conductances that devices have after programming.

        Parameters
        ----------
        target : conductances to program, siemens, any shape
        device : gives the conductances of stuck devices
        place : names the group of devices on the chip, such as stage, unit and side

        Returns
        -------
        conductances, siemens, in the shape of `target`
        """
        random = self.stream("device", *place)
        real = np.array(target, dtype=np.float32)
        if self.variation:
            factor = random.standard_normal(real.shape, dtype=np.float32)
            factor *= np.float32(self.variation)
            if self.distribution == "lognormal":
                np.exp(factor, out=factor)
            else:
                factor += np.float32(1.0)
                np.maximum(factor, 0.0, out=factor)
            real *= factor
        if self.stuck:
            uniform = random.random(real.shape, dtype=np.float32)
            real[uniform < self.stuck / 2] = device.g_min_siemens
            real[(uniform >= self.stuck / 2) & (uniform < self.stuck)] = device.g_max_siemens
        return real

    def offsets(self, shape: tuple[int, ...], nominal_v: float, *place: str | int) -> npt.NDArray[np.float64]:
        """Return the input offsets (any shape) of the op-amps at a place, volts; their mean is `nominal_v`."""
        if not self.offset_v:
            return np.full(shape, nominal_v)
        return np.asarray(nominal_v + self.offset_v * self.stream("offset", *place).standard_normal(shape))
