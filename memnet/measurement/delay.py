"""When outputs have settled, and how long a circuit may need to; knows waveforms, no simulator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from memnet.simulation import Waveform

Floats = npt.NDArray[np.float64]
SETTLED_SHARE = 1.0 / 512.0  # of full scale: half a step of eight bits


def settling_time_s(wave: Waveform, final_v: Floats, full_scale_v: float, start_s: float) -> float | None:
    """Return the time from `start_s` until the last output stays within full scale / 512 of its final value.

    Parameters
    ----------
    wave : (points, outputs)
    final_v : (outputs,) dc solution

    Returns
    -------
    seconds, 0 if no output ever left the band, or None if one has not settled when the waveform ends
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
    """Return when the straight line from point `last` enters the band."""
    here, there = (abs(float(wave.volts[at, output]) - final_v) for at in (last, last + 1))
    share = (here - band) / max(here - there, 1e-30)
    return float(wave.time_s[last] + min(max(share, 0.0), 1.0) * (wave.time_s[last + 1] - wave.time_s[last]))
