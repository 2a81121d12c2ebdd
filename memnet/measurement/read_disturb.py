# SPDX-License-Identifier: GPL-3.0-or-later
"""Read disturb: conductances of a chip's memristors after their rows were at the voltages of some images for long."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from memnet.circuit import Circuit, Memristors, build_circuit
from memnet.deployment import SIDES, ChipDevices, Place
from memnet.devices.memristors import MemristorModel, RateTable, carried
from memnet.numeric import NumericCircuit
from memnet.units import Floats

TABLE_V = 0.05  # tables of rates end at whole multiples of this


def conductances_after(
    devices: ChipDevices, numeric: NumericCircuit, model: MemristorModel, images_v: Floats, seconds: float
) -> dict[Place, Floats]:
    """Return the conductances of all memristors after a time of reads, (crossings,) siemens by stage, unit and side.

    Each device sees the voltage of its row for the same time of each image; its column is a virtual ground at 0 V. The
    voltages stay what they are at the beginning. Between images, and in rows that are switched out, no state moves.

    Parameters
    ----------
    devices : what stands on the chip at the beginning
    numeric : their circuit in the numeric engine
    model : how states move
    images_v : (images, input nets) volts
    seconds : of reading in all

    Raises
    ------
    SetupError
        no state of the model has the conductance of a device
    """
    circuit = build_circuit(devices.deployment, replace(devices, memristor=None))
    nets_v = net_volts(circuit, numeric, images_v)
    table = _rate_table(model, TABLE_V * float(np.ceil(np.abs(nets_v).max() / TABLE_V)))
    after: dict[Place, Floats] = {}
    blocks = {block.name: block for block in circuit.blocks}
    for stage in devices.deployment.plan.stages:
        banks = iter([bank for bank in blocks[stage.name].banks if isinstance(bank, Memristors)])
        for term in stage.memristor_terms:
            for side in SIDES:
                bank = next(banks)
                on = bank.on(circuit.selects) and devices.deployment.plan.on(stage.gate)
                after[stage.name, term.unit, side] = _after(bank, model, table, nets_v, seconds) if on else bank.siemens
    return after


def net_volts(circuit: Circuit, numeric: NumericCircuit, images_v: Floats) -> Floats:
    """Return the voltages that the rows of memristors are at, (nets, images); 0 V where no net is driven."""
    driven = [name for name in numeric.last_use_of if name in circuit.groups and name != "input"]
    volts = numeric.run(images_v, keep=driven).volts
    nets = np.zeros((circuit.nets + 1, len(images_v)))
    for group, values in volts.items():
        nets[circuit.groups[group].nets] = values.T
    nets[circuit.groups["bias"].nets] = circuit.bias_v
    nets[circuit.groups["input"].nets] = images_v.T
    return nets


def _after(bank: Memristors, model: MemristorModel, table: RateTable, nets_v: Floats, seconds: float) -> Floats:
    """Return the conductances of a bank after a time of reads, (devices,) siemens."""
    rows, row = np.unique(bank.row, return_inverse=True)
    rates = table.means(nets_v[rows])
    before = model.programmed(bank.siemens)
    moved = carried(before, row, table.states, rates, seconds)
    # The difference, added: a conductance that is computed back from its state is off by its last digits.
    return np.asarray(bank.siemens + (model.conductance(moved) - model.conductance(before)))


@lru_cache(maxsize=4)
def _rate_table(model: MemristorModel, most_v: float) -> RateTable:
    return RateTable.of(model, most_v)
