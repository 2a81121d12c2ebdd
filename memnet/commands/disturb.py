# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet disturb`: what inferences do to the conductances of a chip, and to its accuracy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from memnet.commands.console import out, refuse_unwritable, table, write_figures
from memnet.commands.options import JsonFile, files_of, takes
from memnet.commands.progress import progress_bar
from memnet.flow import DisturbSettings, Setup

if TYPE_CHECKING:
    from memnet.flow import ReadDisturb


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("disturb")(disturb)


@takes(Setup, DisturbSettings)
def disturb(setup: Setup, settings: DisturbSettings, json_file: JsonFile = None) -> None:
    """Carry the memristors of a chip through many inferences, by their law, and classify images before and after.

    The states move at the mean of their rates over the voltages that the first test images put on each row; these
    voltages are computed anew at each power of ten.
    """
    from memnet.flow import Chip, as_keywords

    refuse_unwritable(json_file, settings.table, read=files_of(setup))
    with progress_bar() as progress:
        progress("choosing scales and levels", 0.0)
        chip = Chip(setup)
        progress("choosing scales and levels", 1.0)
        result = chip.disturb(**as_keywords(replace(settings, progress=progress)))
    show(result)
    if settings.table is not None:
        out().print(f"placement table: {settings.table}")
    write_figures(json_file, result.to_json())


def show(result: ReadDisturb) -> None:
    """Print a line for each number of inferences."""
    from memnet.units import engineering

    headings = ("inferences", "seconds of reading", "largest change", "rms", "devices moved by 1 %", "class outputs by")
    rows = [
        (
            f"{each.inferences:.3g}",
            engineering(each.inferences * result.inference_s, "s"),
            f"{engineering(each.change_siemens, 'S')}, {each.largest_share:.1e}",
            engineering(each.change_rms_siemens, "S"),
            f"{each.moved:.2%}",
            f"{each.logit_shift:.1e}",
            f"{each.accuracy:.2%}",
        )
        for each in result.after
    ]
    console = out()
    console.print(f"{result.title}: {result.memristor} on {result.technology}, {result.images} images")
    console.print(table((*headings, "accuracy"), rows, left=1))
    if result.read is not None:
        read = result.read
        how = "compiled" if read.compiled else "subcircuits"
        console.print(
            f"{read.engine}, {read.block or 'whole network'}, {read.devices:,} devices ({how}), "
            f"{engineering(read.seconds, 's')} in {read.points:,} steps: states moved by up to {read.move:.3g}, "
            f"the law is within {read.error:.1e} of that, the mean rate of settled voltages within "
            f"{read.settled_error:.1e}"
        )
