"""A deck: one netlist with its analysis and what is wanted of it; knows neither who wrote it nor who runs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """A complete netlist with one analysis, and what is wanted from it."""

    name: str  # what it simulates: a block's path
    text: str  # title line, elements, one analysis, `.save` lines, `.end`
    vectors: tuple[str, ...]  # 'v(n12)', 'i(e3)'
    points: int | None  # rows expected of a dc sweep; None for a transient
