# SPDX-License-Identifier: GPL-3.0-or-later
"""Chips of which only a part is drawn at a time: nets and counts known beforehand, the same banks in any order."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from deployments import CELL, cell, deployed, hypercell, primitive, whole

from memnet.circuit import build
from memnet.circuit.base import Tally
from memnet.circuit.blocks import OnDemand, count_devices
from memnet.circuit.build import build_circuit
from memnet.measurement.area import Counts, count_components, count_deployment
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import split
from memnet.simulation.sweep import sweep_images

CASES = {
    "cell": lambda: deployed(cell()),
    "whole": lambda: deployed(whole(CELL, channels=2)),
    "reduced pool": lambda: deployed(primitive("max_pool_3x3", stride=2)),
    **{
        structure: lambda structure=structure: deployed(hypercell(), structure=structure)
        for structure in ("shared", "slotted", "duplicated")
    },
}


@cache
def case(name):
    return CASES[name]()


def arrays(bank):
    return {field.name: getattr(bank, field.name) for field in fields(bank)}


def same(one, other):
    return type(one) is type(other) and all(
        np.array_equal(value, getattr(other, name)) for name, value in arrays(one).items()
    )


@pytest.mark.parametrize("name", CASES)
def test_counts_are_known_before_anything_is_drawn(name):
    circuit = case(name).circuit
    for block in circuit.blocks:
        assert isinstance(block.banks, OnDemand)
        assert block.tally() == count_devices(block.banks)
        assert block.amplifiers() == block.tally().amplifiers and block.memristors() == block.tally().memristors
    drawn = replace(circuit, blocks=tuple(replace(block, banks=tuple(block.banks)) for block in circuit.blocks))
    counted = Counts.of(count_devices(bank for block in circuit.blocks for bank in block.banks))
    assert counted.memristors > 0 or "pool" in name
    assert count_components(drawn) == count_components(circuit) == count_deployment(case(name).deployment)


@pytest.mark.parametrize("name", CASES)
def test_nets_are_numbered_once_and_all_are_used(name):
    circuit = case(name).circuit
    numbered = np.concatenate([group.nets for group in circuit.groups.values()])
    assert np.array_equal(np.sort(numbered), np.arange(1, circuit.nets + 1))
    for block in circuit.blocks:
        touched = np.unique(
            np.concatenate(
                [
                    value.reshape(-1)
                    for bank in block.banks
                    for value in arrays(bank).values()
                    if isinstance(value, np.ndarray) and value.dtype == np.int64
                ]
            )
        )
        own = np.concatenate([circuit.groups[group].nets for group in (*block.outputs, *block.internal)])
        known = np.concatenate([own, *(circuit.groups[group].nets for group in block.inputs), [0]])
        assert set(own.tolist()) <= set(touched.tolist()) <= set(known.tolist())


@pytest.mark.parametrize("name", ["whole", "shared"])
def test_blocks_may_be_drawn_in_any_order_and_again(name, monkeypatch):
    expected = {block.name: tuple(block.banks) for block in case(name).circuit.blocks}
    monkeypatch.setattr(build, "KEPT_DEVICES", 0)
    for block in reversed(build_circuit(case(name).deployment).blocks):
        for _ in range(2):
            assert all(same(*pair) for pair in zip(block.banks, expected[block.name], strict=True))


def test_what_is_kept_is_bounded(monkeypatch):
    calls = []
    real = build._Builder._crossbar
    monkeypatch.setattr(build._Builder, "_crossbar", lambda self, stage: calls.append(stage.name) or real(self, stage))
    circuit = build_circuit(case("whole").deployment)
    first, second = (block for block in circuit.blocks[:2])
    for _ in range(2):
        list(first.banks), list(second.banks)
    assert calls == [first.name, second.name]
    monkeypatch.setattr(build, "KEPT_DEVICES", sum(map(len, second.banks)))
    circuit = build_circuit(case("whole").deployment)
    calls.clear()
    for block in (circuit.blocks[0], circuit.blocks[1], circuit.blocks[1], circuit.blocks[0]):
        list(block.banks)
    assert calls == [first.name, second.name, first.name]


def test_pieces_of_a_block_share_its_count_and_have_all_its_devices():
    circuit = case("whole").circuit
    block = circuit.block("cell1/preprocess1")
    pieces = split(circuit, block, 3)
    assert len(pieces) == 3
    assert sum((piece.tally() for piece in pieces), Tally()) == block.tally()
    drawn = count_devices(bank for piece in pieces for bank in piece.banks)
    assert drawn == block.tally()


def test_placements_are_made_when_they_are_looked_at():
    placement = case("cell").placement
    first = placement.blocks[0]
    assert first is not placement.blocks[0] and np.array_equal(first.level, placement.blocks[0].level)
    assert [block.block for block in placement.blocks[1:3]] == [block.block for block in placement.blocks][1:3]
    assert len(placement) == sum(block.memristors() for block in case("cell").circuit.blocks)


def test_sweeps_do_not_need_the_whole_chip(monkeypatch):
    made = case("whole")
    images_v = made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v
    expected = sweep_images(made.circuit, images_v, find_engine(None)).volts[made.circuit.output]
    monkeypatch.setattr(build, "KEPT_DEVICES", 0)
    circuit = build_circuit(made.deployment)
    np.testing.assert_array_equal(sweep_images(circuit, images_v, find_engine(None)).volts[circuit.output], expected)
