# SPDX-License-Identifier: GPL-3.0-or-later
"""Fast linear maps, sums and pools of values, which are arrays (channels, pixels, images).

What the values stand for is not known here: the numeric engine puts volts through these operators, the network
activations. Values are C-contiguous and the images come last, so that neighbours in memory are the same pixel of
different images, on which all operators do the same work.

| file | holds |
|---|---|
| `windows` | `Window`: which inputs each output of a convolution or pool reads, unrolled into `Crossings` |
| `patches` | the values that each pixel of a dense window reads |
| `maps` | `ChannelMap` and `DenseMap`: weighted sums of the values of one source |
| `sums` | `weighted_sum`: several maps added up, then a finishing pass |
| `finishing` | `Finish`: gain, constant and rectifier in one pass, which also finds the extremes of each channel |
| `coupling` | `NegativeCoupling`: negative values that change the other channels of their pixel |
| `pools` | max pools |
| `kernels` | `kernels.cpp`, which does all of that for float32 several times faster; NumPy stands in where it cannot |
| `compiling` | C++ compiled for this machine and kept, here and for training |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
