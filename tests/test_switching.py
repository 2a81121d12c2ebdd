"""One transient in which select nets change a hypernetwork from one architecture to another."""

import numpy as np
import pytest

from memnet.circuit.build import build_circuit
from memnet.conductances.deploy import Member, deploy_together
from memnet.conductances.place import place
from memnet.errors import MappingError, SimulationError
from memnet.genotype import read_genotype
from memnet.hypernetwork import hypernetwork_plan
from memnet.measurement.delay import critical_path_s
from memnet.network import build_network
from memnet.reference import forward
from memnet.reference_quantised import quantised_parameters
from memnet.simulation.base import find_engine
from memnet.simulation.switching import switch_in_place
from memnet.technology import load_technology
from memnet.weights import seeded_weights

IMAGE = (1, 4, 4)
STATISTICS = ("weight", "bias", "running_mean", "running_var")


def chip(structure, *genotypes, share=True):
    """Program architectures onto one chip; those that share weights take every common layer's from the first."""
    images = np.random.RandomState(0).standard_normal((16, *IMAGE))
    networks = [build_network(genotype, channels=1, image_shape=IMAGE, classes=3) for genotype in genotypes]
    weights = [seeded_weights(network, at, images) for at, network in enumerate(networks)]
    for network, own in zip(networks[1:], weights[1:], strict=True) if share else ():
        first = {layer.name: layer for layer in networks[0].layers}
        for layer in network.layers:
            if layer.weight and layer.name in first:
                other = first[layer.name]
                pairs = [*zip(layer.weight, other.weight, strict=True)]
                for part in STATISTICS if layer.batch_norm else ():
                    pairs.append((f"{layer.batch_norm}.{part}", f"{other.batch_norm}.{part}"))
                pairs += [(layer.bias, other.bias)] if layer.bias else []
                own.update({mine: weights[0][theirs] for mine, theirs in pairs})
    members = [
        Member(network=network, plan=hypernetwork_plan(network, structure), weights=own)
        for network, own in zip(networks, weights, strict=True)
    ]
    return networks, deploy_together(members, images, load_technology()), images


def settled(networks, deployments, image):
    """Switch from the first architecture to the second and back; return found and wanted outputs of each, in volts."""
    circuit = build_circuit(deployments[0])
    hold = 4 * critical_path_s(circuit)
    order = [0, 1, 0]
    wave = switch_in_place(
        circuit, image.reshape(-1) * circuit.input_scale_v, [deployments[at].plan.selects for at in order],
        find_engine("ngspice"), hold_s=hold, step_s=hold / 40,
    )  # fmt: skip
    found = wave.at((np.arange(3) + 1) * hold - 2e-9)
    wanted = [
        forward(networks[at], quantised_parameters(networks[at], place(deployments[at])), image[None]).logits[0]
        * deployments[at].scales["classifier"]
        for at in order
    ]
    return found, np.array(wanted)


def genotype(node2, normal_rest="skip_connect"):
    """Return an architecture whose cells differ in the operation on the edge from state 0 to node 2 alone."""
    nodes = [[(node2, 0), ("sep_conv_3x3", 1)]] + [[(normal_rest, 0), ("max_pool_3x3", n)] for n in (1, 2, 3)]
    text = f"normal={nodes}, normal_concat=[2,3,4,5], reduce={nodes}, reduce_concat=[2,3,4,5]"
    return read_genotype(f"Genotype({text})")


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
