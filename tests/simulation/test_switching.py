# SPDX-License-Identifier: GPL-3.0-or-later
"""One transient in which select nets change a hypernetwork from one architecture to another."""

import numpy as np
import pytest
from one_chip import chip, genotype

from memnet.circuit.build import build_circuit
from memnet.circuit.timing import critical_path_s
from memnet.deployment.hypernetwork.plan import hypernetwork_plan
from memnet.deployment.placing import place
from memnet.deployment.readback import quantised_parameters
from memnet.errors import MappingError, SimulationError
from memnet.network.reference import forward
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.switching import switch_in_place


def settled(networks, deployments, image):
    """Switch from the first architecture to the second and back; return found and wanted outputs of each, in volts."""
    circuit = build_circuit(deployments[0])
    hold = 4 * critical_path_s(circuit)
    order = [0, 1, 0]
    wave = switch_in_place(
        circuit,
        image.reshape(-1) * circuit.input_scale_v,
        [deployments[at].plan.selects for at in order],
        find_engine("ngspice"),
        hold_s=hold,
        step_s=hold / 40,
    )
    found = wave.at((np.arange(3) + 1) * hold - 2e-9)
    wanted = [
        forward(networks[at], quantised_parameters(networks[at], place(deployments[at])), image[None]).logits[0]
        * deployments[at].scales["classifier"]
        for at in order
    ]
    return found, np.array(wanted)


@pytest.mark.long
def test_duplicated_switches_between_different_operations():
    pair = genotype("dil_conv_3x3"), genotype("sep_conv_5x5", "avg_pool_3x3")
    networks, deployments, images = chip("duplicated", *pair)
    found, wanted = settled(networks, deployments, images[0])
    scale = np.abs(wanted).max()
    assert np.abs(found - wanted).max() < 0.01 * scale
    assert np.abs(wanted[0] - wanted[1]).max() > 0.1 * scale  # the two architectures are told apart


def test_shared_switches_between_architectures_that_differ_in_selects_alone():
    networks, deployments, images = chip("shared", genotype("avg_pool_3x3"), genotype("max_pool_3x3"))
    found, wanted = settled(networks, deployments, images[0])
    scale = np.abs(wanted).max()
    assert np.abs(found - wanted).max() < 0.01 * scale
    assert np.abs(wanted[0] - wanted[1]).max() > 0.1 * scale


def test_weights_cannot_change_within_a_run():
    with pytest.raises(MappingError, match="need different weights here"):
        chip("shared", genotype("sep_conv_3x3"), genotype("sep_conv_5x5"))


def test_selects_of_another_structure_are_refused():
    _, deployments, images = chip("shared", genotype("avg_pool_3x3"))
    circuit = build_circuit(deployments[0])
    other = hypernetwork_plan(deployments[0].network, "slotted").selects
    with pytest.raises(SimulationError, match="do not match this circuit"):
        switch_in_place(circuit, images[0].reshape(-1), [other], find_engine("ngspice"), hold_s=1e-7, step_s=1e-8)
