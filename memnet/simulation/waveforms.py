"""Waveforms of many nets on one time axis, thinned within a tolerance; knows no circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """Voltages of some nets: `time_s` (points,), `volts` (points, nets), straight lines in between."""

    time_s: Floats
    volts: Floats

    def at(self, time_s: Floats) -> Floats:
        """Return the voltages at other times, (times, nets)."""
        return resample(self.time_s, self.volts, time_s)


def resample(time_s: Floats, values: Floats, wanted_s: Floats) -> Floats:
    """Interpolate (points, columns) values along the first axis to other times, (times, columns)."""
    right = np.clip(np.searchsorted(time_s, wanted_s), 1, len(time_s) - 1)
    left = right - 1
    span = np.maximum(time_s[right] - time_s[left], np.finfo(float).tiny)
    share = np.clip((wanted_s - time_s[left]) / span, 0.0, 1.0)[:, None]
    return np.asarray(values[left] * (1.0 - share) + values[right] * share)


def thinned(waveform: Waveform, tolerance_v: float) -> Waveform:
    """Drop points that straight lines between the others replace within `tolerance_v` on every net (Douglas-Peucker)."""
    time, volts = waveform.time_s, waveform.volts
    keep = np.zeros(len(time), dtype=bool)
    keep[[0, -1]] = True
    pending = [(0, len(time) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        inner = slice(first + 1, last)
        line = resample(time[[first, last]], volts[[first, last]], time[inner])
        off = np.abs(volts[inner] - line).max(axis=1)
        worst = int(off.argmax())
        if off[worst] > tolerance_v:
            middle = first + 1 + worst
            keep[middle] = True
            pending += [(first, middle), (middle, last)]
    return Waveform(time_s=time[keep], volts=volts[keep])


def common_axis(waveforms: Sequence[Waveform]) -> Floats:
    """Return the union of the time axes of some waveforms."""
    return np.unique(np.concatenate([waveform.time_s for waveform in waveforms]))
