# SPDX-License-Identifier: GPL-3.0-or-later
"""Idle amplifiers buffer max pools: the same outputs in every engine, and wrongly set switches are seen."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hyper import IMAGES, hyper
from one_chip import chip, genotype

from memnet.circuit.banks import Followers, Switches, TiaPairs
from memnet.circuit.timing import block_time_s
from memnet.deployment.stages import INPUT, middle_of
from memnet.errors import MappingError
from memnet.netlist.flat import Sweep, external_groups, flat_deck, voltage_vectors
from memnet.network.reference import forward
from memnet.numeric.engine import numeric_sweep
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import cone, excerpt, partition_circuit, split
from memnet.simulation.sweep import sweep_images

CHIPS = [("random:7", "shared"), ("DARTS_V1", "slotted")]
FULL_SCALE_V = 0.2


class Lent:
    """A hypernetwork that buffers max pools with idle units, and what its reference gives."""

    def __init__(self, genotype, structure, dataset, **options):
        self.chip = hyper(genotype, structure, dataset, **options)
        self.circuit, self.plan = self.chip.circuit, self.chip.deployment.plan
        images = np.asarray(dataset.test_images[:IMAGES], dtype=np.float64)
        self.images_v = self.chip.input_volts(images)
        self.logits = forward(self.chip.network, self.chip.parameters, images).logits
        self.lending = [stage for stage in self.plan.stages if any(self.plan.on(term.select) for term in stage.follows)]

    def error(self, circuit, **options):
        """Return the logit error of a circuit, and its voltages."""
        result = sweep_images(circuit, self.images_v, find_engine(None), **options)
        logits = result.volts[circuit.output] / circuit.output_scale_v
        return np.abs(logits - self.logits).max() / np.abs(self.logits).max(), result.volts


@pytest.fixture(scope="module", params=CHIPS, ids=lambda pair: pair[1])
def lent(request, small_digits):
    return Lent(*request.param, small_digits)


@pytest.fixture(scope="module")
def powered(lent):
    """Return the voltages of one partitioned sweep, of all groups that something powered drives."""
    groups = [
        name
        for block in lent.circuit.blocks
        for name in block.outputs
        if lent.plan.on(lent.plan.driver(name.removesuffix("/rectified")).gate)
    ]
    error, volts = lent.error(lent.circuit, keep=groups)
    assert error < 0.01
    return volts


def test_units_lend_an_amplifier_to_every_max_pool(lent, powered):
    assert len(lent.lending) >= 4
    for stage in lent.lending:
        pool = next(term.source for term in stage.follows if lent.plan.on(term.select))
        off = np.abs(powered[middle_of(stage.name)] - powered[pool]).max()
        assert 0 < off < 1e-4 * FULL_SCALE_V  # A / (1 + A) of it, so that it is no copy of an array
    pools = [block for block in lent.circuit.blocks if block.kind == "max_pool"]
    assert pools and not any(isinstance(bank, Followers) for block in pools for bank in block.banks)


def test_second_amplifiers_of_lent_pairs_carry_next_to_no_current(lent, powered):
    """What a buffered pool drives besides the node must not cost power: a follower's feedback draws nothing."""
    for stage in lent.lending:
        pair = next(bank for bank in lent.circuit.block(stage.name).banks if isinstance(bank, TiaPairs))
        assert np.abs(powered[middle_of(stage.name)] / pair.coupling).max() < 1e-6  # 10 uA is an op-amp's own
        assert np.abs(powered[stage.name]).max() < 1e-3 * FULL_SCALE_V


def test_the_numeric_engine_gives_the_same(lent, powered):
    volts = numeric_sweep(lent.chip.deployment, lent.images_v, keep=list(powered)).volts
    for name, expected in powered.items():
        assert np.abs(volts[name] - expected).max() < 1e-5 * FULL_SCALE_V, name


def test_one_flat_deck_gives_the_same(lent, powered):
    _, volts = lent.error(lent.circuit, flat=True)
    assert np.abs(volts[lent.circuit.output] - powered[lent.circuit.output]).max() < 1e-6 * FULL_SCALE_V


def test_wires_behind_comparators_could_be_plain(lent, powered):
    """Draw them as resistors instead of ideal sources, for a solver that chooses its pivots anew each time."""
    pool = next(term.source for term in lent.lending[0].follows if lent.plan.on(term.select))
    readers = [stage for stage in lent.plan.stages if any(term.source == pool for term in stage.follows)]
    blocks = [lent.circuit.block(name) for name in (pool, *(stage.name for stage in readers))]
    vectors = voltage_vectors(lent.circuit, [pool, *(middle_of(stage.name) for stage in readers)])
    inputs = {
        name: powered.get(name, np.zeros((IMAGES, len(lent.circuit.groups[name].nets))))
        for name in external_groups(blocks)
    }
    inputs |= {INPUT: lent.images_v} if INPUT in inputs else {}
    deck = flat_deck(lent.circuit, blocks, name="net", inputs=inputs, analysis=Sweep(images=IMAGES), saved=vectors)
    text, wires = re.subn(r"(?m)^ew(\S+) (\S+) 0 (\S+) 0 1$", r"rw\1 \2 \3 1", deck.text)
    assert wires == len(lent.circuit.groups[pool].nets)
    plain = find_engine("ngspice").run(replace(deck, text=text.replace(".options ", ".options sparse ", 1)))
    assert "KLU" not in plain.solver
    sourced = find_engine("ngspice").run(deck)
    apart = np.abs(plain.values - sourced.values).max()
    assert 0 < apart < 3e-6
    assert np.abs(sourced.values[:, : len(lent.circuit.groups[pool].nets)] - powered[pool]).max() < 1e-6


@pytest.mark.parametrize(("name", "structure"), [*CHIPS, ("random:3", "shared")])
def test_ideal_amplifiers_are_exact(name, structure, small_digits):
    chip = Lent(name, structure, small_digits, ideal=True)
    assert chip.lending and chip.error(chip.circuit)[0] < 1e-4


def test_a_pool_of_another_state_is_seen(small_digits):
    """Switch a slot's amplifiers to the pool of another predecessor, which has power as well."""
    chip = Lent("DARTS_V1", "slotted", small_digits)
    stage = next(stage for stage in chip.lending if len(stage.follows) > 1)
    right = next(term for term in stage.follows if chip.plan.on(term.select))
    wrong = next(term for term in stage.follows if not chip.plan.on(term.select))
    states = chip.circuit.selects | {right.select: False, wrong.select: True, f"{wrong.source}/on": True}
    assert chip.error(replace(chip.circuit, selects=states))[0] > 0.02


@pytest.mark.parametrize("structure", ["shared", "slotted"])
def test_an_amplifier_left_at_ground_is_seen(structure, small_digits):
    chip = Lent("DARTS_V1", structure, small_digits)
    assert chip.error(replace(chip.circuit, selects=chip.circuit.selects | {chip.lending[0].grounded: True}))[0] > 0.02


def test_a_lent_block_is_split_by_column_with_its_switches(lent):
    stage = lent.lending[0]
    block = lent.circuit.block(stage.name)
    half = cone(lent.circuit, block, np.arange(2))
    pair = next(bank for bank in half if isinstance(bank, TiaPairs))
    assert len(pair.out) == len(pair.positive) == 2
    switches = [bank for bank in half if isinstance(bank, Switches)]
    assert len(switches) == 1 + len(stage.follows)
    assert all(np.array_equal(bank.second, pair.positive) for bank in switches)
    assert len(split(lent.circuit, block, 2)) == 2


def test_a_lent_amplifier_is_as_fast_as_a_follower(lent):
    block = lent.circuit.block(lent.lending[0].name)
    unity = 1 / (2 * np.pi * lent.circuit.technology.opamp.gbw_hz)
    assert block_time_s(lent.circuit, block) == pytest.approx(unity, rel=1e-3)
    part = next(part for part in partition_circuit(lent.circuit) if middle_of(block.name) in part.drives)
    assert middle_of(block.name) in excerpt(lent.circuit, part).circuit.groups


def test_a_slot_cannot_pool_two_states_in_one_run():
    pair = genotype("max_pool_3x3"), pooling_late()
    with pytest.raises(MappingError, match=r"net/cell\d/node3/slot\d/dw2: the architectures pool different states"):
        chip("slotted", *pair)


def pooling_late():
    """Return an architecture of the same weights whose third node pools another state in the same slot."""
    made = genotype("max_pool_3x3")

    def late(cell):
        first, second = cell.nodes[1]
        return replace(cell, nodes=(cell.nodes[0], (first, replace(second, source=2)), *cell.nodes[2:]))

    return replace(made, name="late", normal=late(made.normal), reduce=late(made.reduce))
