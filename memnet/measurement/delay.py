# SPDX-License-Identifier: GPL-3.0-or-later
"""Settling times of waveforms."""

from __future__ import annotations

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
    seconds; 0 if no output is outside the band after `start_s`, None if one still is when the waveform ends
    """
    band = full_scale_v * SETTLED_SHARE
    outside = np.abs(wave.volts - final_v) > band
    outside &= (wave.time_s > start_s)[:, None]
    latest = 0.0
    for output in range(wave.volts.shape[1]):
        points = np.flatnonzero(outside[:, output])
        if not len(points):
            continue
        last = int(points[-1])
        if last == len(wave.time_s) - 1:
            return None
        latest = max(latest, _crossing(wave, output, last, float(final_v[output]), band) - start_s)
    return latest


def _crossing(wave: Waveform, output: int, last: int, final_v: float, band: float) -> float:
    """Return when an output enters the band on the straight line from point `last` to the next, seconds."""
    before, after = (abs(float(wave.volts[point, output]) - final_v) for point in (last, last + 1))
    share = (before - band) / max(before - after, 1e-30)
    return float(wave.time_s[last] + min(max(share, 0.0), 1.0) * (wave.time_s[last + 1] - wave.time_s[last]))
