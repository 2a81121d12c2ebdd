# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of read disturb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memnet.flow.fields import check, documented, refuse_without_effect, setting
from memnet.flow.settings import Progress

if TYPE_CHECKING:
    from pathlib import Path


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class DisturbSettings:
    """How many inferences a chip goes through, and how long each of them lasts.

    >>> DisturbSettings(inferences=1e3).inferences
    1000.0
    """

    inferences: float = setting(1e6, "Inferences in all.", least=1.0, most=1e18, kind=float, panel="Run")
    inference_s: float | None = setting(
        None,
        "Seconds that rows are at the voltages of an image; by default six critical paths.",
        least=1e-12,
        most=1e6,
        kind=float,
        panel="Run",
        flag="--inference-time",
    )
    images: int | None = setting(
        None, "Test images to classify, from the first; all by default.", least=1, kind=int, panel="Run"
    )
    workers: int | None = setting(None, "Threads; by default one a core.", least=1, kind=int, panel="Run")
    table: Path | None = setting(
        None,
        "A placement table, .csv or .parquet, of the chip after its inferences, for --conductances.",
        kind="path",
        panel="Output",
    )
    spice_s: float | None = setting(
        None,
        "Seconds of one read in SPICE in which all states move, held against the law.",
        least=1e-8,
        most=1.0,
        kind=float,
        panel="Run",
        flag="--spice-time",
    )
    block: str | None = setting(None, "Block for that read; by default the whole network.", kind=str, panel="Run")
    engine: str | None = setting(None, "Simulator for that read; by default the first here.", kind=str, panel="Run")
    progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values, and what a read in SPICE would need without one."""
        check(self)
        if self.spice_s is None:
            refuse_without_effect(self, ["block", "engine"], "without a read in SPICE; add --spice-time")
