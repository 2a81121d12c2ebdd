# SPDX-License-Identifier: GPL-3.0-or-later
"""A single memristor: its current at a voltage, its conductance levels, and how real devices differ from their targets.

| file | holds |
|---|---|
| `cells/` | `CELLS`: a memristor with its transistor or selector, as one device |
| `levels` | the conductance of a level |
| `memristors/` | `MODELS`: memristor models by name: current, state and parameters |
| `spread` | `DeviceSpread`: seeded samples of variation, stuck devices and op-amp offsets |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
