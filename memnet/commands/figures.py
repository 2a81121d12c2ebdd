# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of figures that commands print after a simulation, one column for each network, and the notes below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from memnet.commands.console import table

if TYPE_CHECKING:
    from rich.table import Table

    from memnet.arrays import ChipTiles
    from memnet.flow import Simulation


BY_THE_NUMERIC_ENGINE = "* delay, energy and power are the numeric engine's, not those of a transient"


def figures_table(results: Sequence[Simulation]) -> Table:
    """Return the table: a row for each figure, a column for each result."""
    rows: list[tuple[str, Callable[[Simulation], str]]] = [
        ("images", lambda r: str(r.images)),
        ("accuracy", lambda r: f"{r.accuracy.accuracy:.1%}"),
        ("agreement with the quantised reference", lambda r: f"{r.accuracy.agreement:.1%}"),
        ("agreement with the float network", lambda r: f"{r.accuracy.float_agreement:.1%}"),
        ("logit error", lambda r: f"{r.accuracy.logit_error:.2g}"),
        *(_law_rows() if any(result.law_shift is not None for result in results) else ()),
        ("error gain of the network", lambda r: f"{r.error_gain:.3g}"),
        ("delay", lambda r: _measured(r, "delay_s", "s")),
        ("energy an image", lambda r: _measured(r, "energy_j", "J")),
        ("power", lambda r: _measured(r, "power_w", "W")),
        ("area", lambda r: f"{r.area_m2 * 1e6:.3g} mm2"),
        ("memristors", lambda r: f"{r.counts.memristors:,}"),
        ("op-amps", lambda r: f"{r.counts.opamps:,}"),
        ("comparators", lambda r: f"{r.counts.comparators:,}"),
        ("switches", lambda r: f"{r.counts.switches:,}"),
        *(_switched_rows() if any(result.counts.select_drivers for result in results) else ()),
        *(_array_rows() if any(result.chip.tiles for result in results) else ()),
        ("seconds an image and core", lambda r: f"{r.core_s / r.swept:.2f}"),
        ("wall time", lambda r: f"{r.wall_s:.1f} s"),
    ]
    names = [result.chip.network.genotype.name for result in results]
    return table(("", *names), [(label, *(show(result) for result in results)) for label, show in rows])


def _law_rows() -> list[tuple[str, Callable[[Simulation], str]]]:
    """Return the row on a law of memristors, where there is one."""
    return [("shift by the law of memristors", lambda r: "-" if r.law_shift is None else f"{r.law_shift:.2g}")]


def _switched_rows() -> list[tuple[str, Callable[[Simulation], str]]]:
    """Return the rows for parts that only a chip with select nets has."""
    return [
        ("access transistors", lambda r: f"{r.counts.access_transistors:,}"),
        ("supply switches", lambda r: f"{r.counts.enables:,}"),
        ("select drivers", lambda r: f"{r.counts.select_drivers:,}"),
    ]


def _array_rows() -> list[tuple[str, Callable[[Simulation], str]]]:
    """Return the rows for the arrays of a chip, where they were asked for."""

    def shown(show: Callable[[ChipTiles], str]) -> Callable[[Simulation], str]:
        return lambda result: "-" if result.chip.tiles is None else show(result.chip.tiles)

    return [
        ("tiles", shown(lambda tiles: f"{tiles.tiles:,}")),
        ("crosspoints with a memristor", shown(lambda tiles: f"{tiles.utilisation:.1%}")),
    ]


def notes(results: Sequence[Simulation]) -> list[str]:
    """Return the lines below the table: for each result set-up, weights, engine, differing images and warnings."""
    lines = []
    for result in results:
        chip = result.chip
        origin = "" if chip.weights.notes else f"{chip.weights.note}; "  # those are among the warnings
        lines.append(f"{chip.title}: {origin}{result.engine}, {result.solver}")
        for image in result.accuracy.differing_images:
            close = "; its margin is within the error bound" if image in result.accuracy.close_images else ""
            lines.append(f"  image {image}: circuit and quantised reference name different classes{close}")
        if result.timing is not None and result.timing.delay_reason:
            lines.append(f"  no delay: {result.timing.delay_reason}")
        if result.cost is not None:
            lines.append(f"  {BY_THE_NUMERIC_ENGINE}")
        beyond = str(result.deviation)  # that is a line on standard error
        lines += [f"  warning: {warning}" for warning in result.warnings if warning != beyond]
    return lines


def _measured(result: Simulation, name: str, unit: str) -> str:
    """Return a figure of the timing with its unit, with a star where no transient gave it; '-' for none."""
    from memnet.units import engineering

    value = getattr(result.timing, name) if result.timing is not None else None
    return "-" if value is None else f"{engineering(value, unit)}{'' if result.cost is None else ' *'}"
