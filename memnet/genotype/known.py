# SPDX-License-Identifier: GPL-3.0-or-later
"""The published genotypes by name, with the repositories that published them."""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from memnet.errors import GenotypeError, as_known
from memnet.genotype.cells import Cell, Genotype, space_problems, summarise
from memnet.genotype.operations import PRIMITIVES
from memnet.genotype.text import read_cells

DATA_FILE = "genotype/genotypes.json"


class KnownGenotype(NamedTuple):
    """One entry of the list of published genotypes.

    Attributes
    ----------
    name : the name that `read_genotype` accepts, case-sensitive
    source : where it was published, as repository@commit:path
    fits : whether its cells are in the space of eight operations and four nodes
    reason : why its cells are outside that space; empty if they fit
    """

    name: str
    source: str
    fits: bool
    reason: str


def known_genotypes() -> list[KnownGenotype]:
    """Return all published genotypes in the order of the data file, also those outside the search space."""
    listed = []
    for name, (source, normal, reduce) in _cells_by_name().items():
        problems = space_problems(normal, reduce, PRIMITIVES)
        listed.append(KnownGenotype(name, source, not problems, summarise(problems)))
    return listed


def is_known(name: str) -> bool:
    """Return whether `name` is a published genotype, even if its cells are outside the search space."""
    return as_known(name, _cells_by_name()) in _cells_by_name()


def known_genotype(name: str) -> Genotype:
    """Return the published genotype called `name`.

    Raises
    ------
    GenotypeError
        the name is unknown (the message has similar names), or the cells are outside the search space (with the reason)
    """
    if not is_known(name):
        raise GenotypeError(
            f"unknown genotype {name!r}: {_nearest(name)}`memnet genotypes` lists the known ones; also taken are "
            "DARTS's Genotype(...) text, JSON, the path of a file with either, random:SEED and random-derived:SEED"
        )
    name = as_known(name, _cells_by_name())
    source, normal, reduce = _cells_by_name()[name]
    try:
        return Genotype(name=name, normal=normal, reduce=reduce)
    except GenotypeError as error:
        raise GenotypeError(f"{error} (as published in {source})") from None


def _nearest(name: str) -> str:
    """Return a hint with similar names; unlike `errors.choices` it ignores case, and is empty if no name is similar."""
    folded = {known.name.casefold(): known.name for known in known_genotypes() if known.fits}
    near = [folded[match] for match in get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    return f"did you mean {' or '.join(near)}? " if near else ""


@cache
def _cells_by_name() -> dict[str, tuple[str, Cell, Cell]]:
    document = json.loads(files("memnet").joinpath(DATA_FILE).read_text(encoding="utf-8"))
    table = {}
    for name, entry in document["genotypes"].items():
        source = entry.pop("source")
        table[name] = (source, *read_cells(entry))
    return table
