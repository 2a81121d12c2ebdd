"""When outputs have settled, and how long a circuit may need to; knows waveforms and banks, no simulator."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from memnet.circuit.amplifiers import noise_gain
from memnet.circuit.banks import Block, Circuit, Followers, Inverters, Nets, Selectors, TiaPairs, is_on
from memnet.circuit.build import column_siemens
from memnet.simulation.waveforms import Waveform

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


def critical_path_s(circuit: Circuit) -> float:
    """Return the largest sum of closed-loop time constants along any path from the input to the outputs."""
    arrival: dict[str, float] = {}
    for block in circuit.blocks:
        ready = max((arrival.get(group, 0.0) for group in block.inputs), default=0.0) + block_time_s(circuit, block)
        arrival.update(dict.fromkeys(block.outputs, ready))
    return arrival[circuit.output]


def block_time_s(circuit: Circuit, block: Block) -> float:
    """Return the sum of the slowest time constants of the amplifiers and comparators that a signal passes in a block.

    An op-amp in feedback has tau = noise gain / (2 pi GBW).
    """
    technology, total = circuit.technology, 0.0
    unity = 1.0 / (2 * math.pi * technology.opamp.gbw_hz)

    def siemens(columns: Nets) -> Floats:
        return column_siemens(block.banks, columns, circuit.selects, technology)

    for bank in block.banks:
        if not is_on(getattr(bank, "gate", ""), circuit.selects):
            continue
        match bank:
            case TiaPairs():
                plus = noise_gain(bank.feedback_plus, siemens(bank.plus))
                minus = noise_gain(bank.feedback_minus, siemens(bank.minus) + 1.0 / bank.coupling)
                total += unity * float((plus + minus).max())
            case Inverters():
                total += unity * float(noise_gain(bank.feedback, siemens(bank.sum)).max())
            case Followers():
                total += unity
            case Selectors():
                total += technology.comparator.delay_s
            case _:
                pass
    return total
