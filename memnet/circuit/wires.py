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

from memnet.arrays import NONE, ArraySize, Neighbours, StageTiles
from memnet.circuit.banks import Memristors
from memnet.circuit.base import CROSSBARS, Bank, Nets, Resistances, Tally
from memnet.deployment import ChipDevices, Stage, Wiring
from memnet.technology import Technology
from memnet.units import Floats

ROW_WIRES, COLUMN_WIRES = WIRE_GROUPS = ("row_wires", "column_wires")  # names of the groups of a stage's nets on wires


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FarSegments(Segments):
    """Pieces of wire from the last crosspoints of rows to their second drivers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Straps(Segments):
    """Pieces of a second line over a column, which is joined to the column at every crosspoint."""


def count_segments(stage: Stage, devices: ChipDevices, memristors: int) -> int:
    """Return how many pieces of wire the tiles of a stage have."""
    wiring = devices.wiring
    if wiring is None or not memristors:
        return 0
    pieces = memristors * (len(wire_groups(wiring)) + wiring.strapped)
    if wiring.both_ends and wiring.row_ohm:
        pieces += sum(rows * count for (rows, _), count in tiles_of(stage, devices).shapes().items())
    return pieces


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
    last = np.setdiff1d(np.arange(len(ends["driver"])), near.nearer_driver)  # of each row
    pieces: list[tuple[type[Segments], str, Nets, float]] = [
        (Segments, ROW_WIRES, near.nearer_driver, wiring.row_ohm),
        (Segments, COLUMN_WIRES, near.nearer_ground, wiring.column_ohm),
    ]
    if wiring.both_ends:
        pieces.append((FarSegments, ROW_WIRES, np.full(len(last), NONE), wiring.row_ohm))
    if wiring.strapped:
        pieces.append((Straps, COLUMN_WIRES, near.nearer_ground, wiring.strap_ohm))
    for kind, name, next_to, ohm in pieces:
        if name not in nets:
            continue
        end = "driver" if name == ROW_WIRES else "ground"
        at[end] = nets[name]
        some = last if kind is FarSegments else slice(None)
        segments.append(
            kind(
                driver=ends["driver"][some],
                ground=ends["ground"][some],
                node=at[end][some],
                toward=np.where(next_to >= 0, at[end][next_to], ends[end][some]),
                ohm=np.where((next_to < 0) & (name == ROW_WIRES), ohm + wiring.lead_ohm, ohm),
            )
        )
    return [*_between(banks, at), *segments]


def _between(banks: Sequence[Bank], at: Mapping[str, Nets]) -> list[Bank]:
    """Return banks whose memristors lie between wires; `at` has the nets on their rows and columns, in their order."""
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
    return wired


def tiles_of(stage: Stage, devices: ChipDevices) -> StageTiles:
    """Return the tiles of a stage on a chip with wires."""
    plan, program, wiring = devices.deployment.plan, devices.deployment.programs[stage.name], devices.wiring
    assert wiring is not None
    return StageTiles.of(stage, plan, program, ArraySize(wiring.rows, wiring.columns))
