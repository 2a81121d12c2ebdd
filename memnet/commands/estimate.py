# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet estimate`: predicts the devices of a network and the time and memory of its simulation, `flow.estimate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from memnet.commands.console import out, table, write_figures
from memnet.commands.options import JsonFile, takes
from memnet.flow import Run, Setup

if TYPE_CHECKING:
    from memnet.flow import Estimate, PredictedRun


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("estimate")(estimate)


@takes(Setup, Run, only=("genotype", "channels", "layers", "dataset", "on", "images", "workers"))
def estimate(setup: Setup, run: Run, json_file: JsonFile = None) -> None:
    """Say how many devices a network has, and what time and memory simulating it takes, flat and partitioned."""
    import json
    from dataclasses import asdict

    from memnet.flow import estimate as predict
    from memnet.simulation import cores

    prediction = predict(setup, images=run.images, workers=run.workers or cores())
    show(prediction)
    write_figures(json_file, json.dumps(asdict(prediction), indent=2) + "\n")


def show(prediction: Estimate) -> None:
    """Print an estimate: devices, and a table row for each way to simulate."""
    from memnet.measurement import LOWER_BOUND_NOTE

    console = out()
    console.print(
        f"{prediction.title}: {prediction.memristors:,} memristors, {prediction.devices.amplifiers:,} op-amps, "
        f"{prediction.devices.selectors:,} comparators; {prediction.deck_bytes / 1e6:,.0f} MB of netlist"
    )
    rows = [
        _row(f"dc, {prediction.images} images, partitioned", prediction.partitioned),
        _row(f"dc, {prediction.images} images, one flat deck", prediction.flat),
        _row("one transition, partitioned", prediction.partitioned_transition),
        _row("one transition, one flat deck", prediction.flat_transition),
    ]
    console.print(table(("run", "core time", f"wall time ({prediction.workers} workers)", "memory", "fits now"), rows))
    console.print("on idle cores: dc times within a factor of two, transients within three, memory within two")
    if prediction.counts.lower_bound:
        console.print(f"memristors: {LOWER_BOUND_NOTE}")


def _row(name: str, run: PredictedRun) -> tuple[str, ...]:
    fits = {True: "yes", False: "no", None: "unknown"}[run.fits]
    return name, _time(run.core_s), _time(run.wall_s), f"{run.memory_bytes / 1e9:.2g} GB", fits


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
