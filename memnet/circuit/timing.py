"""How long amplifiers and blocks need, from banks alone; knows no waveforms and no simulator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from memnet.circuit.amplifiers import noise_gain
from memnet.circuit.banks import GROUND, Bank, Floats, Followers, Inverters, Nets, Selectors, Switches, TiaPairs, is_on
from memnet.circuit.blocks import Block, Circuit
from memnet.circuit.build import column_siemens


def critical_path_s(circuit: Circuit) -> float:
    """Return the largest sum of closed-loop time constants along any path from the input to the outputs."""
    return arrivals_s(circuit, circuit.blocks)[circuit.output]


def arrivals_s(circuit: Circuit, blocks: Sequence[Block]) -> dict[str, float]:
    """Return for each net group that some blocks, in topological order, drive the largest sum on any path to it."""
    arrival: dict[str, float] = {}
    for block in blocks:
        ready = max((arrival.get(group, 0.0) for group in block.inputs), default=0.0) + block_time_s(circuit, block)
        for group in block.outputs:  # which a block may drive in part
            arrival[group] = max(ready, arrival.get(group, 0.0))
    return arrival


def block_time_s(circuit: Circuit, block: Block) -> float:
    """Return the sum of the slowest time constants of the amplifiers and comparators that a signal passes in a block.

    An op-amp in feedback has tau = noise gain / (2 pi GBW).
    """
    technology, total = circuit.technology, 0.0
    unity = 1.0 / (2 * math.pi * technology.opamp.gbw_hz)

    banks = block.banks[:]
    lent = any(_lends(bank, circuit.selects) for bank in banks)

    def siemens(columns: Nets) -> Floats:
        return column_siemens(banks, columns, circuit.selects, technology)

    for bank in banks:
        if not is_on(getattr(bank, "gate", ""), circuit.selects):
            continue
        match bank:
            case TiaPairs():
                plus = noise_gain(bank.feedback_plus, siemens(bank.plus))
                minus = noise_gain(bank.feedback_minus, siemens(bank.minus) + 1.0 / bank.coupling)
                # What a lent first amplifier buffers is read behind it.
                total += unity * float((plus if lent else plus + minus).max())
            case Inverters():
                total += unity * float(noise_gain(bank.feedback, siemens(bank.sum)).max())
            case Followers():
                total += unity
            case Selectors():
                total += technology.comparator.delay_s
            case _:
                pass
    return total


def _lends(bank: Bank, selects: Mapping[str, bool]) -> bool:
    """Tell whether a bank switches something else than ground to the first amplifiers of its block."""
    if not isinstance(bank, Switches) or not bank.select or not is_on(bank.select, selects):
        return False
    return bool(np.any(bank.first != GROUND))
