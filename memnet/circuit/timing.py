# SPDX-License-Identifier: GPL-3.0-or-later
"""Time constants of amplifiers and blocks, and the critical path, estimated from banks without simulation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from memnet.circuit.amplifiers import loop_s, noise_gain
from memnet.circuit.banks import Switches
from memnet.circuit.base import GROUND, Amplifiers, Bank, column_siemens
from memnet.circuit.blocks import Block, Circuit
from memnet.circuit.lines import line_farad
from memnet.units import Floats


def critical_path_s(circuit: Circuit) -> float:
    """Return the largest sum of closed-loop time constants, in seconds, along any path from input to outputs."""
    return arrivals_s(circuit, circuit.blocks)[circuit.output]


def arrivals_s(circuit: Circuit, blocks: Sequence[Block]) -> dict[str, float]:
    """Return, by net group that `blocks` drive, the largest sum of time constants, in seconds, on any path to it.

    Parameters
    ----------
    blocks : in topological order; net groups that none of them drives are ready at 0 s
    """
    arrival: dict[str, float] = {}
    for block in blocks:
        ready = max((arrival.get(group, 0.0) for group in block.inputs), default=0.0) + block_time_s(circuit, block)
        for group in block.outputs:  # the pieces of a split block drive a group together
            arrival[group] = max(ready, arrival.get(group, 0.0))
    return arrival


def block_time_s(circuit: Circuit, block: Block) -> float:
    """Return the sum of the slowest time constants, in seconds, of the amplifiers that a signal passes in a block.

    An op-amp in feedback has tau = noise gain / (2 pi GBW), a comparator its delay. With the capacitance C of its lines
    and the conductance G into its virtual ground, the loop has a second pole at tau2 = C / G, see `loop_s`.
    """
    technology, total = circuit.technology, 0.0
    unity = 1.0 / (2 * math.pi * technology.opamp.gbw_hz)

    banks = block.banks[:]
    lent = any(_connects_pool(bank, circuit.selects) for bank in banks)

    def gain(each: Amplifiers) -> Floats:
        """Return the time constants of op-amps over that of a follower."""
        if each.feedback is None:
            return np.ones(1)
        siemens = column_siemens(banks, each.inverting, circuit.selects, technology)
        noise = noise_gain(each.feedback, siemens if each.coupling is None else siemens + 1.0 / each.coupling)
        second_s = line_farad(banks, each.inverting) * each.feedback / noise
        return loop_s(noise, second_s / unity)

    for bank in banks:
        if not bank.on(circuit.selects):
            continue
        # A buffered max pool is read at the middle, before the second TIA.
        passed = bank.amplifiers()[: 1 if lent else None]
        if passed:
            total += unity * float(sum(map(gain, passed), np.zeros(1)).max())
        if bank.tally().selectors:
            total += technology.comparator.delay_s
    return total


def _connects_pool(bank: Bank, selects: Mapping[str, bool]) -> bool:
    """Tell whether a bank is closed switches from a max pool, not from ground, to the first TIAs of its block."""
    if not isinstance(bank, Switches) or not bank.select or not bank.on(selects):
        return False
    return bool(np.any(bank.first != GROUND))
