"""Training with PyTorch (extra `train`); nothing else in memnet imports it but the command.

| file | holds |
|---|---|
| `torch_network` | a network's layers as PyTorch operations, and noise in training |
| `augmentation` | shifted, mirrored and shrunk images |
| `muon` | the Muon optimiser for pointwise weights |
| `recipe` | optimiser settings and their course over the epochs |
| `run` | `train`: repeatable and resumable training |
| `fused/` | convolution units compiled for the CPU |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
