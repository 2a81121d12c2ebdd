"""Seeded draws of what differs between devices that were meant to be equal; knows no network and no circuit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt

from memnet.errors import SetupError
from memnet.technology import Memristor

Floats = npt.NDArray[np.float32]
Distribution = Literal["lognormal", "normal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpread:
    """How far real devices are off; every unrolled device and every op-amp has a draw of its own.

    Attributes
    ----------
    variation : relative standard deviation of a programmed conductance
    distribution : `lognormal` about the target as median, or `normal` cut off at zero
    stuck : share of devices stuck, half of them at Gmin and half at Gmax
    read_noise : relative standard deviation of a device's current, drawn anew for every image
    offset_v : standard deviation of an op-amp's input offset, around the technology's own
    """

    variation: float = 0.0
    distribution: Distribution = "lognormal"
    stuck: float = 0.0
    read_noise: float = 0.0
    offset_v: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no device can be."""
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
        """Whether equal levels have different conductances."""
        return self.variation > 0.0 or self.stuck > 0.0

    def stream(self, *place: str | int) -> np.random.Generator:
        """Return the random stream of one place on the chip, the same in whatever order places are asked for."""
        return np.random.default_rng([self.seed, crc32("|".join(map(str, place)).encode())])

    def programmed(self, target: Floats, device: Memristor, *place: str | int) -> Floats:
        """Return what stands on the chip where conductances `target` (any shape, siemens) were meant to be."""
        random = self.stream("device", *place)
        real = np.array(target, dtype=np.float32)
        if self.variation:
            drawn = random.standard_normal(real.shape, dtype=np.float32)
            drawn *= np.float32(self.variation)
            if self.distribution == "lognormal":
                np.exp(drawn, out=drawn)
            else:
                drawn += np.float32(1.0)
                np.maximum(drawn, 0.0, out=drawn)
            real *= drawn
        if self.stuck:
            drawn = random.random(real.shape, dtype=np.float32)
            real[drawn < self.stuck / 2] = device.g_min_siemens
            real[(drawn >= self.stuck / 2) & (drawn < self.stuck)] = device.g_max_siemens
        return real

    def offsets(self, shape: tuple[int, ...], nominal_v: float, *place: str | int) -> npt.NDArray[np.float64]:
        """Return the input offsets of a bank of op-amps, volts."""
        if not self.offset_v:
            return np.full(shape, nominal_v)
        return np.asarray(nominal_v + self.offset_v * self.stream("offset", *place).standard_normal(shape))
