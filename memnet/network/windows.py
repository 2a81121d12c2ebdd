# SPDX-License-Identifier: GPL-3.0-or-later
"""The window through which each output of a layer reads its input."""

from __future__ import annotations

from memnet.network.layers import Layer
from memnet.operators import Shape, Window


def layer_window(layer: Layer) -> Window:
    """Return the window through which each output of a layer reads its input."""
    if layer.kind == "factorized_reduce":
        return Window(offsets=((0, 0), (1, 1)), stride=2, dense=True, per_output=True)
    if layer.kind in ("conv", "linear"):
        return Window.square(
            layer.kernel, stride=layer.stride, dilation=layer.dilation, padding=layer.padding, dense=layer.groups == 1
        )
    if layer.kind in ("max_pool", "avg_pool"):
        return Window.square(layer.kernel, stride=layer.stride, padding=layer.padding)
    return Window(offsets=((0, 0),))


def global_window(shape: Shape) -> Window:
    """Return the window of a whole-map average over (C, H, W)."""
    return Window(offsets=tuple((y, x) for y in range(shape[1]) for x in range(shape[2])))
