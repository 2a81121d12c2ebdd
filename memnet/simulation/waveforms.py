# SPDX-License-Identifier: GPL-3.0-or-later
"""Waveforms of many nets on one time axis: interpolated, smoothed, thinned within a tolerance, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """Voltages of some nets over time, linear between the points."""

    time_s: Floats  # (points,)
    volts: Floats  # (points, nets)

    def at(self, time_s: Floats) -> Floats:
        """Return the voltages at other times, (times, nets)."""
        return resample(self.time_s, self.volts, time_s)

    def moving_s(self, tolerance_v: float) -> tuple[float, float]:
        """Return the times between which the nets move; (0, 0) if none does.

        Before the first time, all nets are within `tolerance_v` of their first voltages; after the second, of their
        last ones.
        """
        away = np.abs(self.volts - self.volts[0]).max(axis=1, initial=0.0) > tolerance_v
        ahead = np.abs(self.volts - self.volts[-1]).max(axis=1, initial=0.0) > tolerance_v
        if not away.any():
            return 0.0, 0.0
        first, last = int(away.argmax()), len(ahead) - int(ahead[::-1].argmax())
        return float(self.time_s[first - 1]), float(self.time_s[min(last, len(self.time_s) - 1)])

    def behind_v(self, time_s: float, tau_s: float) -> float:
        """Return how far what follows a net with time constant `tau_s` can be behind it at most at `time_s`, volts.

        This is the largest over nets of the integral of abs(dv/dt) exp(-(time_s - t) / tau_s) over t up to `time_s`,
        the response of a low pass of first order to a motion that never turns back; later moves of nets count in full.
        """
        past = np.minimum(self.time_s - time_s, 0.0) / tau_s
        length, before = np.diff(self.time_s) / tau_s, np.diff(past)
        share = (-np.exp(past[1:]) * np.expm1(-before) + length - before) / length
        return float((share @ np.abs(np.diff(self.volts, axis=0))).max(initial=0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """The waveforms of a net group whose nets are driven by several decks."""

    pieces: list[tuple[npt.NDArray[np.int64], Waveform]]  # for each deck, positions of its nets in the group (nets,)

    def of(self, nets: npt.NDArray[np.int64]) -> Waveform:
        """Return the waveform of some nets of the group, given by their positions, in that order.

        Nets that no deck drives are NaN.
        """
        chosen = [(driven, wave) for driven, wave in self.pieces if np.isin(driven, nets).any()]
        if len(chosen) == 1 and np.array_equal(chosen[0][0], nets):
            return chosen[0][1]
        axis = common_axis([wave for _, wave in chosen])
        volts = np.full((len(axis), len(nets)), np.nan)
        for driven, wave in chosen:
            column = {net: index for index, net in enumerate(driven.tolist())}
            pairs = [(index, column[net]) for index, net in enumerate(nets.tolist()) if net in column]
            targets, sources = (list(indices) for indices in zip(*pairs, strict=True))
            volts[:, targets] = wave.at(axis)[:, sources]
        return Waveform(time_s=axis, volts=volts)


def resample(time_s: Floats, values: Floats, wanted_s: Floats) -> Floats:
    """Interpolate `values`, (points, columns) at `time_s`, linearly at `wanted_s`; return (times, columns).

    Times outside `time_s` get the first or last values.
    """
    right = np.clip(np.searchsorted(time_s, wanted_s), 1, len(time_s) - 1)
    left = right - 1
    span = np.maximum(time_s[right] - time_s[left], np.finfo(float).tiny)
    share = np.clip((wanted_s - time_s[left]) / span, 0.0, 1.0)[:, None]
    return np.asarray(values[left] * (1.0 - share) + values[right] * share)


def smoothed(waveform: Waveform, parts: int) -> Waveform:
    """Cut every interval between points into `parts`; the new points lie on a cubic through the given ones.

    Straight lines between a simulator's points lie on the inner side of every bend, on all nets alike; over a chain of
    decks, this adds up to a delay. The slope of the cubic at a point is that of the parabola through the point and its
    neighbours, limited where the cubic would overshoot, as at the kinks of rectifiers (J. M. Hyman, SIAM J. Sci. Stat.
    Comput. 4:645, 1983).
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
    """Drop the points that lie within `tolerance_v` of lines between the others on every net (Douglas-Peucker)."""
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
        error_v = np.abs(volts[inner] - line).max(axis=1)
        worst = int(error_v.argmax())
        if error_v[worst] > tolerance_v:
            middle = first + 1 + worst
            keep[middle] = True
            pending += [(first, middle), (middle, last)]
    return Waveform(time_s=time[keep], volts=volts[keep])


def common_axis(waveforms: Sequence[Waveform]) -> Floats:
    """Return the union of the time axes of some waveforms, sorted."""
    return np.unique(np.concatenate([waveform.time_s for waveform in waveforms]))
