# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that an edge can have: `Operation`, the facts of one, and `OPERATIONS`, all of them by name.

The facts are the same for all packages. What follows from them is decided by family: `network` has the layers of each
family, individual deployment turns any of these layers into stages, and each hypernetwork structure says which
operations its circuits can carry. An operation of a known family is one more entry of `OPERATIONS` and nothing else; a
new family also has an entry in `EDGE_BUILDERS` of `network`.

The search space is made of `PRIMITIVES` alone, the eight operations of DARTS: its counts and samples stay the same when
other operations are registered. Genotypes that are given as text or JSON may name these as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memnet.errors import GenotypeError, choices

_NAME = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The facts of one operation.

    Attributes
    ----------
    name : as genotypes write it; layers and nets are named after it
    family : what it computes: `none`, `skip`, `max_pool`, `avg_pool`, `separable` (depthwise, pointwise, depthwise,
        pointwise), `dilated` (depthwise, pointwise), or a family registered in `EDGE_BUILDERS` of `network`
    kernel : side of its window, in taps; odd, so that it has a centre
    dilation : distance of neighbouring taps of its window, in pixels
    fill, outline : colours of its label in pictures, as #rrggbb

    Raises
    ------
    GenotypeError
        the name has characters unfit for names of files and nets, the kernel has no centre, or a colour is none
    """

    name: str
    family: str
    kernel: int = 1
    dilation: int = 1
    fill: str = "#f5f6f8"
    outline: str = "#6b7785"

    def __post_init__(self) -> None:
        """Check the fields that names, windows and pictures are made of."""
        if not _NAME.fullmatch(self.name):
            raise GenotypeError(
                f"operation {self.name[:60]!r}: use up to 40 letters, digits and _ for its name, the first a letter"
            )
        if self.kernel < 1 or self.kernel % 2 == 0 or self.dilation < 1:
            raise GenotypeError(
                f"operation {self.name}: kernel {self.kernel} and dilation {self.dilation}; "
                "use an odd kernel, so that its window has a centre, and a dilation of at least 1"
            )
        for colour in (self.fill, self.outline):
            if not _COLOUR.fullmatch(colour):
                raise GenotypeError(f"operation {self.name}: colour {colour!r}; write it as #rrggbb, in lower case")


# The eight operations of DARTS. Colours: one hue for each family, darker for the larger kernel.
_DARTS = (
    Operation(name="none", family="none", fill="#f5f6f8", outline="#b9c1ca"),
    Operation(name="max_pool_3x3", family="max_pool", kernel=3, fill="#c9ebdd", outline="#2a8f6c"),
    Operation(name="avg_pool_3x3", family="avg_pool", kernel=3, fill="#e2f4ec", outline="#4ea587"),
    Operation(name="skip_connect", family="skip", fill="#fdeec4", outline="#b98312"),
    Operation(name="sep_conv_3x3", family="separable", kernel=3, fill="#dbe8fd", outline="#3d74d0"),
    Operation(name="sep_conv_5x5", family="separable", kernel=5, fill="#b7d0fa", outline="#2457b3"),
    Operation(name="dil_conv_3x3", family="dilated", kernel=3, dilation=2, fill="#eee1fb", outline="#8a55c7"),
    Operation(name="dil_conv_5x5", family="dilated", kernel=5, dilation=2, fill="#dcc4f6", outline="#6b35ad"),
)
# The search space: samples index this tuple, so that its order decides which genotype a seed stands for.
PRIMITIVES = tuple(operation.name for operation in _DARTS)
OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _DARTS}


def find_operation(name: str) -> Operation:
    """Return the operation of that name.

    Raises
    ------
    GenotypeError
        there is none of that name; the message has similar names, or all
    """
    if name not in OPERATIONS:
        raise GenotypeError(f"unknown operation {name!r}: {choices(name, OPERATIONS)}")
    return OPERATIONS[name]
