# SPDX-License-Identifier: GPL-3.0-or-later
"""Data sets: images and labels on which networks are trained and tested.

A further data set is a `DataSource` in `DATA_SOURCES`, from then on known by its name.

| file | holds |
|---|---|
| `parts` | `PartedArray`: images or labels that are read from files as they are asked for |
| `base` | `Dataset`: normalised images, labels and class names; `DataSource`: its sizes, recipe and loader |
| `digits` | handwritten digits, from the file `digits.npz`; `digits.md` has source and licence |
| `cifar10` | CIFAR-10, from files that the user has downloaded |
| `cifar_files` | the bytes of these files, from their folder or archive; what it is where it is something else |
| `plain_pickle` | reads such a file, which is a pickle, without executing anything |
| `own_file` | a data set of one's own from an npz file |
| `load` | `DATA_SOURCES` by name, and `load_dataset` |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
