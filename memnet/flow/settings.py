# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a chip and of what is done with it, each written down once.

Python takes them as keywords of `Chip.of`, `Chip.simulate` and so on. The command line makes an option of each field
that has a text, with that text as its help, the same default and the same limits. This file loads nothing heavy, since
the command line reads it before it runs a command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from memnet.errors import SetupError, as_known
from memnet.flow.array_settings import ArraySettings
from memnet.flow.fields import check, documented, refuse_without_effect, setting
from memnet.netlist import DIALECTS

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from memnet.genotype import Genotype
    from memnet.network import Weights
    from memnet.simulation.engines import Engine

INDIVIDUAL = "individual"  # a chip for one architecture alone; other values of `on` are structures of hypernetworks
SWITCHED_CELL = "1T1R"  # the cell that a select line switches
ANALYSES = ("dc", "transient", "cost")
EXPORTED = ("dc", "transient")  # those that netlists for another tool can have
# Images of an evaluation on which the float64 references run, too, if no number is given: large networks take 0.1 s
# each, which is ten times what the numeric engine takes.
REFERENCES = 100
# Memristors up to which an export has a placement table: a spreadsheet holds as many rows, and the table takes 126 MB.
LISTED_MEMRISTORS = 1_000_000
Progress = Callable[[str, float], None]  # called with what is being done, and which share of it is done


def known_chip(on: str) -> str:
    """Return the name of a kind of chip as it is registered, whatever its case."""
    if on == INDIVIDUAL:
        return on
    from memnet.deployment.hypernetwork import STRUCTURES  # loads numpy, which a command's help does not need

    return as_known(on, (INDIVIDUAL, *STRUCTURES))


@documented
@dataclass(frozen=True, slots=True)
class Setup(ArraySettings):
    """What stands on a chip: an architecture with its weights, and the kind of chip that it is deployed on.

    `genotype` is a known name, DARTS's text, JSON, a path, `random:SEED`, or a `Genotype`; `weights` a weight file,
    `Weights`, a state dict of arrays or tensors, or the `torch.nn.Module` that has it, of DARTS's evaluation network;
    `dataset` and `technology` a name or an object; `devices` how devices differ from their targets.

    Examples
    --------
    >>> setup = Setup("PDARTS", channels=1, bits=6)
    >>> setup.on, setup.bits
    ('individual', 6)
    """

    genotype: str | PathLike[str] | Genotype
    _: KW_ONLY
    on: str = setting(
        INDIVIDUAL,
        "individual: a chip of its own; shared, slotted or duplicated: a hypernetwork that holds many architectures.",
        kind=str,
        panel="Chip",
    )
    weights: Path | str | Weights | Mapping[str, Any] | None = setting(
        None,
        "Weight file from train or import.",
        kind="path",
        also=("Weights, a state dict or a torch.nn.Module", "tensors", "state_dict", "keys"),
        panel="Network",
    )
    conductances: Path | str | None = setting(
        None, "Table of conductances that stand on the chip: .csv or .parquet.", kind="path", panel="Chip"
    )

    def __post_init__(self) -> None:
        """Refuse settings that exclude each other."""
        ArraySettings.__post_init__(self)
        object.__setattr__(self, "on", known_chip(self.on))
        if self.on != INDIVIDUAL and self.cell not in (None, SWITCHED_CELL):
            raise SetupError(
                f"cell {self.cell} on {self.on}: select lines switch the cells of a hypernetwork; give {SWITCHED_CELL}"
            )
        if self.weights is not None:
            refuse_without_effect(self, ["seed"], "where weights are given")
        if self.conductances is not None and self.devices.per_device:
            raise SetupError(
                "conductances and a device spread: give one of them, since both say what stands on the chip"
            )


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a chip is simulated in SPICE.

    `engine` is a name or an engine; `executor` where decks run, such as `dask_executor(address)` gives (by default
    worker processes of its own); `progress` is called with what is being done and which share of it is done.

    >>> Run(images=2, analysis="transient").flat
    False
    """

    images: int = setting(20, "Test images, from the first.", least=1, kind=int, panel="Run")
    analysis: Literal["dc", "transient", "cost"] = setting(
        "dc",
        "transient adds delay, energy and power to what dc gives; cost too, in seconds, by the numeric engine.",
        choices=ANALYSES,
        kind=str,
        panel="Run",
    )
    transitions: int | None = setting(
        None, "Steps from image to image, by default one; for transient and cost.", least=1, kind=int, panel="Run"
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
            refuse_without_effect(self, ["transitions"], "on a dc analysis; use analysis transient or cost")


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSettings:
    """How test images are classified with the numeric engine.

    >>> EvaluationSettings(images=20, seeds=3).seeds
    3
    """

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
    noise: bool = setting(
        False,
        "Noise at the read, as the technology's section [noise] says: thermal, of op-amps, 1/f, telegraph.",
        kind=bool,
        panel="Devices",
    )
    noise_seed: int = setting(0, "Of the samples of --noise.", least=0, most=2**32 - 1, kind=int, panel="Devices")
    transitions: int = setting(0, "Image transitions to take power and delay from.", least=0, kind=int, panel="Run")
    engine: str | None = setting(None, "Simulator for --spice-check; by default the first here.", kind=str, panel="Run")
    workers: int | None = setting(None, "Threads; by default one a core.", least=1, kind=int, panel="Run")
    progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values, and an engine that nothing is simulated with."""
        check(self)
        if not self.spice_blocks:
            refuse_without_effect(self, ["engine"], "without sampled blocks to simulate (--spice-check)")
        if not self.noise:
            refuse_without_effect(self, ["noise_seed"], "without noise; add --noise (noise=True)")


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """What an export for another tool holds.

    >>> ExportSettings(dialect="xyce").images
    4
    """

    dialect: str = setting("ngspice", f"{', '.join(DIALECTS)}.", kind=str, panel="Output")
    images: int = setting(4, "Test images, from the first.", least=1, kind=int, panel="Run")
    analysis: Literal["dc", "transient"] = setting(
        "dc", "dc sweeps the images; transient shows them one after another.", choices=EXPORTED, kind=str, panel="Run"
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
    symbols: bool = setting(False, "Symbols and a schematic for xschem or LTspice besides.", kind=bool, panel="Output")

    def __post_init__(self) -> None:
        """Refuse impossible values, and times on a dc analysis."""
        check(self)
        if self.analysis == "dc":
            refuse_without_effect(self, ["image_s"], "on a dc analysis; use analysis transient")
