# SPDX-License-Identifier: GPL-3.0-or-later
"""Voltage scales of a plan, and the crossings and shares of its terms."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from memnet.deployment.quantise import StageProgram
from memnet.deployment.stages import Plan, Stage, Term, bias_window
from memnet.operators import Crossings, Window, unroll
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """Volts per activation unit of the input, the bias rail and every stage output of a plan.

    `slopes` are the mean slopes (see `compensation`) of the memristors on the rows that a stage drives, raw or
    rectified. Where there is no entry, it is 1.
    """

    plan: Plan
    volts: dict[str, float]
    slopes: dict[tuple[str, bool], float] = field(default_factory=dict)
    # scales of channels by the drivers and their volts, which `deploy` fills in stage by stage
    _channels: dict[tuple[tuple[str, float], ...], Floats] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def channels(self, source: str) -> Floats:
        """Return the scale of each channel of a stage, join or rail, (channels,), read-only."""
        drivers = tuple((driver, self.volts[driver]) for driver in self.plan.drivers(source))
        if drivers not in self._channels:
            scale = np.concatenate([np.full(self.plan.shape(driver)[0], volts) for driver, volts in drivers])
            scale.setflags(write=False)
            self._channels[drivers] = scale
        return self._channels[drivers]

    def rows(self, source: str) -> Floats:
        """Return the scale of each row of a source, (rows,), flat over (channels, height, width).

        The rows are repeated from the channels whenever they are asked for: those of a large chip take too much memory.
        """
        return self._repeated(source, self.channels(source))

    def mean_slopes(self, source: str, rectified: bool = False) -> Floats:
        """Return the mean slope of the memristors on the rows of each channel of a stage, join or rail, (channels,)."""
        drivers = self.plan.drivers(source)
        slopes = [np.full(self.plan.shape(driver)[0], self.slopes.get((driver, rectified), 1.0)) for driver in drivers]
        return np.concatenate(slopes)

    def reads(self, term: Term) -> Floats:
        """Return the volts per activation unit that a term's memristors are read at in the mean, (channels,)."""
        return np.asarray(self.channels(term.source) * self.mean_slopes(term.source, term.rectified))

    def row_reads(self, term: Term) -> Floats:
        """Return `reads` of each row of a term, (rows,), flat over (channels, height, width)."""
        return self._repeated(term.source, self.reads(term))

    def _repeated(self, source: str, channels: Floats) -> Floats:
        shape = self.plan.shape(source)
        return np.repeat(channels, shape[1] * shape[2])


def term_crossings(stage: Stage, term: Term, plan: Plan, program: StageProgram | None) -> Crossings:
    """Return the crossings of one term of a stage; bias terms have as many rows as were programmed."""
    return unroll(term_window(term, program), plan.shape(term.source), stage.shape)


def term_window(term: Term, program: StageProgram | None) -> Window:
    """Return the window of a term; that of a bias term has as many rows as were programmed."""
    if term.kind == "bias" and program is not None:
        return bias_window(program.pairs[term.unit].plus.shape[2])
    return term.window


def shares(term: Term, crossings: Crossings) -> Floats:
    """Return the share of each crossing of a scale-resistor term: 1 for a copy, 1/n of the n taps of an average."""
    if term.kind == "copy":
        return np.ones(len(crossings.columns))
    return np.asarray(1.0 / np.diff(crossings.starts)[crossings.columns])
