# SPDX-License-Identifier: GPL-3.0-or-later
"""Test images and heat maps as PNG data URLs, and figures as JSON ones, so that a page needs no other files."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt


def data_url(image: npt.NDArray[Any]) -> str:
    """Return an image (channels, height, width) as a PNG in a data URL, its values stretched to the range of bytes.

    An image that has neither one nor three channels is shown by its first channel.
    """
    low, high = float(image.min()), float(image.max())
    pixels = np.round((image - low) / ((high - low) or 1.0) * 255).astype(np.uint8).transpose(1, 2, 0)
    if pixels.shape[2] not in (1, 3):
        pixels = pixels[:, :, :1]
    return coloured_url(pixels)


def coloured_url(pixels: npt.NDArray[np.uint8]) -> str:
    """Return a picture (height, width, 1 or 3), grey or red, green and blue, as a PNG in a data URL."""
    return "data:image/png;base64," + base64.b64encode(_png(pixels)).decode()


def json_url(text: str) -> str:
    """Return a JSON text as a data URL."""
    return "data:application/json;base64," + base64.b64encode(text.encode()).decode()


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return (height, width, 1 or 3) bytes encoded as PNG; written here so that the package needs no image library."""
    height, width, channels = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * channels)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
