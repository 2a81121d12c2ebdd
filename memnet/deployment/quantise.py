"""Turns the weights of one stage into levels of differential pairs; knows scales but not how they were chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.technology import Technology

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int16]
BIAS_FRACTION = 0.8  # bias rows stand at this share of the read limit, where signals peak too
MOST_BIAS_ROWS = 8
LEAST_GAIN = 0.02  # V/V of a full-range device: keeps the feedback of a channel of zeros above 200 ohm


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Levels of the plus and the minus device, same shape each, 0 to 2^bits - 1; one of each pair is 0."""

    plus: Levels
    minus: Levels


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgram:
    """What is programmed into one crossbar stage.

    With weight_limit the effective weight (activation units per row volt) of a full-range device, a device pair holds
    w = (plus - minus) / (2^bits - 1) * weight_limit * s_row, and Rf = scale * weight_limit / (Gmax - Gmin). The first
    amplifiers of pairs that are not `coupled` work for themselves: the way to the second ones is at Gmin.
    """

    pairs: dict[str, Pair]  # by unit: (out, in, taps); for bias rows (out, 1, rows)
    weight_limit: Floats  # (out,) activation units per volt
    scale_v: float  # volts per activation unit at the output
    coupled: bool = True

    def feedback_ohm(self, technology: Technology) -> Floats:
        """Return the nominal feedback resistance of each output channel, (out,) in ohm."""
        device = technology.memristor
        return self.scale_v * self.weight_limit / (device.g_max_siemens - device.g_min_siemens)

    def coupling_ohm(self, technology: Technology) -> Floats:
        """Return the resistance from the first to the second amplifier of each output channel, (out,) in ohm."""
        alone = np.full(len(self.weight_limit), 1.0 / technology.memristor.g_min_siemens)
        return self.feedback_ohm(technology) if self.coupled else alone


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasRows:
    """A bias to be spread over rows on the bias rail: (out,) activation units, and the rows that stand ready."""

    total: Floats
    rows: int | None  # None takes as many as the largest bias needs, up to MOST_BIAS_ROWS


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
    """Quantise all terms of a stage on one scale per output channel.

    Parameters
    ----------
    kernels : by unit, (out, in, taps) effective weights, activation units per volt on the row
    scale_v : volts per activation unit at the output
    least_limit : the weight limit is at least this, so that scale resistors beside the memristors are not too small
    """
    top = 2**technology.memristor.bits - 1
    limit = np.full(channels, max(least_limit, LEAST_GAIN / scale_v))
    for kernel in kernels.values():
        limit = np.maximum(limit, np.abs(kernel).max(axis=(1, 2), initial=0.0))
    effective = {unit: bias.total / bias_voltage(technology) for unit, bias in biases.items()}
    rows = {unit: _rows(effective[unit], limit) if bias.rows is None else bias.rows for unit, bias in biases.items()}
    for unit, value in effective.items():
        if rows[unit]:
            limit = np.maximum(limit, np.abs(value) / rows[unit])
    pairs = {unit: _pair(np.rint(kernel / limit[:, None, None] * top)) for unit, kernel in kernels.items()}
    for unit, value in effective.items():
        pairs[unit] = _pair(_spread(np.rint(value / limit * top), rows[unit])[:, None, :])
    return StageProgram(pairs=pairs, weight_limit=limit, scale_v=scale_v)


def _rows(effective: Floats, limit: Floats) -> int:
    return min(MOST_BIAS_ROWS, int(np.ceil((np.abs(effective) / limit).max(initial=0.0) - 1e-9)))


def _pair(signed: Floats) -> Pair:
    return Pair(plus=np.maximum(signed, 0).astype(np.int16), minus=np.maximum(-signed, 0).astype(np.int16))


def _spread(levels: Floats, rows: int) -> Floats:
    """Share each signed bias level (out,) evenly among its rows; return (out, rows)."""
    if rows == 0:
        return np.zeros((len(levels), 0))
    share, rest = np.divmod(np.abs(levels), rows)
    return np.asarray(np.sign(levels)[:, None] * (share[:, None] + (np.arange(rows)[None, :] < rest[:, None])))
