# SPDX-License-Identifier: GPL-3.0-or-later
"""What the feedback resistors of a stage's pairs of TIAs are designed for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from memnet.arrays import designed_stage
from memnet.circuit.amplifiers import compensated_feedback
from memnet.circuit.banks import Memristors
from memnet.circuit.base import Bank, Nets, column_siemens
from memnet.deployment import FEEDBACK, ChipDevices, Stage
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackDesign:
    """Conductances and gains of the columns of a stage, (columns,) each.

    Attributes
    ----------
    plus_siemens, minus_siemens : conductance into the virtual grounds, without feedbacks and couplings
    plus_gain, minus_gain : what feedbacks make up for in plus and in minus columns: see `memnet.arrays.feedback`
    """

    plus_siemens: Floats
    minus_siemens: Floats
    plus_gain: Floats
    minus_gain: Floats

    def resistors(self, nominal_ohm: Floats, coupling_ohm: Floats, gain: float, where: str) -> tuple[Floats, Floats]:
        """Return the feedbacks of the first and of the second TIAs, (columns,) ohm each.

        Parameters
        ----------
        nominal_ohm : (columns,) of both without gains and with ideal op-amps
        coupling_ohm : (columns,) between the two TIAs
        gain, where : as in `compensated_feedback`
        """
        first = nominal_ohm * (self.plus_gain / self.minus_gain)
        into_second = self.minus_siemens + 1.0 / coupling_ohm
        return (
            compensated_feedback(first, self.plus_siemens, gain, where),
            compensated_feedback(nominal_ohm * self.minus_gain, into_second, gain, where),
        )

    @staticmethod
    def plain(stage: Stage, devices: ChipDevices, banks: Sequence[Bank], plus: Nets, minus: Nets) -> FeedbackDesign:
        """Return a design in which feedbacks make up for nothing.

        Parameters
        ----------
        banks : the memristors and scale resistors of the stage; all memristors are taken as they are programmed
        plus, minus : the nets of the columns
        """
        plan, technology = devices.deployment.plan, devices.deployment.technology
        nominal = _as_programmed(stage, devices, banks)
        sums = [column_siemens(nominal, columns, plan.selects, technology) for columns in (plus, minus)]
        one = np.ones(len(plus))
        return FeedbackDesign(plus_siemens=sums[0], minus_siemens=sums[1], plus_gain=one, minus_gain=one)

    @staticmethod
    def wired(stage: Stage, devices: ChipDevices) -> FeedbackDesign | None:
        """Return the design for wired columns; None without the remedy `feedback`."""
        if devices.wiring is None or FEEDBACK not in devices.wiring.remedies or not stage.memristive:
            return None
        found = designed_stage(stage, devices, devices.wiring.at(stage.name))
        assert found.gains is not None
        plus, minus = (each.reshape(-1) for each in found.gains)
        sums = found.designed
        return FeedbackDesign(
            plus_siemens=sums.plus.reshape(-1), minus_siemens=sums.minus.reshape(-1), plus_gain=plus, minus_gain=minus
        )


def _as_programmed(stage: Stage, devices: ChipDevices, banks: Sequence[Bank]) -> Sequence[Bank]:
    """Return the banks of a crossbar with every memristor at what it is programmed to."""
    if not devices.per_device:
        return banks
    targets = iter(devices.sides(stage, target=True))
    return [replace(bank, siemens=next(targets)) if isinstance(bank, Memristors) else bank for bank in banks]
