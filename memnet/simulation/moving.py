# SPDX-License-Identifier: GPL-3.0-or-later
"""A transient in which the states of memristors move as their law says: blocks or a whole network, in one deck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from memnet.circuit import GROUND, Block, Circuit, Memristors, Nets
from memnet.devices.memristors import MemristorModel
from memnet.errors import SetupError
from memnet.netlist import Transient, external_groups, find_dialect, flat_deck
from memnet.simulation.engines.base import Engine, deck_dialect
from memnet.simulation.transient import input_step
from memnet.simulation.verilog_a import law_module
from memnet.simulation.waveforms import Waveform
from memnet.units import Floats

MOST_DEVICES = 20_000  # memristors in one deck; compiled ones take 1 to 3 us a time step, some ten times as long else
MOST_VALUES = 2**27  # voltages of nets and states at the points asked for: 1 GiB
POINTS = 200  # time steps that a run has at least
RELTOL = 1e-5  # at 1e-3 an abrupt write ends in a wrong state


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingStates:
    """States of memristors and the voltages across them, simulated.

    Attributes
    ----------
    time_s : (points,) chosen by the simulator
    volts : (points, devices) across each, row to column
    states : (points, devices)
    blocks : (devices,) number of the block that each stands in
    compiled : whether devices were a compiled module
    wall_s : seconds that the simulator took
    """

    time_s: Floats
    volts: Floats
    states: Floats
    blocks: Nets
    compiled: bool
    wall_s: float

    def integrated(self, model: MemristorModel) -> Floats:
        """Return the states at the end by the law in NumPy under these voltages, (devices,), by Heun's method."""
        state = self.states[0]
        for before, after, step in zip(self.volts[:-1], self.volts[1:], np.diff(self.time_s), strict=True):
            rate = model.rate(before, state)
            state = state + 0.5 * step * (rate + model.rate(after, state + step * rate))
        return np.asarray(state)


def simulate_moving_states(
    circuit: Circuit,
    blocks: Sequence[Block],
    before_v: dict[str, Floats],
    after_v: dict[str, Floats],
    seconds: float,
    engine: Engine,
) -> MovingStates:
    """Simulate blocks with a device of the circuit's law at each crosspoint, whose states move.

    The transient begins at the dc solution of the inputs before their step, with all states as programmed.

    Parameters
    ----------
    circuit : with devices at crosspoints, as `memnet.circuit.at_crosspoints` makes it
    before_v, after_v : voltages (nets,) before and after the step, by each net group that blocks read from outside
    seconds : that the run lasts

    Raises
    ------
    SetupError
        the circuit's law moves no state, or there are more than MOST_DEVICES
    SimulationError
        the deck has no solution
    """
    model, placed = circuit.memristor, _placed(circuit, blocks)
    if model is None or not model.moves:
        raise SetupError("the memristors of this circuit have no state that moves")
    if not 0 < len(placed.numbers) <= MOST_DEVICES:
        raise SetupError(
            f"a read in SPICE: {len(placed.numbers):,} memristors in a deck, which takes {MOST_DEVICES:,}; name a block"
        )
    compiled, dialect = law_module(circuit, engine, always=True), deck_dialect(engine)
    nets = np.unique(np.concatenate([placed.row, placed.column]))
    nets = nets[nets != GROUND]
    waves = {name: input_step(before_v[name], after_v[name], seconds) for name in external_groups(blocks)}
    vectors = (
        *(f"v(n{net})" for net in nets.tolist()),
        *(_state_vector(number, dialect, compiled is not None) for number in placed.numbers.tolist()),
    )
    deck = flat_deck(
        circuit,
        blocks,
        name="moving states",
        inputs={name: wave.volts for name, wave in waves.items()},
        analysis=_analysis(waves, seconds),
        saved=vectors,
        dialect=dialect,
        compiled=compiled,
    )
    result = engine.run(deck)
    if result.values.size > MOST_VALUES:
        raise SetupError(
            f"{len(result.axis):,} time steps of {len(vectors):,} vectors: take a shorter time or one block"
        )
    volts = np.zeros((len(result.axis), circuit.nets + 1))
    volts[:, nets] = result.values[:, : len(nets)]
    return MovingStates(
        time_s=result.axis,
        volts=volts[:, placed.row] - volts[:, placed.column],
        states=result.values[:, len(nets) :],
        blocks=placed.blocks,
        compiled=compiled is not None,
        wall_s=result.wall_s,
    )


def _analysis(waves: Mapping[str, Waveform], seconds: float) -> Transient:
    """Return the transient in which inputs step and states move."""
    return Transient(
        axes_s={name: wave.time_s for name, wave in waves.items()},
        stepping=True,
        step_s=seconds / POINTS,
        stop_s=seconds,
        reltol=RELTOL,
        trtol=1.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Number in the deck, row, column and block of each memristor whose state moves, (devices,) each."""

    numbers: Nets
    row: Nets
    column: Nets
    blocks: Nets


def _placed(circuit: Circuit, blocks: Sequence[Block]) -> _Placed:
    """Return where memristors stand; decks number all of them in the order of blocks and banks."""
    first, found = 0, [(np.zeros(0, dtype=np.int64),) * 4]
    for index, block in enumerate(blocks):
        for bank in block.banks:
            if isinstance(bank, Memristors):
                if bank.device == circuit.memristor:
                    numbers = np.arange(first, first + len(bank))
                    found.append((numbers, bank.row, bank.column, np.full(len(bank), index)))
                first += len(bank)
    numbers, row, column, place = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return _Placed(numbers=numbers, row=row, column=column, blocks=place)


def _state_vector(number: int, dialect: str, compiled: bool) -> str:
    return f"v(n{number}#x)" if compiled else f"v(x{number}{find_dialect(dialect).within}x)"
