# SPDX-License-Identifier: GPL-3.0-or-later
"""Device spread: seeded samples of how programmed conductances and op-amp offsets differ from their targets."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from memnet.errors import SetupError, as_known

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from memnet.sections import Memristor

Distribution = Literal["lognormal", "normal"]


def _share(most: float, text: str, **facts: Any) -> Any:  # noqa: ANN401 - the field says which type it has
    """Return a field for a number from 0 to `most`, 0 by default."""
    return field(
        default=0.0, metadata={"text": text, "least": 0.0, "most": most, "kind": float, "panel": "Devices", **facts}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpread:
    """How real devices differ from their targets; every memristor and every op-amp of a chip is sampled separately.

    A convolution is unrolled over the pixels of its map, so one weight has many devices; these differ too. One seed
    stands for one chip: the same seed gives the same devices. The texts beside the fields are the help of the command
    line, which makes an option of each (see `flow.settings`). NumPy is imported where devices are sampled, so that the
    command line can read the fields without it.

    Attributes
    ----------
    variation : relative standard deviation of a programmed conductance
    distribution : `lognormal` with the target as median, or `normal` with the target as mean, negative values set to 0
    stuck : share of devices that cannot be programmed, half of them at Gmin and half at Gmax
    read_noise : relative standard deviation of a device's current, sampled again for every image
    offset_v : standard deviation of an op-amp's input offset, around the technology's offset
    seed : of the chip

    Examples
    --------
    >>> spread = DeviceSpread(variation=0.05, seed=3)
    >>> spread.distribution
    'lognormal'
    """

    variation: float = _share(2.0, "Relative sigma of each conductance.")
    distribution: Distribution = field(
        default="lognormal",
        metadata={
            "text": "Of the variation: lognormal or normal.",
            "choices": ("lognormal", "normal"),
            "kind": str,
            "panel": "Devices",
        },
    )
    stuck: float = _share(1.0, "Share of devices stuck at Gmin or Gmax.")
    read_noise: float = _share(2.0, "Relative sigma of a device's current at a read.")
    offset_v: float = _share(0.1, "Sigma of op-amp offsets, volts.", flag="--offset")
    seed: int = field(
        default=0,
        metadata={
            "text": "Of the chip's devices.",
            "flag": "--device-seed",
            "least": 0,
            "kind": int,
            "panel": "Devices",
        },
    )

    def __post_init__(self) -> None:
        """Raise `SetupError` for values out of range."""
        if isinstance(self.seed, bool) or not isinstance(self.seed, Integral) or self.seed < 0:
            raise SetupError(f"device seed {self.seed!r}: give a whole number from 0")
        for each in fields(self):
            value, most = getattr(self, each.name), each.metadata.get("most")
            if most is not None and not (isinstance(value, Real) and 0.0 <= value <= most):
                raise SetupError(f"{each.name} = {value}: give a number from 0 to {most:g}")
        object.__setattr__(self, "distribution", as_known(str(self.distribution), ("lognormal", "normal")))
        if self.distribution not in ("lognormal", "normal"):
            raise SetupError(f"distribution {self.distribution!r}: give lognormal or normal")

    @property
    def per_device(self) -> bool:
        """Whether devices programmed to the same level may have different conductances.

        >>> spread.per_device
        True
        """
        return self.variation > 0.0 or self.stuck > 0.0

    @property
    def ideal(self) -> bool:
        """Whether all devices and op-amps are at their targets, so that the seed makes no difference.

        >>> spread.ideal
        False
        """
        return not (self.per_device or self.read_noise or self.offset_v)

    def stream(self, *place: str | int) -> np.random.Generator:
        """Return the random generator of one place on the chip, seeded by the chip's seed and the place alone.

        >>> spread.stream("a place").integers(100, size=3)
        array([57, 93, 32])
        """
        import numpy as np

        return np.random.default_rng([self.seed, crc32("|".join(map(str, place)).encode())])

    def programmed(self, target: npt.NDArray[Any], device: Memristor, *place: str | int) -> npt.NDArray[np.float32]:
        """Return the conductances that devices have after programming.

        Parameters
        ----------
        target : conductances to program, siemens, any shape
        device : gives the conductances of stuck devices
        place : names the group of devices on the chip, such as stage, unit and side

        Returns
        -------
        conductances, siemens, in the shape of `target`

        Examples
        --------
        >>> import numpy as np
        >>> device = load_technology("hfox-130nm").memristor
        >>> spread.programmed(np.array([1e-5, 1e-4]), device, "a place").shape
        (2,)
        """
        import numpy as np

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
        """Return the input offsets (any shape) of the op-amps at a place, volts; their mean is `nominal_v`.

        >>> DeviceSpread(offset_v=1e-3).offsets((2,), 0.0, "a place").shape
        (2,)
        """
        import numpy as np

        if not self.offset_v:
            return np.full(shape, nominal_v)
        return np.asarray(nominal_v + self.offset_v * self.stream("offset", *place).standard_normal(shape))
