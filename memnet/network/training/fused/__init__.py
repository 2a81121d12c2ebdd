"""Convolution units fused into compiled functions, for training on the CPU.

| file | holds |
|---|---|
| `library` | compiles and loads `units.cpp` |
| `functions` | forward and backward passes of whole units |
| `network` | a network that trains through them |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
