# SPDX-License-Identifier: GPL-3.0-or-later
"""Remedy `conductances`: devices are programmed so that behind their wires they have their targets in effect.

The effective conductances E of a tile are those of `wires`. From g = target on, round after round,

    g <- g + (target - E) g / E,    held between Gmin and Gmax,

which converges within a few rounds, since a device changes its own E far more than those of others. A device at Gmax
cannot make up for any drop, so weights take only a share of the range (`StageProgram.full_share`, with feedbacks that
are larger by as much); the rest is headroom. What is programmed are no levels any more but analog conductances, which
takes programming with verification; the levels stay what the weights are quantised to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays.units import StageUnits
from memnet.arrays.wired import solved_units
from memnet.arrays.wires import different_tiles
from memnet.deployment import ChipDevices, Deployment, Stage, Term, Wiring, program_stage
from memnet.units import Floats

Values = npt.NDArray[Any]
MOST_ROUNDS = 6
NEAR = 1e-6  # change of a conductance in a round, as a share of the largest, below which rounds end


@dataclass(frozen=True, slots=True)
class EffectiveTargets:
    """What the devices of a chip are programmed to; the stage that was asked for last is kept."""

    deployment: Deployment
    wiring: Wiring
    kept: dict[str, StageUnits] = field(default_factory=dict)

    def programmed(self, stage: Stage, term: Term) -> tuple[Values, Values]:
        """Return the conductances that a term's plus and minus devices are programmed to, siemens."""
        if stage.name not in self.kept:
            self.kept.clear()
            self.kept[stage.name] = self._programmed(stage)
        return self.kept[stage.name].found[term.unit]

    def _programmed(self, stage: Stage) -> StageUnits:
        """Return the units of a stage with what is programmed in `found`."""
        devices, plan = ChipDevices(self.deployment), self.deployment.plan
        units = StageUnits(stage, program_stage(stage, devices), devices)
        on = {term.unit: plan.on(term.select) for term in units.terms}
        for places, siemens in units.by_shape():
            rows = [np.tile(units.by_row(lines, on), (one.stop - one.start, 1)) for _, lines, one in places]
            programmed = self._for(siemens, np.concatenate(rows), self.wiring.at(stage.name))
            for kind, lines, one in places:
                units.put(kind, lines, programmed[one])
        return units

    def _for(self, targets: Floats, on: npt.NDArray[np.bool_], wiring: Wiring) -> Floats:
        """Return the conductances (units, rows, columns) whose effective values are the targets.

        Parameters
        ----------
        on : (units, rows) rows that are switched in; the others stay as they are
        wiring : of the stage
        """
        device = self.deployment.technology.memristor
        target, first, again = different_tiles(targets)
        changeable, siemens = on[first][:, :, None], target
        for _ in range(MOST_ROUNDS):
            effective = solved_units(siemens, wiring).effective
            better = siemens + (target - effective) * siemens / effective
            better = np.where(changeable, np.clip(better, device.g_min_siemens, device.g_max_siemens), siemens)
            change, siemens = np.abs(better - siemens).max(), better
            if change <= NEAR * device.g_max_siemens:
                break
        return siemens[again]
