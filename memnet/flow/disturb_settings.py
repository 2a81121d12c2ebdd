# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of read disturb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memnet.flow.fields import check, documented, setting
from memnet.flow.settings import Progress

if TYPE_CHECKING:
    from pathlib import Path


@documented
@dataclass(frozen=True, slots=True, kw_only=True)
class DisturbSettings:
    """How many inferences a chip goes through, and how long each of them lasts."""

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
    progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        check(self)
