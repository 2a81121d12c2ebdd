# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that nobody reads, in dc sweeps and transients of cut circuits; knows no figures."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from deployments import cell, deployed, hypercell
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from needed import needs
from strategies import OPS

from memnet.deployment.hypernetwork.plan import STRUCTURES
from memnet.genotype.cells import Cell, Edge, Genotype
from memnet.measurement.transient import measure_transients
from memnet.numeric.engine import numeric_sweep
from memnet.simulation.effort import limits
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import Limits, needed_for, partition_circuit
from memnet.simulation.sweep import sweep_images

FULL_SCALE_V = 0.2
NUMERIC_V = 1e-5 * FULL_SCALE_V
# Node 3 alone reads node 2, and nothing reads node 3: the concatenation has neither.
DEAD = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('skip_connect', 0), ('dil_conv_3x3', 2), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('max_pool_3x3', 4)], normal_concat=range(4, 6), "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 3), ('skip_connect', 2), ('max_pool_3x3', 4)], reduce_concat=range(4, 6))"
)


@st.composite
def genotypes(draw):
    """Draw the text of a genotype with two edges a node and any concatenation, of a single node at least."""
    nodes = []
    for node in (2, 3, 4, 5):
        sources = draw(st.lists(st.integers(0, node - 1), min_size=2, max_size=2, unique=True))
        nodes.append(tuple(Edge(op=draw(OPS), source=source) for source in sources))
    concat = draw(st.lists(st.sampled_from((2, 3, 4, 5)), min_size=1, max_size=3, unique=True))
    drawn = Cell(nodes=tuple(nodes), concat=tuple(concat))
    return Genotype(name="drawn", normal=drawn, reduce=drawn).to_text()


def one_deck_each(points):
    """Return limits with which no partitions share a deck, as none do on larger chips."""
    return Limits(effort_s=limits(points).effort_s, least_s=0.0, most_s=1e9)


@pytest.fixture(scope="module", autouse=True)
def apart():
    """Cut every circuit of this file into one deck for each partition."""
    needs("engine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("memnet.simulation.sweep.limits", one_deck_each)
        patch.setattr("memnet.simulation.transient.limits", one_deck_each)
        yield


@cache
def case():
    return deployed(cell(DEAD), images=2)


def volts(made):
    return made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v


def off_numeric(made, found):
    """Return how far class outputs are from those of the numeric engine, volts."""
    return np.abs(found.volts[made.circuit.output] - numeric_sweep(made.deployment, volts(made)).outputs_v).max()


def test_a_sweep_leaves_out_decks_that_nobody_reads():
    made = case()
    found = sweep_images(made.circuit, volts(made), find_engine(None))
    assert off_numeric(made, found) < NUMERIC_V
    partitions = partition_circuit(made.circuit)
    left = {each.name for each in partitions} - {each.name for each in needed_for(partitions, {made.circuit.output})}
    assert any(name.startswith("cell0/node2/") for name in left)  # read by nodes that nobody reads
    assert all(name.startswith(("cell0/node2", "cell0/node3")) for name in left)
    assert found.decks == len(partitions) - len(left)


def test_a_sweep_keeps_a_node_that_only_the_caller_reads():
    made = case()
    found = sweep_images(made.circuit, volts(made), find_engine(None), keep=("cell0/node3",))
    expected = numeric_sweep(made.deployment, volts(made), keep=("cell0/node3",)).volts["cell0/node3"]
    assert np.abs(found.volts["cell0/node3"] - expected).max() < NUMERIC_V


def test_a_transient_counts_the_power_of_a_node_that_nobody_reads():
    made = case()
    cut, flat = (measure_transients(made.circuit, volts(made), find_engine(None), flat=each) for each in (False, True))
    assert cut.imbalance < 1e-2
    assert cut.delay_s == pytest.approx(flat.delay_s, rel=0.02)
    assert cut.power_w == pytest.approx(flat.power_w, rel=0.02)


@settings(max_examples=3, deadline=None, phases=[Phase.generate])  # without shrinking, which would take a minute
@given(genotype=genotypes())
def test_any_concatenation_is_computed(genotype):
    """The cut circuit gives the numeric engine's class outputs, whichever nodes the concatenation reads."""
    made = deployed(cell(genotype), images=2)
    assert off_numeric(made, sweep_images(made.circuit, volts(made), find_engine(None))) < NUMERIC_V


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_all_of_a_hypernetwork_is_read(structure):
    """Its cells join all four nodes, so that a sweep simulates all of it."""
    circuit = deployed(hypercell(), images=2, structure=structure).circuit
    partitions = partition_circuit(circuit)
    assert needed_for(partitions, {circuit.output}) == partitions
