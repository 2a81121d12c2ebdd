# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypernetworks: chips that many architectures can be switched onto, in several structures.

| file | holds |
|---|---|
| `builder` | cells, convolution units and select nets, as far as all structures share them |
| `shared` | one reprogrammable convolution unit per edge |
| `slotted` | two convolution units per node, each with switched rows from several predecessors |
| `duplicated` | every operation on every edge |
| `plan` | `STRUCTURES` by name, and `hypernetwork_plan` |
| `coverage` | which and how many architectures fit on a structure, and the largest of them |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
