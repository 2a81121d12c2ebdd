# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulates decks without clamps and slew limits (lean), and again in full where an amplifier came near these limits.

The clamp diodes and the limiter of the input stage take half of the time of a simulation, although a deployment
keeps its amplifiers far from both limits. So a deck is first simulated without them. If an output voltage then lies
near saturation, or a differential input voltage outside the linear range of the input stage, the deck is simulated
again with clamps and slew limits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from memnet.circuit import Amplifiers, Circuit, Nets
from memnet.errors import ConvergenceError
from memnet.netlist import Deck
from memnet.simulation.engines.base import Engine, Result
from memnet.units import Floats

CLAMP_MARGIN_V = 0.1  # a clamp diode this far from conducting carries its saturation current of 10 fA at most
LINEAR_SHARE = 0.9  # of the slew limit, below which the input stage is linear: between time points it may go further


def run_lean(
    circuit: Circuit,
    write: Callable[[bool, tuple[str, ...]], Deck],
    vectors: Sequence[str],
    engine: Engine,
    *,
    slew: bool,
) -> tuple[Result, bool]:
    """Simulate a deck without clamps and slew limits, and again with them if an amplifier came near its limits.

    Parameters
    ----------
    circuit : with the deck's blocks only
    write : returns the deck; called with whether the deck is lean, and the vectors to save
    vectors : that the caller needs; they are the first columns of the result
    slew : check slew limits too, which matter in a transient

    Returns
    -------
    the result, and whether it is that of the lean deck
    """
    checked = _checked_nets(circuit, slew)
    saved = tuple(dict.fromkeys((*vectors, *(f"v(n{net})" for net in checked.tolist()))))
    try:
        result = engine.run(write(True, saved))
    except ConvergenceError:  # clamps also limit the steps of Newton's method, so the full deck may converge
        return engine.run(write(False, tuple(vectors))), False
    column = {vector: index for index, vector in enumerate(saved)}
    volts = np.zeros((len(result.axis), circuit.nets + 1))  # by net number; 0 is ground
    volts[:, checked] = result.values[:, [column[f"v(n{net})"] for net in checked.tolist()]]
    if all(_linear(circuit, each, volts, slew) for each in _powered(circuit)):
        return result, True
    return engine.run(write(False, tuple(vectors))), False


def _powered(circuit: Circuit) -> list[Amplifiers]:
    """Return the op-amps of all banks whose select net is high or that have none."""
    banks = [bank for block in circuit.blocks for bank in block.banks if bank.on(circuit.selects)]
    return [each for bank in banks for each in bank.amplifiers()]


def _checked_nets(circuit: Circuit, slew: bool) -> Nets:
    """Return the output nets of powered amplifiers and, with `slew`, their input nets."""
    nets: list[Nets] = [np.zeros(0, dtype=np.int64)]
    for each in _powered(circuit):
        nets += [each.out] + ([each.inverting] if slew else [])
        nets += [each.noninverting] if slew and each.noninverting is not None else []
    return np.unique(np.concatenate(nets))


def _linear(circuit: Circuit, each: Amplifiers, volts: Floats, slew: bool) -> bool:
    """Tell whether amplifiers stay clear of saturation and, with `slew`, in their inputs' linear range."""
    clamp_v = circuit.technology.opamp.saturation_v - circuit.technology.macromodel.clamp_drop_v
    out = volts[:, each.out]
    if np.abs(out).max(initial=0.0) > clamp_v - CLAMP_MARGIN_V:
        return False
    if not slew:
        return True
    differential = volts[:, each.inverting] - (0.0 if each.noninverting is None else volts[:, each.noninverting])
    # While a rectifying output stage holds 0 V, the loop is open: a large differential input has no effect.
    effective = np.where(out > 0, differential, 0.0) if each.rectified else differential
    return bool(np.abs(effective).max(initial=0.0) <= LINEAR_SHARE * _linear_range_v(circuit))


def _linear_range_v(circuit: Circuit) -> float:
    """Return the differential input at which a linear input stage reaches the slew limit: slew rate / (2 pi GBW)."""
    opamp = circuit.technology.opamp
    return opamp.slew_v_per_s / (2 * np.pi * opamp.gbw_hz)
