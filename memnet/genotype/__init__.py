"""Genotypes of the DARTS space: values, texts, known names, counts; knows nothing of channels, images or weights.

| module | does |
|---|---|
| `cells` | `Edge`, `Cell`, `Genotype`: checked values and the texts they print |
| `text` | DARTS's printed form and JSON, read without evaluating anything |
| `known` | the published genotypes, by name |
| `space` | how many genotypes there are, and seeded draws from them |
| `read` | `read_genotype`: whatever a user gives, to a `Genotype` |
"""

from memnet.genotype.cells import INPUTS, NODES, PRIMITIVES, Cell, Edge, Genotype, edge_name
from memnet.genotype.known import KnownGenotype, known_genotypes
from memnet.genotype.read import read_genotype
from memnet.genotype.space import (
    SpaceCount,
    count_derived,
    count_full,
    random_derived_genotype,
    random_genotype,
    space_counts,
)

__all__ = [
    "INPUTS",
    "NODES",
    "PRIMITIVES",
    "Cell",
    "Edge",
    "Genotype",
    "KnownGenotype",
    "SpaceCount",
    "count_derived",
    "count_full",
    "edge_name",
    "known_genotypes",
    "random_derived_genotype",
    "random_genotype",
    "read_genotype",
    "space_counts",
]
