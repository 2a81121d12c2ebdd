# SPDX-License-Identifier: GPL-3.0-or-later
"""Faster training on a CPU: convolution, batch norm and ReLU of a layer in one compiled function.

A unit is batch_norm(pointwise(depthwise(relu(x)))), of which the depthwise convolution may be missing. Processing each
image in one go keeps its values in the processor's cache.

| file | holds |
|---|---|
| `library` | compiles `units.cpp` for this machine and loads it |
| `functions` | units as PyTorch functions with forward and backward pass |
| `network` | `FusedNetwork`: a network that is trained with these functions |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
