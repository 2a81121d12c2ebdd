# SPDX-License-Identifier: GPL-3.0-or-later
"""Settling times of waveforms."""

from __future__ import annotations

import math

import numpy as np

from memnet.simulation import Waveform
from memnet.units import Floats

SETTLED_SHARE = 1.0 / 512.0  # of full scale: half a step of eight bits


def settling_time_s(wave: Waveform, final_v: Floats, full_scale_v: float, start_s: float) -> float | None:
    """Return the time from `start_s` until the last output stays within full scale / 512 of its final value.

    Parameters
    ----------
    wave : waveforms of all outputs
    final_v : (outputs,) volts, the dc solution
    full_scale_v : full scale of the outputs, volts
    start_s : when the input steps

    Returns
    -------
    seconds; 0 if no output is outside the band from `start_s` on, None if one still is when the waveform ends
    """
    band, after = full_scale_v * SETTLED_SHARE, wave.time_s > start_s
    time_s = np.append(start_s, wave.time_s[after])
    away_v = np.concatenate([wave.at(np.array([start_s])), wave.volts[after]]) - final_v
    latest = 0.0
    for away in away_v.T:
        outside = np.flatnonzero(np.abs(away) > band)
        if not len(outside):
            continue
        last = int(outside[-1])
        if last == len(time_s) - 1:
            return None
        latest = max(latest, _crossing(time_s, away, last, band) - start_s)
    return latest


def _crossing(time_s: Floats, away: Floats, last: int, band: float) -> float:
    """Return when a voltage enters the band around 0 V on the straight line from point `last` to the next, seconds."""
    before, after = float(away[last]), float(away[last + 1])
    share = (before - math.copysign(band, before)) / (before - after)
    return float(time_s[last] + share * (time_s[last + 1] - time_s[last]))
