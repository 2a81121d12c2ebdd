# SPDX-License-Identifier: GPL-3.0-or-later
"""The README of an export: how to run it, what to expect, and what its files are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from memnet.files import one_line
from memnet.netlist.contents import Export, technology_legend
from memnet.netlist.dialects import Dialect
from memnet.netlist.symbols import MOST_PINS, editor_of
from memnet.netlist.templates import environment
from memnet.units import number


def readme(export: Export, dialect: Dialect, outputs: Sequence[str]) -> str:
    """Return the README of an export, whose class outputs have the names `outputs`."""
    timing = export.timing
    shown = export.expected_v[: min(4, len(export.expected_v))]
    return (
        environment()
        .get_template("readme.md.j2")
        .render(
            title=_markdown(export.title),
            dialect=dialect,
            network=export.name,
            analysis=export.analysis,
            images=len(export.images_v),
            outputs=outputs,
            rows=[[number(value) for value in row] for row in shown.tolist()],
            image_s=number(timing.image_s) if timing else "",
            deviations=_deviations(export, outputs),
            share=f"{export.share:.1%}".replace(".0%", "%"),
            permitted_v=f"{export.share * export.largest_v:.2g}",
            inverted=export.circuit.output_scale_v < 0,
            placed="placement.csv" in export.extra,
            listed_up_to=export.listed_up_to,
            notes=[_markdown(note) for note in export.notes],
            sampled=export.sampled,
            wires=export.wires,
            law=_markdown(export.law),
            cell=_markdown(export.cell),
            gated=export.circuit.access is not None and export.circuit.access.has_gate,
            editor=editor_of(export.dialect) if export.symbols else None,
            most_pins=MOST_PINS,
            switched=bool(export.circuit.selects),
            legend=[_markdown(line) for line in (*technology_legend(export), *_scale_legend(export))],
        )
    )


def _deviations(export: Export, outputs: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return for each class output how far the circuit is from the reference, volts and share of the largest output."""
    if export.deviation_v is None:
        return []
    largest = export.largest_v or 1.0
    values = zip(outputs, export.deviation_v.tolist(), strict=True)
    return [(name, f"{volts:.2g}", f"{volts / largest:.2g}") for name, volts in values]


def _scale_legend(export: Export) -> list[str]:
    circuit = export.circuit
    return [
        f"inputs: {number(circuit.input_scale_v)} V for 1 of the network's input",
        f"outputs: {number(circuit.output_scale_v)} V for a logit of 1",
    ]


def _markdown(text: str) -> str:
    """Return text from outside for a Markdown file: one line without HTML, links, code or table cells of its own."""
    return re.sub(r"[\\`\[|]", r"\\\g<0>", escape(one_line(text), quote=False))
