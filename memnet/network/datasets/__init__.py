# SPDX-License-Identifier: GPL-3.0-or-later
"""Data sets: images and labels on which networks are trained and tested.

| file | holds |
|---|---|
| `base` | `Dataset`: normalised images, labels and class names |
| `digits` | the handwritten digits of scikit-learn |
| `cifar10` | CIFAR-10, from files that the user has downloaded |
| `load` | `load_dataset`: a data set by name |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
