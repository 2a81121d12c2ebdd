# SPDX-License-Identifier: GPL-3.0-or-later
"""What all kinds of banks have in common: nets and values by name, subsets, other net numbers, heat of resistances."""

from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from deployments import CELL, deployed, hypercell, whole

from memnet.circuit import banks as kinds
from memnet.circuit import lines, reads, wires
from memnet.circuit.base import HEAT_PARTS, Bank, amplifier_nets
from memnet.circuit.build import build_circuit
from memnet.deployment import REMEDIES, ChipDevices, Wiring
from memnet.devices import memristor_model
from memnet.netlist.elements import ELEMENTS, element_of

KINDS = list(ELEMENTS)


@cache
def examples():
    """Return the circuits that have banks of every kind, and all their banks."""
    made = deployed(whole(CELL, channels=1))
    ohms, farads = {"row_ohm": 1.0, "column_ohm": 2.0, "strap_ohm": 0.5}, {"row_farad": 1e-16, "column_farad": 2e-16}
    wiring = Wiring(rows=8, columns=8, remedies=frozenset(REMEDIES), **ohms, **farads)
    circuits = (
        made.circuit,
        build_circuit(made.deployment, ChipDevices(made.deployment, wiring=wiring)),
        deployed(hypercell(), structure="shared").circuit,
        build_circuit(made.deployment, ChipDevices(made.deployment, memristor=memristor_model("sinh"))),
    )
    return [(circuit, bank) for circuit in circuits for block in circuit.blocks for bank in block.banks]


def of_kind(kind):
    found = [(circuit, bank) for circuit, bank in examples() if type(bank) is kind]
    assert found
    return found


def arrays(bank):
    return {each.name: value for each in fields(bank) if isinstance(value := getattr(bank, each.name), np.ndarray)}


def test_every_kind_has_an_element():
    each = {
        kind
        for kind in (*vars(kinds).values(), *vars(wires).values(), *vars(lines).values(), *vars(reads).values())
        if isinstance(kind, type) and issubclass(kind, Bank)
    }
    assert set(KINDS) == each - {Bank, kinds.Crosspoints}


@pytest.mark.parametrize("kind", KINDS)
def test_all_arrays_are_named(kind):
    for _, bank in of_kind(kind):
        assert set(arrays(bank)) == {*bank.nets(), *bank.values()}
        assert all(nets.dtype == np.int64 for nets in bank.nets().values())
        assert all(values.dtype == np.float64 for values in bank.values().values())
        assert {len(array) for array in arrays(bank).values()} == {len(bank)}
        assert len(bank.nets()) == len(bank.reads()) + len(bank.drives())


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_and_other_numbers_leave_the_rest_as_it_is(kind):
    for _, bank in of_kind(kind)[:3]:
        chosen = np.arange(len(bank)) % 3 == 1
        for rows in (slice(1, 3), chosen, np.flatnonzero(chosen)):
            part = bank.take(rows)
            assert all(np.array_equal(array, arrays(bank)[name][rows]) for name, array in arrays(part).items())
            assert arrays(part).keys() == arrays(bank).keys()
            assert (part.select, part.common()) == (bank.select, bank.common())
        moved = bank.renamed(lambda nets: nets + 10)
        assert all(np.array_equal(nets, bank.nets()[name] + 10) for name, nets in moved.nets().items())
        assert all(values is bank.values()[name] for name, values in moved.values().items())


@pytest.mark.parametrize("kind", KINDS)
def test_amplifiers_are_those_of_the_tally_and_of_the_element(kind):
    for _, bank in of_kind(kind):
        assert len(amplifier_nets([bank])) == bank.tally().amplifiers
        assert len(element_of(bank).opamps) == len(bank.amplifiers())
        for each in bank.amplifiers():
            ends = [each.inverting, each.out, *([] if each.noninverting is None else [each.noninverting])]
            assert all(any(np.array_equal(end, nets) for nets in bank.nets().values()) for end in ends)


@pytest.mark.parametrize("kind", KINDS)
def test_heat_is_voltage_times_current_of_each_resistance(kind):
    random = np.random.default_rng(0)
    for circuit, bank in of_kind(kind)[:5]:
        volts = random.normal(size=(2, circuit.nets + 1))
        if kind is reads.ReadMemristors:  # which at f(V) = V are resistors
            volts[:, bank.read] = volts[:, bank.row]
        heat = bank.heat_w(volts, circuit.selects, circuit.technology)
        assert set(heat) <= set(HEAT_PARTS)
        expected = np.zeros(2)
        for each in bank.resistances(circuit.selects, circuit.technology):
            across = volts[:, each.first] - volts[:, each.second]
            expected += (across * (across * each.siemens)).sum(axis=1)
        if kind is not kinds.Selectors:  # which of their switches are closed depends on the voltages
            np.testing.assert_allclose(sum(heat.values(), np.zeros(2)), expected, rtol=1e-12)
