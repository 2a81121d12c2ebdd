# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that say how memristors are read."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.flow.common_settings import Common
from memnet.flow.fields import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MemristorSettings(Common):
    """The law of the memristors."""

    memristor: str | None = setting(
        None,
        "Law that memristors are read by, NAME or NAME:SET of memnet memristors; by default the technology's, and "
        "I = G V where it has none.",
        kind=str,
        panel="Chip",
    )
    compensated: bool = setting(
        False, "Conductances are programmed for the mean current that the law gives.", kind=bool, panel="Chip"
    )
