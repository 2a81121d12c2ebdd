"""What a memristor does by itself: conductance levels and how real devices differ from their targets.

| file | holds |
|---|---|
| `levels` | the conductance that each level stands for |
| `spread` | `DeviceSpread`: seeded variation, stuck devices and amplifier offsets |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
