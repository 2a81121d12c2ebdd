# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the devices of a chip from its plan, stage by stage, before any bank is built: the one place that does so.

`Tally` is what is counted; the components of `memnet.measurement.Counts` (area, JSON, the screen), the effort of a
simulation and the counts in an export's manifest are all derived from it. A test holds it against the banks built.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from memnet.circuit.base import Tally
from memnet.circuit.pools import count_selectors
from memnet.deployment import Plan, Stage, StageProgram, term_window
from memnet.operators import count_crossings


def tally_stage(stage: Stage, plan: Plan, program: StageProgram | None = None, *, transistors: bool = False) -> Tally:
    """Return how many devices a stage of a plan has.

    Parameters
    ----------
    program : what is programmed into the stage, which decides how many bias rows it has where the plan leaves that open
        (`Term.bias_rows`). Without it such rows are counted as one, and `Tally.bias_at_least` says how many devices
        are counted so: with any, the memristors are a lower bound.
    transistors : whether each memristor has a transistor, also where no select net switches it
    """
    outputs = int(np.prod(stage.shape))
    if stage.kind == "max_pool":
        term = stage.terms[0]
        tree = count_selectors(term.window, plan.shape(term.source), stage.shape)
        if not stage.buffered:
            return Tally(selectors=tree, wires=outputs, gated=tree * bool(stage.gate))
        return Tally(selectors=tree, followers=outputs, gated=(tree + outputs) * bool(stage.gate))
    rows = _tally_rows(stage, plan, program, transistors)
    if stage.kind == "average":
        return rows + Tally(inverters=outputs)
    return rows + Tally(
        pairs=outputs,
        followers=outputs * stage.copied,
        # for each pair, a switch for each `follow` term and one to ground
        switches=outputs * (len(stage.follows) + 1) if stage.follows else 0,
        gated=2 * outputs * bool(stage.gate) + outputs * (stage.copied and bool(stage.copy_gate or stage.gate)),
    )


def tally_plan(plan: Plan, programs: Mapping[str, StageProgram] | None = None, *, transistors: bool = False) -> Tally:
    """Return how many devices all stages of a plan have; for `programs`, by stage, see `tally_stage`."""
    held = programs or {}
    each = (tally_stage(stage, plan, held.get(stage.name), transistors=transistors) for stage in plan.stages)
    return sum(each, Tally())


def _tally_rows(stage: Stage, plan: Plan, program: StageProgram | None, transistors: bool) -> Tally:
    memristors = scale_resistors = access_transistors = bias_at_least = 0
    for term in stage.rows:
        devices = count_crossings(term_window(term, program), plan.shape(term.source), stage.shape)
        if term.memristive:
            devices *= 2  # into the plus and into the minus column
            memristors += devices
            if term.kind == "bias" and term.bias_rows is None and program is None:
                bias_at_least += devices
        else:
            scale_resistors += devices
        if term.select or (term.memristive and transistors):
            access_transistors += devices
    return Tally(
        memristors=memristors,
        scale_resistors=scale_resistors,
        access_transistors=access_transistors,
        bias_at_least=bias_at_least,
    )
