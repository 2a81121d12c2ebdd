# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of single devices worked out by hand: conductances, offsets, heat, time constants; knows no whole circuit."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from deployments import deployed, primitive

from memnet.circuit.amplifiers import noise_gain
from memnet.circuit.banks import Memristors, Selectors, with_offsets
from memnet.circuit.base import SWITCHES, column_siemens
from memnet.circuit.timing import block_time_s
from memnet.technology import load_technology

TECHNOLOGY = load_technology()


def test_the_noise_gain_of_a_column_without_devices_is_one():
    assert noise_gain(np.array([1e4, 1e4]), np.array([0.0, 3e-4])).tolist() == pytest.approx([1.0, 4.0])


def test_every_column_of_a_range_has_the_devices_that_run_into_it():
    bank = Memristors(
        row=np.array([1, 2, 1, 1]), column=np.array([5, 6, 7, 9]), siemens=np.array([1e-6, 2e-6, 4e-6, 1.0])
    )
    assert column_siemens([bank], np.array([5, 6, 7]), {}, TECHNOLOGY).tolist() == pytest.approx([1e-6, 2e-6, 4e-6])


def test_a_switch_is_part_of_a_resistance_or_an_element_by_itself():
    ron, roff = TECHNOLOGY.switch.ron_ohm, TECHNOLOGY.switch.roff_ohm
    bank = Memristors(row=np.array([1]), column=np.array([2]), siemens=np.array([1e-5]), select="s")
    written = [bank.written_ohm(selects, TECHNOLOGY)[0] for selects in (None, {"s": True}, {"s": False})]
    assert written == pytest.approx([1e5 - ron, 1e5, 1e5 - ron + roff])
    assert replace(bank, select="").written_ohm(None, TECHNOLOGY)[0] == pytest.approx(1e5)


def test_an_export_adds_to_the_offset_of_the_technology_what_is_missing():
    technology = replace(TECHNOLOGY, opamp=replace(TECHNOLOGY.opamp, offset_v=4e-4))
    found = with_offsets({"offset": np.array([1e-3, 4e-4])}, technology)
    assert found["offset_v"].tolist() == pytest.approx([6e-4, 0.0])
    gm = technology.macromodel.transconductance_siemens
    assert found["offset_a"].tolist() == pytest.approx([1e-3 * gm, 4e-4 * gm])


@pytest.mark.parametrize("larger", [0, 1])
def test_the_closed_switch_of_a_selector_leads_to_the_larger_input(larger):
    bank = Selectors(first=np.array([1]), second=np.array([2]), decision=np.array([3]), out=np.array([4]))
    volts = np.zeros((1, 5))
    volts[0, 1 + larger] = 0.1
    volts[0, 3] = 0.1 * (1 - 2 * larger)  # the comparator's gain is 1
    volts[0, 4] = 0.1 - 1e-4
    heat = bank.heat_w(volts, {}, TECHNOLOGY)[SWITCHES][0]
    expected = 1e-4**2 / TECHNOLOGY.switch.ron_ohm + 0.0999**2 / TECHNOLOGY.switch.roff_ohm
    assert heat == pytest.approx(expected, rel=1e-9)


def test_a_max_pool_takes_the_delays_of_its_comparators_and_of_a_follower():
    circuit = deployed(primitive("max_pool_3x3"), images=1).circuit
    block = next(block for block in circuit.blocks if block.kind == "max_pool")
    ranks = sum(isinstance(bank, Selectors) for bank in block.banks)
    opamp, comparator = circuit.technology.opamp, circuit.technology.comparator
    assert ranks == 4  # two along each axis
    assert block_time_s(circuit, block) == pytest.approx(ranks * comparator.delay_s + 1 / (2 * pi * opamp.gbw_hz))
