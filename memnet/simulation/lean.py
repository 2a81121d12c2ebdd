"""Runs decks whose amplifiers have no clamps and slew limits, and checks that none would have mattered.

Clamp diodes and the tanh of the input stage take two thirds of a simulation, for amplifiers that a deployment keeps
far from either. So a deck is first simulated without them. Where a voltage comes out near saturation, or an input
stage was driven out of its linear range, the deck is simulated again with everything; knows no circuit's meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from memnet.circuit import Bank, Circuit, Followers, Inverters, Nets, TiaPairs, is_on
from memnet.errors import ConvergenceError
from memnet.netlist import Deck
from memnet.simulation.engines.base import Engine, Result

Floats = npt.NDArray[np.float64]
CLAMP_MARGIN_V = 0.1  # a clamp diode this far from conducting carries its saturation current of 10 fA at most
LINEAR_SHARE = 0.1  # of the slew limit: up to here tanh(x) is x within 0.33 %, for as long as the slope lasts


def run_lean(
    circuit: Circuit,
    write: Callable[[bool, tuple[str, ...]], Deck],
    vectors: Sequence[str],
    engine: Engine,
    *,
    slew: bool,
) -> tuple[Result, bool]:
    """Simulate a deck without limits if that is the same, else with them.

    Parameters
    ----------
    circuit : of the deck's blocks alone
    write : makes the deck, given whether it is to be lean and the vectors to save
    vectors : what the caller wants; the result has them first

    Returns
    -------
    result, and whether the lean deck was good enough
    """
    watched = _watched(circuit, slew)
    saved = tuple(dict.fromkeys((*vectors, *(f"v(n{net})" for net in watched.tolist()))))
    try:
        result = engine.run(write(True, saved))
    except ConvergenceError:  # clamps also bound Newton's steps
        return engine.run(write(False, tuple(vectors))), False
    column = {vector: at for at, vector in enumerate(saved)}
    volts = np.zeros((len(result.axis), circuit.nets + 1))
    volts[:, watched] = result.values[:, [column[f"v(n{net})"] for net in watched.tolist()]]
    if all(_linear(circuit, bank, volts, slew) for block in circuit.blocks for bank in block.banks):
        return result, True
    return engine.run(write(False, tuple(vectors))), False


def _powered(circuit: Circuit) -> list[TiaPairs | Inverters | Followers]:
    banks = [bank for block in circuit.blocks for bank in block.banks]
    return [
        bank
        for bank in banks
        if isinstance(bank, TiaPairs | Inverters | Followers) and is_on(bank.gate, circuit.selects)
    ]


def _watched(circuit: Circuit, slew: bool) -> Nets:
    """Return the nets of amplifier outputs and, where slopes matter, of their inputs."""
    nets: list[Nets] = [np.zeros(0, dtype=np.int64)]
    for bank in _powered(circuit):
        match bank:
            case TiaPairs():
                nets += [bank.middle, bank.out] + ([bank.plus, bank.minus] if slew else [])
                nets += [bank.positive] if slew and bank.positive is not None else []
            case Inverters():
                nets += [bank.out] + ([bank.sum] if slew else [])
            case Followers():
                nets += [bank.out] + ([bank.input] if slew else [])
    return np.unique(np.concatenate(nets))


def _linear(circuit: Circuit, bank: Bank, volts: Floats, slew: bool) -> bool:
    """Tell whether an amplifier bank stays out of saturation and, in time, within its input stage's linear range."""
    if not isinstance(bank, TiaPairs | Inverters | Followers) or not is_on(bank.gate, circuit.selects):
        return True
    clamp_v = circuit.technology.opamp.saturation_v - circuit.technology.macromodel.clamp_drop_v
    for differential, out, rectified in _amplifiers(bank, volts):
        if np.abs(out).max(initial=0.0) > clamp_v - CLAMP_MARGIN_V:
            return False
        # An output stage held at 0 V drives its input far off, which changes nothing until it lets go.
        moving = np.where(out > 0, differential, 0.0) if rectified else differential
        if slew and np.abs(moving).max(initial=0.0) > LINEAR_SHARE * _linear_range_v(circuit):
            return False
    return True


def _amplifiers(bank: TiaPairs | Inverters | Followers, volts: Floats) -> list[tuple[Floats, Floats, bool]]:
    """Return differential input, output and rectification of the amplifiers of a bank."""
    match bank:
        case TiaPairs():
            first = volts[:, bank.plus] - (0.0 if bank.positive is None else volts[:, bank.positive])
            return [
                (first, volts[:, bank.middle], False),
                (volts[:, bank.minus], volts[:, bank.out], bank.rectified),
            ]
        case Inverters():
            return [(volts[:, bank.sum], volts[:, bank.out], False)]
        case Followers():
            return [(volts[:, bank.input] - volts[:, bank.out], volts[:, bank.out], bank.rectified)]


def _linear_range_v(circuit: Circuit) -> float:
    """Return the differential voltage at which the input stage's current would reach the slew limit."""
    opamp = circuit.technology.opamp
    return opamp.slew_v_per_s / (2 * np.pi * opamp.gbw_hz)
