# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of `simulate`: a circuit simulated on test images, as arrays for scripts and as figures for JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from memnet.flow.deployed import DeployedChip
from memnet.flow.reading import compensation_figures, law_figures
from memnet.flow.tables import Row, as_html, as_pandas, image_rows
from memnet.measurement import Accuracy, ChipCost, Counts, Deviation, Headroom, StageError, TransientMeasure
from memnet.units import Floats

if TYPE_CHECKING:
    from pandas import DataFrame

TIMES = ("wall_s", "s_per_image_core")  # the only figures that differ between runs of the same simulation
NOMINAL = "nominal"  # the devices that the numeric engine measures delay, energy and power with
NO_TRANSIENT = "dc analysis only; a transient analysis measures delay, energy and power"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Simulation:
    """A circuit simulated on test images and compared with its numeric references.

    Attributes
    ----------
    outputs_v : (images, classes) class voltages of the dc solutions
    logits : (images, classes) of the circuit, `outputs_v` in the network's own units
    reference_logits : (images, classes) of the numeric reference with the same quantised conductances
    float_logits : (images, classes) of the float network
    labels : (images,) true classes
    error_gain : how many times larger a small error of the inputs comes out at the float network's logits
    law_shift : largest change of class outputs by the law of memristors, as a share of full scale, on the first images;
        None where memristors are linear
    deviation : why logits differ from the reference by more than the error bound; None where they do not
    stage_errors : how far the outputs of each stage in use are from the reference, in the order of the signal; () where
        flat, or too large to keep their voltages
    transient : delay, energy, power and waveforms by a transient; None after another analysis
    cost : delay, energy and power by the numeric engine, for devices at their targets; None after another analysis
    wall_s : wall time of the whole simulation
    sweep_s : wall time of the dc sweep
    core_s : time of the dc sweep summed over workers
    engine_s : time of the dc sweep in the simulator itself, summed over workers
    swept : images of the dc sweep, those that transitions step to included

    Examples
    --------
    >>> result = simulate("DARTS_V1", channels=1, images=1)
    >>> result.outputs_v.shape
    (1, 10)
    >>> bool(abs(result.logits - result.reference_logits).max() < 1e-2)
    True
    """

    chip: DeployedChip
    analysis: str
    flat: bool
    outputs_v: Floats
    logits: Floats
    reference_logits: Floats
    float_logits: Floats
    labels: npt.NDArray[np.int64]
    accuracy: Accuracy
    error_gain: float
    law_shift: float | None
    deviation: Deviation | None
    counts: Counts
    area_parts_m2: dict[str, float]
    headroom: Headroom
    stage_errors: tuple[StageError, ...]
    transient: TransientMeasure | None
    warnings: tuple[str, ...]
    engine: str
    solver: str
    wall_s: float
    sweep_s: float
    core_s: float
    engine_s: float
    swept: int
    cost: ChipCost | None = None

    def __repr__(self) -> str:
        """Return the chip and its main figures in a few lines."""
        judged, counts, measure = self.accuracy, self.counts, self.timing
        lines = [
            f"Simulation of {self.chip.title}: {self.images} images, {self.analysis}, {self.engine} with {self.solver}",
            f"  accuracy {judged.accuracy:.1%}, agreement with the quantised reference {judged.agreement:.1%}, "
            f"logit error {judged.logit_error:.2g}",
            f"  area {self.area_m2 * 1e6:.3g} mm2, {counts.memristors:,} memristors, {counts.opamps:,} op-amps",
        ]
        if measure is not None and measure.delay_s is not None:
            lines.append(
                f"  delay {measure.delay_s:.3g} s, energy {measure.energy_j:.3g} J, power {measure.power_w:.3g} W"
                f"{'' if self.cost is None else ', by the numeric engine'}"
            )
        return "\n".join(lines)

    @property
    def images(self) -> int:
        """Return the number of images.

        >>> result.images
        1
        """
        return len(self.outputs_v)

    @property
    def area_m2(self) -> float:
        """Return the chip's area in square metres, converters included.

        >>> f"{result.area_m2:.3g}"
        '1.85e-06'
        """
        return sum(self.area_parts_m2.values())

    @property
    def timing(self) -> TransientMeasure | ChipCost | None:
        """Return what has delay, energy and power: `transient` or `cost`; None after a dc analysis.

        >>> result.timing is None
        True
        """
        return self.cost if self.transient is None else self.transient

    def figures(self) -> dict[str, Any]:
        """Return all figures by name, in SI units; they differ between runs in `TIMES` alone.

        >>> result.figures()["memristors"]
        20968
        """
        return {
            **self._about(),
            **asdict(self.accuracy),
            "error_gain": self.error_gain,
            **({} if self.law_shift is None else {"law_shift": self.law_shift}),
            "deviation": None if self.deviation is None else asdict(self.deviation),
            **self._timing(),
            "area_m2": self.area_m2,
            "area_parts_m2": self.area_parts_m2,
            **self.chip.cell_figures(),
            **self.chip.array_figures(),
            **asdict(self.counts),
            "headroom": asdict(self.headroom),
            "stage_errors": [asdict(error) for error in self.stage_errors],
            "warnings": list(self.warnings),
            "engine": self.engine,
            "solver": self.solver,
            "wall_s": self.wall_s,
            "s_per_image_core": self.core_s / self.swept,
        }

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        return as_html(repr(self))

    def per_image(self) -> list[Row]:
        """Return a row for each image: number, true and named class, and class outputs, volts (see `image_rows`).

        >>> result.per_image()[0]["image"]
        0
        """
        return image_rows(self.outputs_v, self.labels, self.chip.dataset.classes)

    def to_pandas(self) -> DataFrame:
        """Return `per_image` as a pandas table; `SetupError` where pandas is not installed.

        >>> result.to_pandas().shape
        (1, 13)
        """
        return as_pandas(self.per_image())

    def to_json(self) -> str:
        """Return `figures` as JSON; numbers that are not finite become null.

        >>> "accuracy" in result.to_json()
        True
        """
        return json.dumps(finite(self.figures()), indent=2) + "\n"

    def _about(self) -> dict[str, Any]:
        chip = self.chip
        return {
            "genotype": chip.network.genotype.name,
            "on": chip.setup.on,
            "channels": chip.network.channels,
            "layers": chip.network.cells,
            "dataset": chip.dataset.name,
            "seed": chip.setup.seed,
            "weights": chip.weights.origin,
            "technology": chip.technology.name,
            "bits": chip.technology.memristor.bits,
            **law_figures(chip.devices, chip.memristor_name),
            **compensation_figures(chip.deployment),
            **({} if chip.setup.devices.ideal else {"devices": asdict(chip.setup.devices)}),
            "analysis": self.analysis,
            "flat": self.flat,
            "images": self.images,
        }

    def _timing(self) -> dict[str, Any]:
        measure = self.timing
        if measure is None:
            empty = dict.fromkeys(("delay_s", "delay_mean_s", "energy_j", "power_w"))
            return {**empty, "delay_reason": NO_TRANSIENT, "power_parts_w": {}, "transitions": 0}
        return {
            "delay_s": measure.delay_s,
            "delay_mean_s": measure.delay_mean_s,
            "energy_j": measure.energy_j,
            "power_w": measure.power_w,
            "delay_reason": measure.delay_reason,
            "power_parts_w": measure.power_parts_w,
            "transitions": measure.transitions,
            **({} if self.cost is None else {"cost_engine": "numeric", "cost_devices": NOMINAL}),
        }


def finite(value: Any) -> Any:  # noqa: ANN401 - JSON is any nesting of plain values
    """Return a nested value with None in place of every number that is not finite."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
