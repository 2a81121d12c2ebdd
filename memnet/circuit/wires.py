# SPDX-License-Identifier: GPL-3.0-or-later
"""The wires of tiles as devices: a segment of the row and one of the column at every crosspoint.

Each memristor stands between two nets of its own, one on the wire of its row and one on that of its column. A segment
leads from there towards the row's driver, another towards the column's virtual ground: see `memnet.arrays.wires`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.arrays import ArraySize, Neighbours, StageTiles
from memnet.circuit.banks import Memristors
from memnet.circuit.base import CROSSBARS, Bank, Nets, Resistances, Tally
from memnet.deployment import Wiring
from memnet.technology import Technology
from memnet.units import Floats

ROW_WIRES, COLUMN_WIRES = "row_wires", "column_wires"  # names of the groups of a stage's nets on wires


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredMemristors(Memristors):
    """Memristors between nets on wires; `driver` and `ground` are the nets at the far ends of these."""

    READS: ClassVar = ("driver", "row")
    DRIVES: ClassVar = ("column", "ground")

    driver: Nets
    ground: Nets


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments(Bank):
    """Pieces of wire, each from its own net `node` to the next net `toward` the end of the wire.

    `driver` and `ground` are the nets at the ends of the row and of the column that cross there.
    """

    READS: ClassVar = ("driver", "toward")
    DRIVES: ClassVar = ("ground", "node")
    VALUES: ClassVar = ("ohm",)

    driver: Nets
    toward: Nets
    ground: Nets
    node: Nets
    ohm: Floats

    def tally(self) -> Tally:
        """Count the segments."""
        return Tally(segments=len(self))

    def resistances(self, selects: Mapping[str, bool], technology: Technology) -> tuple[Resistances, ...]:
        """Return the segments."""
        return (Resistances(first=self.toward, second=self.node, siemens=1.0 / self.ohm, part=CROSSBARS),)


def wire_groups(wiring: Wiring | None) -> tuple[str, ...]:
    """Return the names of the groups of nets on wires that each stage has, one net a memristor."""
    if wiring is None:
        return ()
    ohms = {ROW_WIRES: wiring.row_ohm, COLUMN_WIRES: wiring.column_ohm}
    return tuple(name for name, ohm in ohms.items() if ohm)


def with_wires(banks: Sequence[Bank], tiles: StageTiles, wiring: Wiring, nets: Mapping[str, Nets]) -> list[Bank]:
    """Return the banks of a stage with wires between its drivers, memristors and virtual grounds.

    Parameters
    ----------
    banks : memristors term by term, in each term the plus devices before the minus devices, and any others
    nets : those of `wire_groups`, one for each memristor in the order of the banks
    """
    memristors = [bank for bank in banks if isinstance(bank, Memristors)]
    ends = {
        "driver": np.concatenate([bank.row for bank in memristors]),
        "ground": np.concatenate([bank.column for bank in memristors]),
    }
    near, at, segments = Neighbours.of(tiles), dict(ends), list[Bank]()
    for name, end, next_to, ohm in (
        (ROW_WIRES, "driver", near.nearer_driver, wiring.row_ohm),
        (COLUMN_WIRES, "ground", near.nearer_ground, wiring.column_ohm),
    ):
        if name in nets:
            at[end] = nets[name]
            toward = np.where(next_to >= 0, at[end][next_to], ends[end])
            segments.append(
                Segments(
                    driver=ends["driver"],
                    ground=ends["ground"],
                    node=at[end],
                    toward=toward,
                    ohm=np.full(len(toward), ohm),
                )
            )
    wired, first = list[Bank](), 0
    for bank in banks:
        if not isinstance(bank, Memristors):
            wired.append(bank)
            continue
        each = slice(first, first + len(bank))
        wired.append(
            WiredMemristors(
                row=at["driver"][each],
                column=at["ground"][each],
                driver=bank.row,
                ground=bank.column,
                siemens=bank.siemens,
                model=bank.model,
                access=bank.access,
                select=bank.select,
            )
        )
        first = each.stop
    return [*wired, *segments]


def size_of(wiring: Wiring) -> ArraySize:
    """Return the largest array of a chip."""
    return ArraySize(wiring.rows, wiring.columns)
