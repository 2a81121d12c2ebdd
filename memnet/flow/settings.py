# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a chip and of what is done with it, each written down once.

Python takes them as keywords of `Chip.of`, `Chip.simulate` and so on. The command line makes an option of each field
that has a text, with that text as its help, the same default and the same limits. This file loads nothing heavy, since
the command line reads it before it runs a command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Literal

from memnet.devices import DeviceSpread
from memnet.errors import SetupError
from memnet.flow.fields import check, documented, refuse_without_effect, setting
from memnet.netlist import DIALECTS
from memnet.technology import DEFAULT_TECHNOLOGY

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from memnet.genotype import Genotype
    from memnet.network import Weights
    from memnet.network.datasets import Dataset
    from memnet.simulation.engines import Engine
    from memnet.technology import Technology

INDIVIDUAL = "individual"  # a chip for one architecture alone; other values of `on` are structures of hypernetworks
ANALYSES = ("dc", "transient")
# Images of an evaluation on which the float64 references run, too, if no number is given: large networks take 0.1 s
# each, which is ten times what the numeric engine takes.
REFERENCES = 100
# Memristors up to which an export has a placement table: a spreadsheet holds as many rows, and the table takes 126 MB.
LISTED_MEMRISTORS = 1_000_000
WITHOUT_ARRAY = "without an array; add --array (array='128x128')"
Progress = Callable[[str, float], None]  # called with what is being done, and which share of it is done


def _reads_files(dataset: str) -> bool:
    """Return whether the data set of that name reads a folder or archive; its loader refuses an unknown name."""
    from memnet.network.datasets import DATA_SOURCES  # loads numpy, which a command without --data does not need yet

    return dataset not in DATA_SOURCES or DATA_SOURCES[dataset].reads_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Settings that all chips of a comparison share."""

    channels: int | None = setting(
        None,
        "C, channels of the first cells; by default what networks for the data set usually have.",
        least=1,
        most=512,
        kind=int,
        panel="Network",
    )
    layers: int | None = setting(
        None,
        "L, number of cells; by default what networks for the data set usually have.",
        least=3,
        most=100,
        kind=int,
        panel="Network",
    )
    dataset: str | Dataset = setting(
        "digits",
        "Name of a data set, such as digits or cifar10.",
        kind=str,
        also=("a Dataset", "test_images"),
        panel="Network",
    )
    data: Path | str | None = setting(
        None, "Folder or archive of the data set; digits need none.", kind="path", panel="Network"
    )
    seed: int = setting(
        0, "Of weights where no trained ones are shipped.", least=0, most=2**32 - 1, kind=int, panel="Network"
    )
    technology: str | Technology = setting(
        DEFAULT_TECHNOLOGY,
        "Name or TOML file of a technology.",
        kind=str,
        also=("a Technology", "memristor"),
        panel="Chip",
    )
    bits: int | None = setting(
        None, "Conductances have 2^bits levels; by default the technology's.", least=1, most=12, kind=int, panel="Chip"
    )
    ideal: bool = setting(False, "Ideal amplifiers and selectors.", kind=bool, panel="Chip")
    devices: DeviceSpread = field(default=DeviceSpread(), metadata={"group": DeviceSpread})

    def __post_init__(self) -> None:
        """Refuse values that no chip can have, and a folder for a data set that reads none."""
        check(self)
        if not isinstance(self.devices, DeviceSpread):
            raise SetupError(f"devices = {self.devices!r:.80}: give a DeviceSpread")
        if not isinstance(self.dataset, str):
            refuse_without_effect(self, ["data"], "on a data set that is given as an object")
        elif self.data is not None and not _reads_files(self.dataset):
            refuse_without_effect(self, ["data"], f"on the data set {self.dataset}, which needs no files: leave it out")
        if not self.devices.variation:
            refuse_without_effect(self.devices, ["distribution"], "without variation")
        if self.devices.ideal:
            refuse_without_effect(self.devices, ["seed"], "where no device differs from its target")


@documented
@dataclass(frozen=True, slots=True)
class Setup(Common):
    """What stands on a chip: an architecture with its weights, and the kind of chip that it is deployed on.

    `genotype` is a known name, DARTS's text, JSON, a path, `random:SEED`, or a `Genotype`; `weights` a weight file or
    `Weights`; `dataset` and `technology` a name or an object; `devices` how devices differ from their targets.
    """

    genotype: str | PathLike[str] | Genotype
    _: KW_ONLY
    on: str = setting(
        INDIVIDUAL,
        "individual: a chip of its own; shared, slotted or duplicated: a hypernetwork that holds many architectures.",
        kind=str,
        panel="Chip",
    )
    weights: Path | str | Weights | None = setting(
        None, "Weight file from train or import.", kind="path", also=("Weights", "tensors"), panel="Network"
    )
    conductances: Path | str | None = setting(
        None, "Table of conductances that stand on the chip: .csv or .parquet.", kind="path", panel="Chip"
    )
    memristor: str | None = setting(
        None,
        "Law that memristors are read by, NAME or NAME:SET of memnet memristors; by default I = G V.",
        kind=str,
        panel="Chip",
    )
    array: str | None = setting(
        None,
        "Largest array of memristors, rows x columns, such as 128x128; with --wires by default the technology's.",
        kind=str,
        panel="Chip",
    )
    patches: bool = setting(
        False, "Output pixels share tiles where that costs less; without wires.", kind=bool, panel="Chip"
    )
    wires: bool = setting(False, "Wires of arrays resist, by default as the technology says.", kind=bool, panel="Chip")
    wire_ohm: float | None = setting(
        None, "Ohm from crosspoint to crosspoint of rows and columns.", least=0.0, most=1e4, kind=float, panel="Chip"
    )

    def __post_init__(self) -> None:
        """Refuse settings that exclude each other."""
        Common.__post_init__(self)
        if self.weights is not None:
            refuse_without_effect(self, ["seed"], "where weights are given")
        if self.conductances is not None and self.devices.per_device:
            raise SetupError(
                "conductances and a device spread: give one of them, since both say what stands on the chip"
            )
        if self.array is None:
            refuse_without_effect(self, ["patches"], WITHOUT_ARRAY)
        elif self.wires:
            refuse_without_effect(self, ["patches"], "with wires, which are computed for one output pixel a tile")
        if not self.wires:
            refuse_without_effect(self, ["wire_ohm"], "without wires; add --wires (wires=True)")
        elif self.devices.read_noise:
            raise SetupError("read_noise and wires: give one of them; noise of devices behind wires is not computed")
        elif self.memristor is not None:
            raise SetupError("memristor and wires: give one of them; a curved law behind wires is not computed")


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a chip is simulated in SPICE.

    `engine` is a name or an engine; `executor` where decks run, such as `dask_executor(address)` gives (by default
    worker processes of its own); `progress` is called with what is being done and which share of it is done.
    """

    images: int = setting(20, "Test images, from the first.", least=1, kind=int, panel="Run")
    analysis: Literal["dc", "transient"] = setting(
        "dc", "transient adds delay, energy and power to what dc gives.", choices=ANALYSES, kind=str, panel="Run"
    )
    transitions: int | None = setting(
        None, "Steps from image to image in a transient, by default one.", least=1, kind=int, panel="Run"
    )
    engine: str | Engine | None = setting(
        None, "Simulator; by default the first that is here.", kind=str, also=("an engine", "run"), panel="Run"
    )
    flat: bool = setting(False, "One deck for the whole network; slow.", kind=bool, panel="Run")
    workers: int | None = setting(None, "Worker processes; by default one a core.", least=1, kind=int, panel="Run")
    batch: int | None = setting(None, "Images in one deck; as many as fit by default.", least=1, kind=int, panel="Run")
    cache: Path | None = setting(
        None, "Keep finished decks in this folder, and reuse those that are there.", kind="path", panel="Run"
    )
    executor: Executor | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values, and transitions where there are none."""
        check(self)
        if self.analysis == "dc":
            refuse_without_effect(self, ["transitions"], "on a dc analysis; use analysis transient")


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSettings:
    """How test images are classified with the numeric engine."""

    images: int | None = setting(None, "Test images, from the first; all by default.", least=1, kind=int, panel="Run")
    seeds: int = setting(
        1, "Chips to sample, with device seeds from --device-seed on.", least=1, kind=int, panel="Devices"
    )
    references: int | None = setting(
        None,
        f"Images on which the float and quantised network run too, in float64; by default the first {REFERENCES}.",
        least=1,
        kind=int,
        panel="Run",
    )
    spice_blocks: int = setting(
        0, "Sampled blocks to hold against SPICE.", least=0, kind=int, panel="Run", flag="--spice-check"
    )
    transitions: int = setting(0, "Image transitions to take power and delay from.", least=0, kind=int, panel="Run")
    engine: str | None = setting(None, "Simulator for --spice-check; by default the first here.", kind=str, panel="Run")
    workers: int | None = setting(None, "Threads; by default one a core.", least=1, kind=int, panel="Run")
    progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values, and an engine that nothing is simulated with."""
        check(self)
        if not self.spice_blocks:
            refuse_without_effect(self, ["engine"], "without sampled blocks to simulate (--spice-check)")


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """What an export for another tool holds."""

    dialect: str = setting("ngspice", f"{', '.join(DIALECTS)}.", kind=str, panel="Output")
    images: int = setting(4, "Test images, from the first.", least=1, kind=int, panel="Run")
    analysis: Literal["dc", "transient"] = setting(
        "dc", "dc sweeps the images; transient shows them one after another.", choices=ANALYSES, kind=str, panel="Run"
    )
    image_s: float | None = setting(
        None,
        "Seconds that an image stays in a transient.",
        least=1e-9,
        most=1e3,
        kind=float,
        panel="Run",
        flag="--image-time",
    )
    placement: Path | str | None = setting(
        None,
        "A file for the placement table, .csv or .parquet; without it, an export has one of up to "
        f"{LISTED_MEMRISTORS:,} memristors.",
        kind="path",
        panel="Output",
    )

    def __post_init__(self) -> None:
        """Refuse impossible values, and times on a dc analysis."""
        check(self)
        if self.analysis == "dc":
            refuse_without_effect(self, ["image_s"], "on a dc analysis; use analysis transient")
