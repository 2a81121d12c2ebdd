# SPDX-License-Identifier: GPL-3.0-or-later
"""Any genotype on any structure: what is drawn is counted, what is needed has power, and the outputs are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from deployments import cell, hypercell
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from strategies import genotypes

from memnet.circuit.blocks import count_devices
from memnet.circuit.build import build_circuit
from memnet.deployment.chip_devices import ChipDevices
from memnet.deployment.deploying import deploy
from memnet.deployment.hypernetwork.plan import STRUCTURES, hypernetwork_plan
from memnet.deployment.individual import individual_plan
from memnet.deployment.mapping import Deployment
from memnet.deployment.placing import place
from memnet.deployment.readback import quantised_parameters
from memnet.deployment.stages import BIAS_RAIL, INPUT, Plan
from memnet.genotype.cells import Cell, Genotype
from memnet.network.reference import forward
from memnet.network.weights import seeded_weights
from memnet.numeric.engine import NumericCircuit
from memnet.technology import load_technology

IMAGES = np.random.RandomState(0).standard_normal((8, 1, 2, 2))


def in_slots(genotype: Genotype, structure: str) -> Genotype:
    """Return the genotype with at most as many edges into a node as the structure has slots."""
    slots = STRUCTURES[structure].slots if structure else None

    def cut(each: Cell) -> Cell:
        return replace(each, nodes=tuple(edges[-slots:] for edges in each.nodes))

    return genotype if slots is None else replace(genotype, normal=cut(genotype.normal), reduce=cut(genotype.reduce))


def programmed(genotype: Genotype, structure: str) -> Deployment:
    """Return the normal cell of a genotype, with ideal op-amps, on a chip."""
    text = in_slots(genotype, structure).to_text()
    network = hypercell(text) if structure else cell(text)
    plan = hypernetwork_plan(network, structure) if structure else individual_plan(network)
    return deploy(network, plan, seeded_weights(network, 0, IMAGES), IMAGES, load_technology().ideal())


def needed(plan: Plan) -> tuple[set[str], set[str]]:
    """Return the stages that the last one depends on through rows that are switched in, and those read rectified."""
    reached, rectified, pending = set(), set(), [plan.stages[-1].name]
    while pending:
        stage = plan.driver(pending.pop())
        if stage.name in reached:
            continue
        reached.add(stage.name)
        for term in stage.terms:
            if plan.on(term.select):
                drivers = [name for name in plan.drivers(term.source) if name not in (INPUT, BIAS_RAIL)]
                pending += drivers
                rectified |= {plan.driver(name).name for name in drivers if term.rectified}
    return reached, rectified


# Genotypes are short enough to be read as they were drawn: looking for smaller ones takes minutes.
@settings(max_examples=6, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(genotypes(), st.sampled_from(["", *STRUCTURES]))
def test_any_genotype_has_what_is_counted_power_where_it_is_needed_and_the_right_outputs(genotype, structure):
    deployment = programmed(genotype, structure)
    circuit, plan = build_circuit(deployment), deployment.plan
    for block in circuit.blocks:
        assert block.tally() == count_devices(block.banks), block.name
    reached, rectified = needed(plan)
    for stage in plan.stages:
        assert not stage.gate or plan.on(stage.gate) == (stage.name in reached), stage.name
        if stage.copy_gate:
            assert plan.on(stage.copy_gate) == (stage.name in rectified), stage.name
    volts = NumericCircuit(ChipDevices(deployment)).run(IMAGES.reshape(len(IMAGES), -1) * deployment.scales[INPUT])
    logits = forward(deployment.network, quantised_parameters(deployment.network, place(deployment)), IMAGES).logits
    np.testing.assert_allclose(volts.outputs_v, logits * circuit.output_scale_v, atol=1e-5)  # of some 0.2 V
