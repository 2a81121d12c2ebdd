"""What a memristor does by itself: its read law, its conductance levels, and how real devices differ.

| file | holds |
|---|---|
| `levels` | the conductance that each level stands for |
| `models` | `MODELS`: memristor models, the law of a device, by name |
| `spread` | `DeviceSpread`: seeded variation, stuck devices and amplifier offsets |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
