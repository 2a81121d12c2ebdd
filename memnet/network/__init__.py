"""A genotype as a network: layers, weights, checkpoints, and the float reference.

| file | holds |
|---|---|
| `layers` | `Layer` and `Network`: shapes, tensors and counts |
| `build` | `build_network`: a genotype as layers |
| `reference` | the network's outputs in NumPy, float64: the judge of every circuit |
| `weights` | weight files: shipped, given or seeded |
| `checkpoint` | PyTorch checkpoints of quark0/darts, read without executing them |
| `datasets/` | digits and CIFAR-10 as arrays |
| `training/` | weights by PyTorch (extra `train`) |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
