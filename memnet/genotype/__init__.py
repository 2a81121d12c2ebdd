"""Genotypes of the DARTS space: values, texts, known names, counts, and cells as graphs.

| file | holds |
|---|---|
| `cells` | `Edge`, `Cell`, `Genotype`: checked values and the texts they print |
| `text` | DARTS's printed form and JSON, read without evaluating anything |
| `known` | the published genotypes, by name |
| `space` | how many genotypes there are, and seeded samples of them |
| `read` | `read_genotype`: whatever a user gives, to a `Genotype` |
| `graph` | a cell as a networkx graph |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
