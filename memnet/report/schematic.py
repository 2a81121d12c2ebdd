# SPDX-License-Identifier: GPL-3.0-or-later
"""A schematic of one block, with the values that one of its columns has on a chip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from memnet.deployment import term_crossings
from memnet.flow import DeployedChip
from memnet.netlist import place_names
from memnet.report.canvas import escaped
from memnet.units import engineering

ROWS = 2  # of a column that the schematic has
DRAWN = "Two rows with memristors into a plus and a minus column, which end at op-amps with feedback resistors"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownColumn:
    """A class's pair of columns in the last block of a chip, in the terms of the schematic.

    `rows` has for each row its name there, the net that drives it, G+, G- and the weight that the two stand for, as
    texts.
    """

    stage: str
    name: str  # of the class
    pairs: int  # of memristors in the columns, those of bias rows not counted
    feedback: str
    inverted: bool  # whether the rows carry negative voltages for positive values
    rows: tuple[tuple[str, ...], ...]


@cache
def pair_svg() -> str:
    """Return the schematic of a differential pair of columns, which `scripts/schematics.py` draws, as an element."""
    package = Path(__file__).resolve().parents[1]
    folders = (package / "templates" / "report", package.parent / "docs" / "schematics")  # installed, in a checkout
    file = next(folder / "pair.svg" for folder in folders if (folder / "pair.svg").is_file())
    text = file.read_text(encoding="utf-8").strip()
    return text.replace("<svg ", f'<svg class="diagram" role="img" aria-label="{escaped(DRAWN)}" ', 1)


def shown_column(chip: DeployedChip) -> ShownColumn:
    """Return the first class's columns with the rows of their largest weights, and what really stands there."""
    stage, plan = chip.deployment.plan.stages[-1], chip.deployment.plan
    term, program = stage.memristor_terms[0], chip.deployment.programs[stage.name]
    crossings = term_crossings(stage, term, plan, program)
    column = slice(int(crossings.starts[0]), int(crossings.starts[1]))
    plus, minus = (side[column] for side in chip.devices.listed(stage, term))
    feedback_ohm = float(program.feedback_ohm(chip.technology)[0])
    # Volts of the output for a volt of the row, then in units of the network's activations.
    weights = feedback_ohm * (plus - minus) * chip.deployment.scale_rows().row_reads(term)[crossings.rows[column]]
    weights = weights / chip.deployment.scales[stage.name]
    rows, places = [], place_names(plan.shape(term.source))
    for number, index in enumerate(np.argsort(-np.abs(weights), kind="stable")[:ROWS].tolist(), 1):
        net = f"net/{term.source}_{places[int(crossings.rows[column][index])].decode()}"
        values = engineering(float(plus[index]), "S"), engineering(float(minus[index]), "S"), f"{weights[index]:+.3g}"
        rows.append((str(number), net, *values))
    return ShownColumn(
        stage=stage.name,
        name=chip.dataset.classes[0],
        pairs=len(plus),
        feedback=engineering(feedback_ohm, "ohm"),
        inverted=bool(chip.deployment.scale_rows().channels(term.source)[0] < 0.0),
        rows=tuple(rows),
    )
