# SPDX-License-Identifier: GPL-3.0-or-later
"""Gains and constants of the pairs of TIAs of a crossbar stage, from its conductances and the op-amps' finite gain."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays import WiredStage
from memnet.circuit import compensated_feedback
from memnet.deployment import ChipDevices, Programmed, Stage
from memnet.numeric.laws import AmplifierLaw, transresistance

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairGains:
    """Gains and constants of the pair of TIAs at every column; all arrays (channels, pixels) but `coupling_siemens`."""

    first_ohm: Values  # `laws.transresistance` of the first TIA: middle = first_ohm * (offset * total - current)
    second_ohm: Values  # that of the second TIA
    coupling_siemens: Values  # from the middle into the minus column, (channels, 1)
    first_loop: Values  # `loop_siemens` of the clamp law, of the first TIA
    second_loop: Values  # that of the second TIA
    shut: Values  # slope of a rectifying output below 0 V as a share of its slope above
    lifted: Values  # volts of the minus column per volt that a shut output would be below 0 V
    lift: Values  # volts of the middle per volt at the first amplifier's noninverting input
    second_lift: Values  # volts of the output per volt at the second amplifier's noninverting input
    first_constant_v: Values  # middle while all signal rows are at 0 V: offset and bias rows
    constant_v: Values  # output while all signal rows are at 0 V

    @property
    def plus_ohm(self) -> Values:
        """Return the volts at the outputs per ampere into the plus columns, (channels, pixels)."""
        return np.asarray(self.second_ohm * self.coupling_siemens * self.first_ohm)

    def astype(self, dtype: npt.DTypeLike) -> PairGains:
        """Return the same gains in another precision."""
        return PairGains(**{each.name: getattr(self, each.name).astype(dtype, copy=False) for each in fields(self)})


def pair_gains(stage: Stage, devices: ChipDevices, programmed: Programmed, law: AmplifierLaw) -> PairGains:
    """Return the gains of all pairs of a stage.

    The feedback resistors are designed for the nominal conductances in the columns, or with the remedy `feedback` for
    what wires leave of them; the noise gains follow from the real ones.
    """
    deployment = devices.deployment
    feedback = deployment.programs[stage.name].feedback_ohm(deployment.technology)[:, None]
    gain, designed, real = deployment.technology.opamp.gain, programmed.designed, programmed.real
    coupling = 1.0 / deployment.programs[stage.name].coupling_ohm(deployment.technology)[:, None]
    plus, minus = programmed.gains or (np.ones(1), np.ones(1))
    first = 1.0 / compensated_feedback(feedback * (plus / minus), designed.plus, gain, stage.name)
    second = 1.0 / compensated_feedback(feedback * minus, designed.minus + coupling, gain, stage.name)
    first_total, second_total = real.plus + first, real.minus + coupling + second
    first_ohm = transresistance(first, first_total, law.gain)
    second_ohm = transresistance(second, second_total, law.open_gain(not stage.raw))
    shut_ohm = transresistance(second, second_total, law.shut_gain)
    offsets = [devices.offsets(stage, side, real.plus.shape) for side in ("plus", "minus")]
    middle = first_ohm * (offsets[0] * first_total - programmed.bias_v * real.bias_plus)
    constant = second_ohm * (offsets[1] * second_total - programmed.bias_v * real.bias_minus - coupling * middle)
    return PairGains(
        first_ohm=first_ohm,
        second_ohm=second_ohm,
        coupling_siemens=coupling,
        first_loop=law.loop_conductance(first_ohm, first_total),
        second_loop=law.loop_conductance(second_ohm, second_total),
        lift=first_ohm * first_total,
        second_lift=second_ohm * second_total,
        shut=shut_ohm / second_ohm,
        lifted=second / second_total,
        first_constant_v=middle,
        constant_v=constant,
    )


def with_neighbours(gains: PairGains, wired: WiredStage, stage: Stage, devices: ChipDevices) -> PairGains:
    """Return the gains with what the offsets of a tile's columns drive through its wires into its other columns."""
    if not devices.any_offset:
        return gains
    shape = gains.constant_v.shape
    plus_v, minus_v = (devices.offsets(stage, side, shape).T[:, :, None] for side in ("plus", "minus"))
    plus_a, minus_a = np.empty((2, *shape[::-1]))
    for kind, into_plus in enumerate(wired.into_plus):
        at = wired.kinds == kind
        plus_a[at] = (into_plus @ minus_v[at] + wired.between_plus[kind] @ plus_v[at])[:, :, 0]
        minus_a[at] = (wired.into_minus[kind] @ minus_v[at] + into_plus.T @ plus_v[at])[:, :, 0]
    return replace(
        gains,
        first_constant_v=gains.first_constant_v - gains.first_ohm * plus_a.T,
        constant_v=gains.constant_v + gains.plus_ohm * plus_a.T - gains.second_ohm * minus_a.T,
    )
