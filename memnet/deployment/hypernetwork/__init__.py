"""Hypernetworks: chips that any architecture is switched onto, in three structures.

| file | holds |
|---|---|
| `builder` | stages and select nets that all structures share |
| `shared` | one reprogrammable unit an edge |
| `slotted` | two units a node behind a predecessor multiplexer |
| `duplicated` | every operation on every edge |
| `plan` | `STRUCTURES` by name, and `hypernetwork_plan` |
| `coverage` | how many architectures a structure holds, and the largest of them |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
