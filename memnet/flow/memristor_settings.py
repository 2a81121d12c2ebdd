# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that say how memristors are read."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.errors import SetupError, as_known, choices
from memnet.flow.common_settings import Common
from memnet.flow.fields import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MemristorSettings(Common):
    """The law of the memristors, and the cells that they stand in."""

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
    cell: str | None = setting(
        None,
        "Cell at each crosspoint: 1T1R, 1S1R or 0T1R; by default a memristor alone, on hypernetworks with a switch.",
        kind=str,
        panel="Chip",
    )

    def __post_init__(self) -> None:
        """Refuse cells that there are not; names count whatever their case."""
        Common.__post_init__(self)
        if self.memristor == "":
            raise SetupError("memristor = '': give a name of memnet memristors, or leave it out")
        if self.memristor is not None:
            object.__setattr__(self, "memristor", _known_memristor(self.memristor))
        if self.cell is not None:
            object.__setattr__(self, "cell", _known_cell(self.cell))


def _known_memristor(name: str) -> str:
    """Return the name of a model as it is registered, whatever its case."""
    from memnet.devices.memristors import known_memristor  # loads numpy, which a command's help does not need

    return known_memristor(name)


def _known_cell(cell: str) -> str:
    """Return the name of a cell as it is registered, whatever its case."""
    from memnet.devices import CELLS  # loads numpy, which a command's help does not need

    known = as_known(cell, CELLS)
    if known not in CELLS:
        raise SetupError(f"unknown cell {cell!r}: {choices(cell, CELLS)}")
    return known
