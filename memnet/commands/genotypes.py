# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet genotypes`: lists the published genotypes, and the sizes of search spaces and hypernetworks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from memnet.commands.console import out, table, write_figures
from memnet.commands.options import JsonFile

if TYPE_CHECKING:
    from memnet.deployment.hypernetwork import StructureCoverage
    from memnet.genotype import KnownGenotype, SpaceCount


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("genotypes")(genotypes)


def genotypes(json_file: JsonFile = None) -> None:
    """List the known genotypes, and count the space."""
    from memnet.deployment.hypernetwork import structure_coverage
    from memnet.genotype import known_genotypes, space_counts

    known, counts, structures = known_genotypes(), space_counts(), structure_coverage()
    console = out()
    rows = [
        (entry.name, "yes" if entry.fits else "no", entry.source if entry.fits else entry.reason) for entry in known
    ]
    console.print(table(("genotype", "fits", "published in, or why it does not fit"), rows, left=3))
    sizes = [(count.name, count.rule, f"{count.per_cell:,}", f"{float(count.genotypes):.3g}") for count in counts]
    console.print(table(("space", "rule", "cells", "architectures"), sizes, left=2))
    held = [
        (each.structure, each.rule, f"{each.per_cell:,}", f"{float(each.architectures):.3g}") for each in structures
    ]
    console.print(table(("hypernetwork", "holds", "cells", "architectures"), held, left=2))
    console.print("Also taken everywhere: random:SEED, random-derived:SEED, a .json or .txt file, Genotype(...) text.")
    write_figures(json_file, _json(known, counts, structures))


def _json(known: list[KnownGenotype], counts: tuple[SpaceCount, ...], structures: tuple[StructureCoverage, ...]) -> str:
    import json
    from dataclasses import asdict

    entries = [{**entry._asdict()} for entry in known]
    document = {
        "genotypes": entries,
        "spaces": [asdict(count) for count in counts],
        "structures": [asdict(each) for each in structures],
    }
    return json.dumps(document, indent=2) + "\n"
