# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a comparison of hypernetworks with individual deployment, beside those of `settings`.

This file loads nothing heavy, since the command line reads it before it runs a command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from memnet.flow.array_settings import WITHOUT_ARRAY
from memnet.flow.fields import documented, refuse_without_effect, setting
from memnet.flow.memristor_settings import MemristorSettings
from memnet.flow.settings import Progress

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from memnet.simulation.engines import Engine


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSettings(MemristorSettings):
    """How architectures on hypernetworks are compared with chips of their own.

    >>> ComparisonSettings(on=["shared"], counts_only=True).images
    4
    """

    on: Sequence[str] = ("shared", "slotted", "duplicated")
    counts_only: bool = setting(
        False, "Components and areas from plans, for any size; nothing is simulated.", kind=bool, panel="Run"
    )
    analysis: Literal["transient", "cost"] = setting(
        "transient",
        "Delay, energy and power by a transient, or by the numeric engine in seconds.",
        choices=("transient", "cost"),
        kind=str,
        panel="Run",
    )
    images: int = setting(4, "Test images, from the first.", least=1, kind=int, panel="Run")
    transitions: int = setting(1, "Steps from image to image.", least=1, kind=int, panel="Run")
    engine: str | Engine | None = setting(
        None, "Simulator; by default the first that is here.", kind=str, also=("an engine", "run"), panel="Run"
    )
    workers: int | None = setting(None, "Worker processes; by default one a core.", least=1, kind=int, panel="Run")
    array: str | None = setting(
        None, "Areas by crosspoints too, on arrays of rows x columns such as 128x128.", kind=str, panel="Chip"
    )
    patches: bool = setting(False, "Output pixels share tiles where that costs less.", kind=bool, panel="Chip")
    executor: Executor | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values, and settings of simulations where nothing is simulated."""
        MemristorSettings.__post_init__(self)
        if self.array is None:
            refuse_without_effect(self, ["patches"], WITHOUT_ARRAY)
        refuse_without_effect(self.devices, ["read_noise"], "in SPICE, where all images see the same devices")
        if self.counts_only:
            reason = "on counts without a simulation"
            names = ["analysis", "images", "transitions", "engine", "workers", "executor", "seed", "bits", "ideal"]
            refuse_without_effect(self, [*names, "memristor", "compensated"], reason)
            refuse_without_effect(self.devices, [each.name for each in fields(self.devices)], reason)
