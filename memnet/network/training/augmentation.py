# SPDX-License-Identifier: GPL-3.0-or-later
"""Augmentation of training images as PyTorch tensors, with random values sampled separately for each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def augmented(images: torch.Tensor, *, shift: int, flip: bool, cutout: int) -> torch.Tensor:
    """Return images (n, C, H, W), each shifted, mirrored and partly blanked at random.

    Parameters
    ----------
    shift : largest shift in pixels, up, down, left and right.
    flip : whether an image is mirrored left to right, with probability 1/2.
    cutout : side in pixels (even) of the square that is set to 0; it may reach over the border. 0: none.
    """
    import torch
    from torch.nn.functional import pad

    count, _, height, width = images.shape
    if shift:
        padded = pad(images, (shift, shift, shift, shift))
        rows = torch.randint(0, 2 * shift + 1, (count, 1)) + torch.arange(height)
        columns = torch.randint(0, 2 * shift + 1, (count, 1)) + torch.arange(width)
        picked = torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]
        images = padded.permute(0, 2, 3, 1)[picked].permute(0, 3, 1, 2)
    if flip:
        images = torch.where(torch.rand(count, 1, 1, 1) < 0.5, images.flip(3), images)
    if cutout:
        centre_y, centre_x = torch.randint(0, height, (count, 1)), torch.randint(0, width, (count, 1))
        half = cutout // 2
        in_rows = (torch.arange(height) >= centre_y - half) & (torch.arange(height) < centre_y + half)
        in_columns = (torch.arange(width) >= centre_x - half) & (torch.arange(width) < centre_x + half)
        images = images * ~(in_rows[:, None, :, None] & in_columns[:, None, None, :])
    return images


def shrunk(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return square images (n, C, H, W) resized to (n, C, side, side), anti-aliased."""
    from torch.nn.functional import interpolate

    if side == images.shape[-1]:
        return images
    return interpolate(images, size=(side, side), mode="bilinear", align_corners=False, antialias=True)
