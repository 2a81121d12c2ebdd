# SPDX-License-Identifier: GPL-3.0-or-later
"""Which operations the units of a hypernetwork can carry, and where a kernel lies in the window of a unit."""

from __future__ import annotations

from memnet.genotype import OPERATIONS, PRIMITIVES, Operation

UNIT_KERNEL = 5  # side of the windows of convolution units, unless a structure says otherwise
# Families whose weights convolution units carry, and the dilation of their rows.
DILATIONS = {"separable": 1, "dilated": 2}
# The convolutions of the search space.
CONVOLUTIONS = tuple(name for name in PRIMITIVES if OPERATIONS[name].family in DILATIONS)


def fits_units(operation: Operation, kernel: int = UNIT_KERNEL) -> bool:
    """Tell whether an operation fits the circuits that `HypernetworkBuilder` has for all structures.

    These are pools of 3x3, skips, and convolution units, whose windows hold a kernel of their own size or a smaller one
    in their middle.

    Parameters
    ----------
    kernel : side of the windows of the units, taps
    """
    if operation.family in DILATIONS:
        return operation.kernel <= kernel and operation.dilation == DILATIONS[operation.family]
    if operation.family in ("max_pool", "avg_pool"):
        return (operation.kernel, operation.dilation) == (3, 1)
    return operation.family in ("none", "skip")


def in_space(operation: Operation) -> bool:
    """Tell whether an operation is one of the eight of the search space."""
    return operation.name in PRIMITIVES


def unit_taps(kernel: int, side: int) -> tuple[int, ...] | None:
    """Return the kernel tap at each tap of a square window: -1 on the rings around a smaller kernel.

    Parameters
    ----------
    kernel, side : side of the kernel and of the window, both odd; where they are equal, the result is None
    """
    if kernel == side:
        return None
    ring = (side - kernel) // 2
    inside = range(ring, ring + kernel)
    return tuple(
        (y - ring) * kernel + x - ring if y in inside and x in inside else -1 for y in range(side) for x in range(side)
    )
