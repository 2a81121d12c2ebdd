# SPDX-License-Identifier: GPL-3.0-or-later
"""`Deck`: one netlist with its analysis and the vectors that an engine returns of it."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.netlist.dialects import DECK_DIALECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """A complete netlist with one analysis, and the vectors to return."""

    name: str  # of what it simulates, for error messages: a partition, or the title of an export
    text: str  # title line, elements, one analysis, `.save` lines, `.end`
    vectors: tuple[str, ...]  # to return, as ngspice names them: 'v(n12)', 'i(e3)', 'imag(v(n12))'
    points: int | None  # expected of a dc sweep; None for a transient, whose time points the simulator chooses
    dialect: str = DECK_DIALECT  # that the text is written in: a name in `DIALECTS`
    first_image: int = 0  # number of the image at the first point of a dc sweep, for error messages
