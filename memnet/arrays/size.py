# SPDX-License-Identifier: GPL-3.0-or-later
"""`ArraySize`: the most rows and columns that a tile may have."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memnet.errors import SetupError

MOST_LINES = 65536  # rows or columns; published arrays have 1,024 at most


@dataclass(frozen=True, slots=True)
class ArraySize:
    """The most rows and columns that a tile may have.

    Raises
    ------
    SetupError
        a pair of columns and a bias row beside one other do not fit, or there are more than MOST_LINES rows or columns
    """

    rows: int
    columns: int

    def __post_init__(self) -> None:
        """Refuse arrays that hold no pair, and sizes that nobody builds."""
        if self.rows < 2 or self.columns < 2:
            raise SetupError(
                f"an array of {self} is too small: a pair of devices takes two columns, and its bias a row beside "
                "that of a weight; give at least 2x2"
            )
        if max(self.rows, self.columns) > MOST_LINES:
            raise SetupError(f"an array of {self} is too large: give at most {MOST_LINES}x{MOST_LINES}")

    @staticmethod
    def of(text: str) -> ArraySize:
        """Return the size that a text such as `128x64` names: rows, then columns."""
        found = re.fullmatch(r"\s*(\d{1,9})\s*x\s*(\d{1,9})\s*", text)
        if not found:
            raise SetupError(f"{text!r:.40} is no size of an array: give rows x columns, such as 128x128")
        return ArraySize(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Return the size as `of` reads it."""
        return f"{self.rows}x{self.columns}"
