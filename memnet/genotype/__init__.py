# SPDX-License-Identifier: GPL-3.0-or-later
"""Genotypes: neural architectures in the search space of DARTS (Liu et al. 2019, "Differentiable Architecture Search").

A genotype consists of a normal and a reduction cell, which a network repeats. A cell has two inputs (states 0 and 1,
the outputs of the two cells before it) and four nodes (states 2 to 5). A node adds up the results of operations on
earlier states; each such operation is an edge of the cell.

| file | holds |
|---|---|
| `operations` | `Operation` and `OPERATIONS`: what is known of each operation; the eight of the search space |
| `cells` | `Edge`, `Cell`, `Genotype`: checked values, and the texts they are written as |
| `python_text` | finds the form that DARTS prints in Python text and logs, without evaluating anything |
| `foreign` | the JSON of NAS-Bench-301 and NNI as DARTS's fields |
| `text` | reads a genotype from either, or from JSON, in every layout of edges |
| `known` | the published genotypes, by name |
| `space` | how many genotypes the search space has, and seeded samples of it |
| `read` | `read_genotype`: a name, text, file or seed as a `Genotype` |
| `graph` | a cell as a networkx graph |
| `picture` | both cells of a genotype as SVG |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
