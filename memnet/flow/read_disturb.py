# SPDX-License-Identifier: GPL-3.0-or-later
"""What reads do to a chip: conductances and accuracy after so many inferences, by the law of its memristors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memnet.circuit import build_circuit, critical_path_s
from memnet.deployment import ChipDevices, Place
from memnet.devices import MODELS, MemristorModel, memristor_model
from memnet.errors import SetupError
from memnet.flow.deployed import DeployedChip
from memnet.flow.disturb_settings import DisturbSettings
from memnet.flow.exporting import PLATEAU
from memnet.flow.fields import refuse_without_effect
from memnet.flow.moving import MovingRead, read_in_spice
from memnet.flow.reading import refuse_beyond
from memnet.flow.tables import as_pandas, rows_html
from memnet.measurement import accuracy, conductances_after
from memnet.netlist import refuse_table, write_table
from memnet.numeric import NumericCircuit
from memnet.simulation import cores
from memnet.units import Floats

if TYPE_CHECKING:
    from pandas import DataFrame

READ_IMAGES = 64  # test images, from the first, whose voltages the reads are made of
NOTICED = 0.01  # of a conductance: devices that moved by more are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """A chip after a number of inferences.

    Attributes
    ----------
    inferences : how many
    accuracy : on the images that are classified
    logit_shift : largest change of a class output, as a share of the largest before
    change_siemens, change_rms_siemens : largest and root mean square change of a conductance
    largest_share : largest change of a conductance as a share of itself
    moved : share of devices that moved by more than NOTICED of their conductance

    Examples
    --------
    >>> chip = Chip.of("DARTS_V1", channels=1, memristor="yakopcic:aguirre")
    >>> before, *after = chip.disturb(inferences=1.0, images=5).after
    >>> before.inferences, before.logit_shift
    (0.0, 0.0)
    """

    inferences: float
    accuracy: float
    logit_shift: float
    change_siemens: float
    change_rms_siemens: float
    largest_share: float
    moved: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadDisturb:
    """A chip over its inferences; the first of `after` is before them.

    Attributes
    ----------
    inference_s : seconds that rows are at the voltages of an image
    read : a read in SPICE, where one was asked for
    conductances : at the end, (crossings,) siemens by stage, unit and side

    Examples
    --------
    >>> chip = Chip.of("DARTS_V1", channels=1, memristor="yakopcic:aguirre")
    >>> found = chip.disturb(inferences=1.0, images=5)
    >>> found.images, len(found.after)
    (5, 2)
    """

    title: str
    memristor: str
    technology: str
    images: int
    inference_s: float
    after: tuple[Disturbed, ...]
    read: MovingRead | None
    conductances: Mapping[Place, Floats]

    def __repr__(self) -> str:
        """Return the chip and what its inferences changed, a line for each number of them."""
        lines = [f"Read disturb of {self.title}, {self.memristor}: {self.images} images, {self.inference_s:.3g} s each"]
        return "\n".join(
            [*lines]
            + [
                f"  {each.inferences:g} inferences: accuracy {each.accuracy:.2%}, logits shifted {each.logit_shift:.2g}"
                for each in self.after
            ]
        )

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        return rows_html(repr(self).splitlines()[0], self.rows())

    def rows(self) -> list[dict[str, Any]]:
        """Return the fields of `after` by name, a row for each.

        >>> found.rows()[0]["inferences"]
        0.0
        """
        return [{name: getattr(each, name) for name in Disturbed.__dataclass_fields__} for each in self.after]

    def to_pandas(self) -> DataFrame:
        """Return `rows` as a pandas table; `SetupError` where pandas is not installed.

        >>> found.to_pandas()["inferences"].tolist()
        [0.0, 1.0]
        """
        return as_pandas(self.rows())

    def to_json(self) -> str:
        """Return all figures as JSON, in SI units.

        >>> "logit_shift" in found.to_json()
        True
        """
        names = ("title", "memristor", "technology", "images", "inference_s")
        document: dict[str, Any] = {name: getattr(self, name) for name in names} | {"read_images": READ_IMAGES}
        read = None if self.read is None else self.read.figures()
        return json.dumps(document | {"after": self.rows(), "read_in_spice": read}, indent=2) + "\n"


def run_read_disturb(chip: DeployedChip, settings: DisturbSettings) -> ReadDisturb:
    """Carry all conductances through the inferences, and classify images before, at each power of ten, and after.

    Raises
    ------
    SetupError
        no voltage moves the states of the chip's memristors, or they are behind wires
    DataError
        more images than the data set has
    """
    refuse_without_effect(chip.setup, ["supply_rail_ohm"], "on read disturb, which has no figures of supplies")
    model, tell = _moving(chip), settings.progress or (lambda _what, _share: None)
    table = settings.table
    if table is not None:
        refuse_table(Path(table))
    chip.refuse_too_many(settings.images or 0)
    read = None
    if settings.spice_s is not None:
        tell("reading in SPICE", 0.0)
        read = read_in_spice(chip, model, settings.spice_s, settings.block, settings.engine)
    run = _DisturbRun(chip, model, settings)
    counts, devices = _counts(settings.inferences), chip.devices
    after = [run.judged(0.0, devices)]
    for index, (before, now) in enumerate(zip([0.0, *counts], counts, strict=False)):
        tell("reading", index / len(counts))
        devices = replace(devices, given=run.carried(devices, now - before))
        after.append(run.judged(now, devices))
    tell("reading", 1.0)
    if table is not None:
        circuit = build_circuit(chip.deployment, replace(devices, memristor=None))
        targets = chip.table_targets or chip.placement.conductance
        write_table(circuit, chip.placement, Path(table), targets=targets, tiles=chip.table_tiles)
    return ReadDisturb(
        title=chip.title,
        memristor=str(chip.memristor_name),
        technology=chip.technology.name,
        images=len(run.labels),
        inference_s=run.inference_s,
        after=tuple(after),
        read=read,
        conductances=devices.given,
    )


def _moving(chip: DeployedChip) -> MemristorModel:
    """Return the model of the chip's memristors, whose states voltage moves."""
    name = chip.memristor_name
    model = chip.devices.cell or (None if name is None else memristor_model(name))
    if model is None or not model.moves:
        moving = ", ".join(sorted(known for known, kind in MODELS.items() if kind.moves))
        raise SetupError(
            f"memristors are {name or 'I = G V'}, which no read moves; give --memristor or a technology with one of "
            f"{moving}"
        )
    if chip.wiring is not None:
        raise SetupError("read disturb and wires: give one of them; what a device behind wires sees is not computed")
    return model


def _counts(inferences: float) -> list[float]:
    """Return 1, 10, 100 and so on, up to the number of inferences, which is the last."""
    decades = int(np.floor(np.log10(inferences) + 1e-9))
    counts = [10.0**power for power in range(decades + 1)]
    return counts if np.isclose(counts[-1], inferences, rtol=1e-6, atol=0.0) else [*counts, inferences]


class _DisturbRun:
    """One chip under reads; the last engine is kept, since it gives both class outputs and the voltages of rows."""

    def __init__(self, chip: DeployedChip, model: MemristorModel, settings: DisturbSettings) -> None:
        self.chip, self.model = chip, model
        self.workers = settings.workers or cores()
        self.inference_s = settings.inference_s or PLATEAU * critical_path_s(chip.circuit)
        self.labels = chip.dataset.test_labels[: settings.images]
        self.images_v = chip.input_volts(chip.dataset.test_images[: settings.images], np.float32)
        self.start = chip.devices
        self.siemens: Floats | None = None
        self.logits: Floats | None = None

    def judged(self, inferences: float, devices: ChipDevices) -> Disturbed:
        """Return the figures of the chip with these devices; the first call is what others are compared with."""
        self.numeric = NumericCircuit(devices, dtype=np.float32)
        found = self.numeric.run(self.images_v, workers=self.workers)
        refuse_beyond(devices, found.peaks_v)
        logits = np.asarray(found.outputs_v, dtype=np.float64) / self.chip.deployment.scales[self.numeric.output]
        siemens = self._siemens(devices)
        if self.siemens is None or self.logits is None:
            self.siemens, self.logits = siemens, logits
        change = np.abs(siemens - self.siemens)
        share = change / self.siemens
        return Disturbed(
            inferences=inferences,
            accuracy=accuracy(logits, self.labels),
            logit_shift=float(np.abs(logits - self.logits).max() / np.abs(self.logits).max()),
            change_siemens=float(change.max()),
            change_rms_siemens=float(np.sqrt(np.mean(change**2))),
            largest_share=float(share.max()),
            moved=float(np.mean(share > NOTICED)),
        )

    def carried(self, devices: ChipDevices, inferences: float) -> dict[Place, Floats]:
        """Return the conductances after some more inferences; their voltages are those of these devices."""
        shown = self.images_v[:READ_IMAGES]
        return conductances_after(devices, self.numeric, self.model, shown, inferences * self.inference_s)

    def _siemens(self, devices: ChipDevices) -> Floats:
        """Return all conductances, (memristors,) siemens."""
        stages = self.chip.deployment.plan.stages
        return np.concatenate([side for stage in stages for side in devices.sides(stage)])
