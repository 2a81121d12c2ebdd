# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of classifying test images at circuit level, with its figures."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import buffered_term, middle_of
from memnet.flow.deployed import DeployedChip
from memnet.flow.reading import compensation_figures, law_figures
from memnet.flow.results import NOMINAL, finite
from memnet.flow.sampled import SampledChip, check_figures, cost_figures
from memnet.flow.tables import Row, as_html, as_pandas, image_rows
from memnet.measurement import (
    Accuracy,
    ChipCost,
    ColumnCheck,
    Counts,
    Deviation,
    OutputNoise,
    SpiceCheck,
    accuracy,
    component_areas,
)
from memnet.units import Floats

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Evaluation:
    """Accuracy of one or several chips over test images, with references on some of them.

    Attributes
    ----------
    labels : (images,) true classes
    reference_logits, float_logits : (references, classes), of the network with the same levels, and of the float one
    judged : accuracy of the first chip, on the images that the references have
    error_gain : how many times larger a small error of the inputs comes out at the float network's logits
    law_shift : largest change of class outputs by the law of memristors, as a share of full scale, on these images;
        None where they are linear
    deviation : why `judged` exceeds the error bound; None where it does not
    noise_seed : of the samples of noise; None for reads without it
    noise_check : noise of sampled columns in a simulator; empty without
    wall_s : of the whole call, seconds

    Examples
    --------
    >>> found = Chip.of("DARTS_V1", channels=1).evaluate(images=20)
    >>> found.reference_logits.shape
    (20, 10)
    >>> found.figures()["memristors"]
    20968
    """

    chip: DeployedChip
    samples: tuple[SampledChip, ...]
    labels: npt.NDArray[np.int64]
    reference_logits: Floats
    float_logits: Floats
    judged: Accuracy
    error_gain: float
    law_shift: float | None
    deviation: Deviation | None
    counts: Counts
    check: SpiceCheck | None
    noise_seed: int | None
    noise_check: tuple[ColumnCheck, ...]
    cost: ChipCost | None
    wall_s: float

    def __repr__(self) -> str:
        """Return the chip and its accuracy in a few lines."""
        spread = f" +- {self.accuracies.std():.2%}" if len(self.samples) > 1 else ""
        return (
            f"Evaluation of {self.chip.title}: {len(self.labels)} images"
            f"{f', {len(self.samples)} chips' if len(self.samples) > 1 else ''}\n"
            f"  accuracy {self.accuracies.mean():.2%}{spread}, {self.images_per_s:.3g} images a second, "
            f"largest row voltage {max(self.row_peaks_v().values()):.3g} V"
        )

    @property
    def accuracies(self) -> Floats:
        """Return the accuracy of each chip.

        >>> found.accuracies.shape
        (1,)
        """
        return np.array([sample.accuracy for sample in self.samples])

    @property
    def noise(self) -> OutputNoise | None:
        """Return the noise of the class outputs over all chips; None where none was asked for.

        >>> found.noise is None
        True
        """
        if self.noise_seed is None:
            return None
        scale = self.chip.deployment.scales[self.chip.deployment.plan.stages[-1].name]
        noisy, quiet = (
            np.concatenate([getattr(sample, name) for sample in self.samples]) for name in ("logits", "quiet_logits")
        )
        return OutputNoise.of(noisy * scale, quiet * scale)

    @property
    def accuracy_on_references(self) -> float:
        """Return the accuracy on the images that the references ran on, the mean over chips.

        >>> 0 <= found.accuracy_on_references <= 1
        True
        """
        few = len(self.reference_logits)
        return float(np.mean([accuracy(sample.logits[:few], self.labels[:few]) for sample in self.samples]))

    @property
    def images_per_s(self) -> float:
        """Return the rate over all chips, without building them.

        >>> found.images_per_s > 0
        True
        """
        return len(self.labels) * len(self.samples) / sum(sample.run_s for sample in self.samples)

    def warnings(self) -> tuple[str, ...]:
        """Return what a reader must know: doubtful weights and data, voltages beyond limits.

        >>> found.warnings()[0][:18]
        'no trained weights'
        """
        chip, limit = self.chip, self.chip.deployment.technology.memristor.read_limit_v
        lines = [*chip.notes]
        peaks = self.row_peaks_v()
        over = {name: peak for name, peak in peaks.items() if peak > limit}
        if over:
            worst = max(over, key=lambda name: over[name])
            lines.append(
                f"net/{worst}: {over[worst]:.3g} V on a row exceeds the read limit of {limit:g} V "
                f"({len(over)} of {len(peaks)} signals do)"
            )
        for name, count in sorted(self._saturated().items(), key=lambda item: -item[1])[:1]:
            lines.append(f"net/{name}: {count} op-amp outputs in all images saturate; no stage has more")
        if self.noise_seed is not None:
            lines.append("agreement and logit error are those of the read without noise")
        nominal = [name for name, found in (("SPICE check", self.check), ("delay and power", self.cost)) if found]
        if nominal and not (chip.setup.devices.ideal and chip.setup.conductances is None):
            lines.append(f"{' and '.join(nominal)} are those of nominal devices, unlike the accuracy")
        lines += [] if self.deviation is None else [str(self.deviation)]
        return tuple(lines)

    def figures(self) -> dict[str, Any]:
        """Return all figures by name, in SI units.

        >>> found.figures()["images"]
        20
        """
        chip, network, technology = self.chip, self.chip.network, self.chip.deployment.technology
        few, judged = len(self.reference_logits), self.judged
        return {
            "genotype": network.genotype.name,
            "on": chip.setup.on,
            "channels": network.channels,
            "layers": network.cells,
            "dataset": chip.dataset.name,
            "weights": chip.weights.origin,
            "technology": technology.name,
            "bits": technology.memristor.bits,
            **law_figures(chip.devices, chip.memristor_name),
            **compensation_figures(chip.deployment),
            "images": len(self.labels),
            **{name: value for name, value in asdict(chip.setup.devices).items() if name != "seed"},
            "seeds": [sample.seed for sample in self.samples],
            "accuracy": float(self.accuracies.mean()),
            "accuracy_std": float(self.accuracies.std()),
            "accuracy_by_seed": self.accuracies.tolist(),
            "reference_images": few,
            "accuracy_on_reference_images": self.accuracy_on_references,
            "float_accuracy": accuracy(self.float_logits, self.labels[:few]),
            "reference_accuracy": accuracy(self.reference_logits, self.labels[:few]),
            "agreement": judged.agreement,
            "float_agreement": judged.float_agreement,
            "logit_error": judged.logit_error,
            "error_bound": judged.error_bound,
            "error_gain": self.error_gain,
            **({} if self.law_shift is None else {"law_shift": self.law_shift}),
            "deviation": None if self.deviation is None else asdict(self.deviation),
            "saturated": self._saturated(),
            "largest_row_v": max(self.row_peaks_v().values()),
            **asdict(self.counts),
            "area_m2": sum(component_areas(self.counts, technology).values()),
            **chip.cell_figures(),
            **chip.array_figures(),
            "engine": "numeric",
            "solver": "closed form",
            "images_per_s": self.images_per_s,
            "build_s": sum(sample.build_s for sample in self.samples),
            "wall_s": self.wall_s,
            "spice_check": check_figures(self.check),
            **({} if self.noise is None else {"noise": self._noise(self.noise)}),
            **({} if self.cost is None else cost_figures(self.cost)),
            "warnings": list(self.warnings()),
        }

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        return as_html(repr(self))

    def per_image(self) -> list[Row]:
        """Return a row for each image and chip: number, true and named class, class outputs in volts: `image_rows`.

        >>> len(found.per_image())
        20
        """
        deployment, classes = self.chip.deployment, self.chip.dataset.classes
        scale = deployment.scales[deployment.plan.stages[-1].name]
        rows = [
            image_rows(sample.logits * scale, self.labels, classes, device_seed=sample.seed) for sample in self.samples
        ]
        return [row for each in rows for row in each]

    def to_pandas(self) -> DataFrame:
        """Return `per_image` as a pandas table; `SetupError` where pandas is not installed.

        >>> found.to_pandas().shape
        (20, 14)
        """
        return as_pandas(self.per_image())

    def to_json(self) -> str:
        """Return `figures` as JSON; numbers that are not finite become null.

        >>> "accuracy" in found.to_json()
        True
        """
        return json.dumps(finite(self.figures()), indent=2) + "\n"

    def row_peaks_v(self) -> dict[str, float]:
        """Return the largest voltage of every net group that drives rows, over images and chips.

        >>> max(found.row_peaks_v(), key=found.row_peaks_v().get)
        'cell2/node2'
        """
        plan = self.chip.deployment.plan
        # Unless they are lent, first amplifiers drive open switches, whatever they give.
        idle = {middle_of(stage.name) for stage in plan.stages if stage.follows and not buffered_term(stage, plan)}
        names = [name for name in self.samples[0].peaks_v if name not in idle]
        return {name: max(sample.peaks_v[name] for sample in self.samples) for name in names}

    def _saturated(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for sample in self.samples:
            for name, count in sample.saturated.items():
                total[name] = total.get(name, 0) + count
        return total

    def _noise(self, noise: OutputNoise) -> dict[str, Any]:
        """Return the figures of the noise at the read, and the technology's."""
        check, section = None, self.chip.technology.noise
        if self.noise_check:
            worst = max(self.noise_check, key=lambda each: each.deviation)
            check = {"columns": len(self.noise_check), "devices": NOMINAL}
            check |= {"largest_deviation": worst.deviation, "worst": worst.stage}
        return {
            **asdict(noise),
            "seed": self.noise_seed,
            "ratio_db": noise.ratio_db,
            "effective_bits": noise.effective_bits,
            "accuracy_without": float(np.mean([accuracy(sample.quiet_logits, self.labels) for sample in self.samples])),
            **({} if section is None else asdict(section)),
            "check": check,
        }
