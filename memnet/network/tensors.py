# SPDX-License-Identifier: GPL-3.0-or-later
"""`Weights`: the tensors of a network, and where they are from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float64]]
Origin = Literal["shipped", "file", "seeded", "given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The tensors of a network by name, their origin (`note` says it in words), and the metadata of their file.

    Attributes
    ----------
    tensors : by state-dict name; kernels (out, in, height, width), batch norms and biases (channels,)
    origin : shipped with memnet, from a file, seeded, or given as a state dict

    Examples
    --------
    >>> weights = Chip.of("DARTS_V1", channels=1).weights
    >>> weights.origin, weights.tensors["stem.0.weight"].shape
    ('seeded', (3, 1, 3, 3))
    """

    tensors: Tensors
    origin: Origin
    note: str
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what must stand beside figures of these weights: `note` where nobody trained them, else nothing.

        >>> weights.notes == (weights.note,)
        True
        """
        return (self.note,) if self.origin == "seeded" else ()
