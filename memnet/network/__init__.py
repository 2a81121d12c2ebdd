# SPDX-License-Identifier: GPL-3.0-or-later
"""A genotype as a neural network: its layers and weights, and its outputs in floating point.

It is the evaluation network that DARTS uses for CIFAR-10: a stem convolution, a stack of cells, a global pool and a
linear classifier.

| file | holds |
|---|---|
| `layers` | `Layer` and `Network`: shapes, names of weight tensors, counts of parameters and multiplications |
| `layer_builder` | `LayerBuilder`: collects layers one after the other |
| `edges` | `EDGE_BUILDERS`: the layers of an edge, by the family of its operation |
| `build` | `build_network`: the layers of the network of a genotype |
| `reference` | the outputs of a network in NumPy, float64, which every circuit is compared with |
| `windows` | the window through which each output of a layer reads its input |
| `fast_forward` | the same outputs in float32, several times faster, to choose scales on hundreds of images |
| `tensors` | `Weights`: the tensors of a network, and where they are from |
| `weights` | reads, writes and checks weight files; weights sampled with a seed |
| `checkpoint` | checkpoints of quark0/darts as tensors of a network |
| `checkpoint_files` | the arrays in PyTorch, safetensors and npz files, read without executing them |
| `recipe` | `Recipe` and `TrainingNoise`: settings of a training run |
| `datasets/` | images and labels: digits and CIFAR-10 |
| `training/` | training with PyTorch (extra `train`) |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
