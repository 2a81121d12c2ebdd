# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of a network with PyTorch (extra `train`); inside memnet only the command `train` imports it.

| file | holds |
|---|---|
| `torch_network` | the layers of a network as PyTorch operations, and disturbances in training |
| `augmentation` | images shifted, mirrored, partly blanked or shrunk |
| `muon` | the Muon optimiser, for the weights of pointwise convolutions |
| `schedule` | how the settings of a training run change over its epochs |
| `run` | `train`: training that is repeatable and can be resumed |
| `fused/` | faster layers for training on a CPU, compiled from C++ |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
