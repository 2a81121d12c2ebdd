# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantises the weights of one stage to the levels of differential pairs of memristors.

Plus and minus device of a pair have the conductances Gmin + level (Gmax - Gmin) / (2^bits - 1), so that their
difference stands for a signed weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.technology import Technology
from memnet.units import Floats

Levels = npt.NDArray[np.int16]
BIAS_FRACTION = 0.8  # voltage of the bias rail over the read limit; the largest signals reach the same voltage
MOST_BIAS_ROWS = 8  # of a term whose number of bias rows is free
# V/V from the row of a full-range device to the output: a channel of zeros still has Rf = LEAST_GAIN / (Gmax - Gmin).
LEAST_GAIN = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Levels of plus and minus devices, 0 to 2^bits - 1, in arrays of equal shape; at least one of each pair is 0."""

    plus: Levels
    minus: Levels


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgram:
    """What is programmed into one crossbar stage.

    `weight_limit` is the effective weight of a full-range device, in activation units at the output per volt on its
    row. A pair of devices holds w = (plus - minus) / (2^bits - 1) * weight_limit * s_row, with s_row the volts per
    activation unit of its row, and Rf = scale_v * weight_limit / (full_share (Gmax - Gmin)). Where `coupled` is False,
    nothing reads the second TIAs of the stage, and the resistor between first and second TIAs has the conductance Gmin.
    """

    pairs: dict[str, Pair]  # by unit: (out, in, taps); for bias rows (out, 1, rows)
    weight_limit: Floats  # (out,) activation units per volt
    scale_v: float  # volts per activation unit at the output
    coupled: bool = True
    full_share: float = 1.0  # of the range Gmax - Gmin, that a full-range device takes; the rest is headroom

    def feedback_ohm(self, technology: Technology) -> Floats:
        """Return the feedback resistance of each output channel for ideal op-amps, (out,) in ohm."""
        device = technology.memristor
        return self.scale_v * self.weight_limit / (self.full_share * (device.g_max_siemens - device.g_min_siemens))

    def coupling_ohm(self, technology: Technology) -> Floats:
        """Return the resistance between first and second TIAs of each output channel, (out,) in ohm."""
        alone = np.full(len(self.weight_limit), 1.0 / technology.memristor.g_min_siemens)
        return self.feedback_ohm(technology) if self.coupled else alone


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasRows:
    """The biases of a stage's channels, (out,) in activation units, and the number of bias rows that share each."""

    total: Floats
    rows: int | None  # None for as many as the largest bias needs, up to MOST_BIAS_ROWS


def bias_voltage(technology: Technology) -> float:
    """Return the voltage of the bias rows, in volts."""
    return BIAS_FRACTION * technology.memristor.read_limit_v


def quantise_stage(
    kernels: Mapping[str, Floats],
    biases: Mapping[str, BiasRows],
    scale_v: float,
    technology: Technology,
    *,
    channels: int,
    least_limit: float,
) -> StageProgram:
    """Return the levels of all terms of a stage, which share one weight limit per output channel.

    Parameters
    ----------
    kernels : by unit, (out, in, taps) effective weights, activation units at the output per volt on the row
    biases : by unit
    scale_v : volts per activation unit at the output
    channels : output channels of the stage
    least_limit : least weight limit, so that scale resistors beside the memristors are not too small
    """
    top = 2**technology.memristor.bits - 1
    limit = np.full(channels, max(least_limit, LEAST_GAIN / scale_v))
    for kernel in kernels.values():
        limit = np.maximum(limit, np.abs(kernel).max(axis=(1, 2), initial=0.0))
    effective = {unit: bias.total / bias_voltage(technology) for unit, bias in biases.items()}
    rows = {
        unit: _rows_needed(effective[unit], limit) if bias.rows is None else bias.rows for unit, bias in biases.items()
    }
    for unit, value in effective.items():
        if rows[unit]:
            limit = np.maximum(limit, np.abs(value) / rows[unit])
    pairs = {unit: _pair(np.rint(kernel / limit[:, None, None] * top)) for unit, kernel in kernels.items()}
    for unit, value in effective.items():
        pairs[unit] = _pair(_spread(np.rint(value / limit * top), rows[unit])[:, None, :])
    return StageProgram(pairs=pairs, weight_limit=limit, scale_v=scale_v)


def _rows_needed(effective: Floats, limit: Floats) -> int:
    """Return how many full-range devices the largest of the effective biases (out,) needs."""
    return min(MOST_BIAS_ROWS, int(np.ceil((np.abs(effective) / limit).max(initial=0.0) - 1e-9)))


def _pair(signed: Floats) -> Pair:
    """Return signed levels as a plus device for positive ones and a minus device for negative ones."""
    return Pair(plus=np.maximum(signed, 0).astype(np.int16), minus=np.maximum(-signed, 0).astype(np.int16))


def _spread(levels: Floats, rows: int) -> Floats:
    """Share each signed bias level (out,) evenly among its rows; return (out, rows)."""
    if rows == 0:
        return np.zeros((len(levels), 0))
    share, rest = np.divmod(np.abs(levels), rows)
    return np.asarray(np.sign(levels)[:, None] * (share[:, None] + (np.arange(rows)[None, :] < rest[:, None])))
