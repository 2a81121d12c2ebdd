# SPDX-License-Identifier: GPL-3.0-or-later
"""A single memristor: its current at a voltage, its conductance levels, and how real devices differ from their targets.

| file | holds |
|---|---|
| `levels` | the conductance of a level |
| `models` | `MODELS`: memristor models (the current at a voltage and conductance), by name |
| `spread` | `DeviceSpread`: seeded samples of variation, stuck devices and op-amp offsets |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
