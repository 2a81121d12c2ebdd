# SPDX-License-Identifier: GPL-3.0-or-later
"""Output pixels that share a tile, and the rows that they read.

A patch of 1 x 1 pixels is the layout "one output pixel a tile". In a larger patch neighbours share the rows that their
windows have in common; a crosspoint of a row that a pixel does not read has no device.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from memnet.operators import Shape, Window, inside

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """The pixels of a map cut into patches of `height` x `width` pixels; those at its lower and right end are smaller.

    `number` (pixels,) is the patch of each pixel, `place` (pixels,) its position in it, `sizes` (patches,) the pixels
    of each patch.
    """

    height: int
    width: int
    number: Integers
    place: Integers
    sizes: Integers

    @staticmethod
    def of(target: Shape, height: int = 1, width: int = 1) -> Patches:
        """Cut the map of a stage's output (channels, height, width) into patches."""
        y, x = np.divmod(np.arange(target[1] * target[2]), target[2])
        across = -(-target[2] // width)
        number = y // height * across + x // width
        sizes = np.bincount(number)
        order = np.argsort(number, kind="stable")
        place = np.empty_like(number)
        place[order] = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return Patches(height=height, width=width, number=number, place=place, sizes=sizes)


@dataclass(frozen=True, slots=True, eq=False)
class PatchRows:
    """The rows of one term on the tile of each patch, for channels that read them through the same taps.

    Attributes
    ----------
    keys : (rows of all patches,) patch times `pixels` plus the source's pixel, ascending; bias rows have none
    counts : (patches,) source pixels, or bias rows, that each patch reads
    channels : source channels, each with a row for every source pixel
    pixels : pixels of the source's map
    """

    keys: Integers
    counts: Integers
    channels: int
    pixels: int

    @staticmethod
    def of(window: Window, source: Shape, target: Shape, patches: Patches, tap: int | None) -> PatchRows:
        """Return the rows that patches read through all taps of a window, or through one tap alone."""
        channels = source[0] if window.dense else 1
        if window.absolute:
            counts = np.full(len(patches.sizes), len(window.offsets))
            return PatchRows(keys=np.zeros(0, dtype=np.int64), counts=counts, channels=channels, pixels=1)
        pixels = source[1] * source[2]
        read = read_pixels(window, source, target, tap)
        keys = np.unique(patches.number[read[0]] * pixels + read[1])
        counts = np.bincount(keys // pixels, minlength=len(patches.sizes))
        return PatchRows(keys=keys, counts=counts, channels=channels, pixels=pixels)

    @property
    def rows(self) -> Integers:
        """Return how many rows the tile of each patch has, (patches,)."""
        return self.counts * self.channels

    def ranks(self, patch: Integers, row: Integers) -> Integers:
        """Return which of its patch's rows each crossing is on, given its patch and its source's flat index."""
        channel, pixel = np.divmod(row, self.pixels)
        first = (np.cumsum(self.counts) - self.counts)[patch]
        place = np.searchsorted(self.keys, patch * self.pixels + pixel) - first
        return np.asarray(place * self.channels + (channel if self.channels > 1 else 0))


@lru_cache(maxsize=256)
def read_pixels(window: Window, source: Shape, target: Shape, tap: int | None) -> tuple[Integers, Integers]:
    """Return the output pixel and the source pixel of every crossing of one channel, (crossings,) each.

    Parameters
    ----------
    tap : the only tap that is looked at; None for all
    """
    taps = np.arange(len(window.offsets)) if tap is None else np.array([tap])
    offsets = np.array(window.offsets).reshape(-1, 2)[taps]
    each, pixel = np.nonzero(inside(window, source, target)[taps])
    y, x = np.divmod(pixel, target[2])
    read = (y * window.stride + offsets[each, 0]) * source[2] + x * window.stride + offsets[each, 1]
    return pixel, read
