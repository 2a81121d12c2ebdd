# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypernetworks: chips that many architectures can be switched onto, in several structures.

A further structure is a `Structure` in `STRUCTURES`, with a builder of its own or another setting of one that is here.

| file | holds |
|---|---|
| `units` | which operations convolution units can carry, and where a kernel lies in their windows |
| `builder` | cells, convolution units and select nets, as far as all structures share them |
| `structure` | `Structure`: a kind of hypernetwork; what it refuses, how much it holds, its largest members |
| `shared` | one reprogrammable convolution unit per edge |
| `slotted` | two convolution units per node, each with switched rows from several predecessors |
| `duplicated` | every operation on every edge |
| `plan` | `STRUCTURES` by name, and `hypernetwork_plan` |
| `coverage` | which and how many architectures each structure holds, as `memnet genotypes` lists them |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
