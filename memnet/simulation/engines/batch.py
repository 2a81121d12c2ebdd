# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine `ngspice-batch`: starts the ngspice executable for each deck, in a temporary directory."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from memnet.errors import EngineNotFound
from memnet.netlist import Deck
from memnet.simulation.engines.base import (
    EngineInfo,
    Progress,
    Result,
    checked,
    failure,
    notes_from,
    refuse_foreign,
    solver_options,
    solver_used,
)
from memnet.simulation.engines.discover import Installation, describe_ngspice, environment, find_ngspice, missing_note
from memnet.simulation.engines.executable import RAW_FILE, ending, execute, read_plot, run_folder, wanted_values
from memnet.simulation.engines.ngspice import refusal

# The executable prints the position of a sweep again and again on one line; that is dropped from the log.
_POSITION = re.compile(r" *Reference value :[^\r\n]*\r?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEngine:
    """The ngspice executable, started once per deck: slower than the library, but no run can affect the next."""

    name: ClassVar[str] = "ngspice-batch"
    dialects: ClassVar[tuple[str, ...]] = ("ngspice",)
    timeout_s: float | None = None

    @classmethod
    def describe(cls) -> EngineInfo:
        """Return which executable was found and whether it runs."""
        return describe_ngspice(cls.name, "executable")

    def run(self, deck: Deck, progress: Progress | None = None) -> Result:
        """Simulate a deck; see `memnet.simulation.engines.Engine`. Never calls `progress`."""
        refuse_foreign(self, deck)
        found = find_ngspice("executable")
        if found is None or found.complaint:
            raise EngineNotFound(f"engine ngspice-batch: {missing_note('executable', found)}")
        with run_folder("batch") as folder:
            return self._run_in(folder, deck, found)

    def _run_in(self, folder: Path, deck: Deck, installation: Installation) -> Result:
        started = time.perf_counter()
        engine = f"ngspice-batch {installation.version}"
        text = solver_options(deck.text, installation.klu)
        (folder / "deck.cir").write_text(text)
        # -n: read no .spiceinit. No `quit` in a .control section: it crashes version 46 under -b.
        command = [installation.path, "-b", "-n", "-r", RAW_FILE, "deck.cir"]
        status, printed = execute(command, folder, variables=environment(installation), timeout_s=self.timeout_s)
        log = _POSITION.sub("", printed).splitlines()
        if status != 0:
            raise failure(deck, engine, ending(status, self.timeout_s), log, folder, text)
        wrong = refusal(log)
        if wrong is not None:
            raise failure(deck, engine, f"refused the deck ({wrong})", log, folder, text)
        plot = read_plot(folder, deck, engine, log, text)
        values = wanted_values(plot, deck, engine, log, folder)
        has_scale = not plot.name.startswith("Operating Point")
        axis = plot.values[:, 0].copy() if has_scale else np.zeros(len(plot.values))
        checked(deck, axis, values, engine, log, folder)
        solver = solver_used(log)
        return Result(
            axis=axis,
            values=values,
            engine=engine,
            solver=solver,
            wall_s=time.perf_counter() - started,
            notes=notes_from(log, deck, solver, installation.klu),
        )
