# SPDX-License-Identifier: GPL-3.0-or-later
"""Which and how many architectures each registered structure holds, and candidates for the largest of them.

A chip that holds a whole space is at least as large as any member deployed individually, so the largest member is a
lower bound of its size.
"""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment.hypernetwork.plan import STRUCTURES, find_structure
from memnet.genotype import Genotype


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureCoverage:
    """How much of the space a structure holds.

    `rule` says in words which cells it holds, `per_cell` is their number, and `architectures` the number of pairs of a
    normal and a reduction cell, per_cell squared.
    """

    structure: str
    rule: str
    per_cell: int
    architectures: int


def structure_coverage() -> tuple[StructureCoverage, ...]:
    """Return for each structure how many of the 8^28 architectures of the full space it holds."""
    return tuple(
        StructureCoverage(structure=name, rule=each.rule, per_cell=cells, architectures=cells**2)
        for name, each in STRUCTURES.items()
        for cells in (each.count_cells(),)
    )


def large_members(structure: str) -> tuple[Genotype, ...]:
    """Return candidates for the largest architecture that a structure holds; counting devices tells which is largest.

    Raises
    ------
    SetupError
        there is no such structure
    """
    return find_structure(structure).large_members()
