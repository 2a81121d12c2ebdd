# SPDX-License-Identifier: GPL-3.0-or-later
"""One read of a chip in SPICE, in which the states of its memristors move, held against their law."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from memnet.devices import MemristorModel
from memnet.devices.memristors import RateTable, carried
from memnet.errors import SetupError, choices
from memnet.flow.deployed import DeployedChip
from memnet.flow.reading import devices_circuit, refuse_beyond
from memnet.netlist import external_groups
from memnet.numeric import NumericCircuit
from memnet.simulation import MovingStates, simulate_moving_states
from memnet.simulation.engines import find_engine
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingRead:
    """A step from the first test image to the second, simulated with moving states.

    Attributes
    ----------
    block : that was simulated; '' for the whole network
    seconds, points : that it lasted, and the simulator's time steps
    compiled : whether devices were a compiled module
    move : largest change of a state, in its own unit
    error : largest difference to the law in NumPy under the simulated voltages, as a share of `move`
    settled_error : the same to the mean rate under the voltages at the end, which `Chip.disturb` carries states by
    wall_s : seconds that the simulator took
    """

    block: str
    devices: int
    seconds: float
    points: int
    compiled: bool
    move: float
    error: float
    settled_error: float
    engine: str
    wall_s: float

    def figures(self) -> dict[str, Any]:
        """Return all figures by name."""
        return asdict(self)


def read_in_spice(
    chip: DeployedChip, model: MemristorModel, seconds: float, block: str | None, engine: str | None
) -> MovingRead:
    """Simulate the step from the first test image to the second, and hold the states at its end against their law.

    Parameters
    ----------
    model : of the chip's memristors, whose states voltage moves
    block : to simulate by itself, with the voltages that the numeric engine gives its inputs; None for all

    Raises
    ------
    SetupError
        no block of that name has memristors, there are too many for one deck, or they stand in cells
    EngineNotFound, SimulationError
        no simulator is here, or it finds no solution
    """
    if chip.devices.access is not None:
        raise SetupError("a read in SPICE and cells: give one of them; use a chip without --cell")
    circuit = devices_circuit(chip.devices, str(chip.memristor_name), switches=False)
    blocks = circuit.blocks
    if block is not None:
        with_devices = {each.name: each for each in blocks if each.memristors()}
        if block not in with_devices:
            raise SetupError(f"block {block!r}: {choices(block, with_devices)}")
        blocks = (with_devices[block],)
    images_v = chip.input_volts(chip.dataset.test_images[:2])
    groups = [name for name in external_groups(blocks) if name != "input"]
    volts = {"input": images_v}
    if groups:
        reads = NumericCircuit(chip.devices).run(images_v, keep=groups)
        refuse_beyond(chip.devices, reads.peaks_v)
        volts = {**reads.volts, **volts}
    simulator = find_engine(engine)
    before, after = ({name: values[index] for name, values in volts.items()} for index in (0, 1))
    found = simulate_moving_states(circuit, blocks, before, after, seconds, simulator)
    start, end = found.states[0], found.states[-1]
    move = float(np.abs(end - start).max())
    return MovingRead(
        block=block or "",
        devices=len(start),
        seconds=seconds,
        points=len(found.time_s),
        compiled=found.compiled,
        move=move,
        error=_share(found.integrated(model) - end, move),
        settled_error=_share(_settled(found, model, seconds) - end, move),
        engine=simulator.name,
        wall_s=found.wall_s,
    )


def _settled(found: MovingStates, model: MemristorModel, seconds: float) -> Floats:
    """Return the states that a read at the voltages of its end, from its beginning on, would lead to, (devices,)."""
    last = found.volts[-1]
    table = RateTable.of(model, float(np.abs(last).max()))
    return carried(found.states[0], np.arange(len(last)), table.states, table.means(last[:, None]), seconds)


def _share(difference: Floats, move: float) -> float:
    return float(np.abs(difference).max() / move) if move else 0.0
