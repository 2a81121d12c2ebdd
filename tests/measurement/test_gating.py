# SPDX-License-Identifier: GPL-3.0-or-later
"""Unselected units draw next to nothing, their crossbars included; and the check sees crossbars left connected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hyper import IMAGES, hyper, solve

from memnet.circuit.banks import Memristors
from memnet.measurement.gating import unit_of, unit_powers, worst_shares

ALLOWED = 1e-3
EXAMPLES = {"shared": "random:7", "duplicated": "random:7", "slotted": "random-derived:11"}  # have every operation


def solved(assembly, circuit):
    return solve(circuit, assembly.input_volts(assembly.dataset.test_images[:IMAGES]))


def crossbar_shares(units):
    """Return for each cell what the crossbars of unselected convolution units draw, as a share of selected ones."""
    units = [unit for unit in units if unit.kind == "convolution"]
    shares = []
    for cell in sorted({unit.cell for unit in units}):
        alike = [unit for unit in units if unit.cell == cell]
        on, off = ([unit.crossbars_w for unit in alike if unit.on == state] for state in (True, False))
        if on and off:
            shares.append(max(off) / np.mean(on))
    return shares


@pytest.mark.parametrize("structure", list(EXAMPLES))
def test_an_unselected_unit_draws_at_most_a_thousandth(structure, small_digits):
    assembly = hyper(EXAMPLES[structure], structure, small_digits)
    solution = solved(assembly, assembly.circuit)
    units = unit_powers(assembly.circuit, solution.volts, solution.currents)
    shares = worst_shares(units)
    lent = {"lent"} if structure != "duplicated" else set()
    assert {kind for _, kind in shares} >= {"convolution", "max", "avg", "skip"} | lent
    assert max(shares.values()) < ALLOWED, shares
    assert max(crossbar_shares(units)) < ALLOWED
    working = [unit for unit in units if unit.on and unit.kind == "convolution"]
    assert all(unit.crossbars_w > 0 and unit.amplifiers_w > 0 for unit in working)


def test_crossbars_left_connected_are_seen(small_digits):
    """With op-amps off and memristors still in, rows drive the dead columns: the same check must refuse it."""
    assembly = hyper("random:7", "shared", small_digits)
    circuit = assembly.circuit
    connected = replace(
        circuit, blocks=tuple(replace(block, banks=tuple(map(_connected, block.banks))) for block in circuit.blocks)
    )
    solution = solved(assembly, connected)
    # The accounts go by the select nets, so these banks get nets of their own that are on: what conducts is counted.
    on = {f"left/{name}": True for name in circuit.selects}
    named = replace(
        circuit,
        selects=circuit.selects | on,
        blocks=tuple(replace(block, banks=tuple(_named(bank) for bank in block.banks)) for block in circuit.blocks),
    )
    units = unit_powers(named, solution.volts, solution.currents)
    selected = {unit.unit for unit in units if unit.on}
    units = [
        replace(unit, unit=unit.unit.removeprefix("left/"), on=unit.unit.removeprefix("left/") in selected)
        for unit in units
        if unit.unit.startswith("left/")
    ]
    assert max(crossbar_shares(units)) > 10 * ALLOWED


def _connected(bank):
    return replace(bank, select="") if isinstance(bank, Memristors) else bank


def _named(bank):
    return replace(bank, select=f"left/{bank.select}") if isinstance(bank, Memristors) and bank.select else bank


def test_units_by_their_select_nets():
    assert unit_of("cell0/node3/edge1/sep") == ("cell0/node3/edge1", "convolution")
    assert unit_of("cell1/node5/slot1/dil/from4") == ("cell1/node5/slot1", "convolution")
    assert unit_of("cell1/node5/slot1/dw1/from0") == ("cell1/node5/slot1", "convolution")
    assert unit_of("cell0/node2/edge0/sep_conv_5x5/conv") == ("cell0/node2/edge0/sep_conv_5x5", "convolution")
    assert unit_of("cell0/max_pool-state3/on") == ("cell0/max_pool-state3", "max_pool")
    assert unit_of("cell0/node2/edge0/max") == ("cell0/node2/edge0/max", "max")
    assert unit_of("cell0/node2/edge0/powered") == ("cell0/node2/edge0", "convolution")
    assert unit_of("cell0/node5/slot1/max/from3") == ("cell0/node5/slot1/max", "max")
