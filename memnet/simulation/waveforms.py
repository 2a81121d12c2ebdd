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

    def moving_s(self, tolerance_v: float) -> tuple[float, float]:
        """Return from when to when any net is further than `tolerance_v` from where it starts and ends."""
        away = np.abs(self.volts - self.volts[0]).max(axis=1, initial=0.0) > tolerance_v
        ahead = np.abs(self.volts - self.volts[-1]).max(axis=1, initial=0.0) > tolerance_v
        if not away.any():
            return 0.0, 0.0
        first, last = int(away.argmax()), len(ahead) - int(ahead[::-1].argmax())
        return float(self.time_s[first - 1]), float(self.time_s[min(last, len(self.time_s) - 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A net group whose nets come from several decks: for each, which nets of the group it drives, and how."""

    pieces: list[tuple[npt.NDArray[np.int64], Waveform]]

    def of(self, nets: npt.NDArray[np.int64]) -> Waveform:
        """Return the waveform of some nets of the group, in that order."""
        chosen = [(own, wave) for own, wave in self.pieces if np.isin(own, nets).any()]
        if len(chosen) == 1 and np.array_equal(chosen[0][0], nets):
            return chosen[0][1]
        axis = common_axis([wave for _, wave in chosen])
        volts = np.full((len(axis), len(nets)), np.nan)
        for own, wave in chosen:
            place = {net: at for at, net in enumerate(own.tolist())}
            mine = [(at, place[net]) for at, net in enumerate(nets.tolist()) if net in place]
            here, there = (list(column) for column in zip(*mine, strict=True))
            volts[:, here] = wave.at(axis)[:, there]
        return Waveform(time_s=axis, volts=volts)

    def whole(self) -> Waveform:
        """Return the waveform of the whole group."""
        return self.of(np.arange(sum(len(own) for own, _ in self.pieces)))


def resample(time_s: Floats, values: Floats, wanted_s: Floats) -> Floats:
    """Interpolate (points, columns) values along the first axis to other times, (times, columns)."""
    right = np.clip(np.searchsorted(time_s, wanted_s), 1, len(time_s) - 1)
    left = right - 1
    span = np.maximum(time_s[right] - time_s[left], np.finfo(float).tiny)
    share = np.clip((wanted_s - time_s[left]) / span, 0.0, 1.0)[:, None]
    return np.asarray(values[left] * (1.0 - share) + values[right] * share)


def smoothed(waveform: Waveform, parts: int) -> Waveform:
    """Cut every interval into `parts` on a cubic through the points.

    Straight lines through a simulator's points lie inside every bend, on all nets alike; through a chain of decks that
    adds up to a delay. The cubic has the slope of the parabola through three points, held down (Hyman's filter) where
    it would overshoot a point, as at the kinks of rectifiers.
    """
    time, volts = waveform.time_s, waveform.volts
    step, share = np.diff(time)[:, None], (np.arange(parts) / parts)[None, :, None]
    line = np.diff(volts, axis=0) / step
    before, after = line[:-1], line[1:]
    inner = (step[:-1] * after + step[1:] * before) / (step[:-1] + step[1:])
    bound = np.where(before * after > 0, 3.0 * np.minimum(np.abs(before), np.abs(after)), 0.0)
    slope = np.concatenate([line[:1], np.clip(inner, -bound, bound), line[-1:]])
    rise, run = np.diff(volts, axis=0)[:, None], step[:, None]
    bend = (
        share * (1 - share) * ((1 - share) * (slope[:-1, None] * run - rise) - share * (slope[1:, None] * run - rise))
    )
    fine = (volts[:-1, None] + share * rise + bend).reshape(-1, volts.shape[1])
    times = (time[:-1, None] + step * share[:, :, 0]).reshape(-1)
    return Waveform(time_s=np.append(times, time[-1]), volts=np.concatenate([fine, volts[-1:]]))


def thinned(waveform: Waveform, tolerance_v: float) -> Waveform:
    """Drop points that straight lines between others replace within `tolerance_v` on every net (Douglas-Peucker)."""
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
