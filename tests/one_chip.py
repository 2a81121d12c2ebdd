# SPDX-License-Identifier: GPL-3.0-or-later
"""Several architectures programmed onto one small hypernetwork, so that selects alone switch between them."""

from __future__ import annotations

import numpy as np

from memnet.deployment.deploying import deploy_together
from memnet.deployment.hypernetwork.plan import hypernetwork_plan
from memnet.deployment.mapping import Member
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.weights import seeded_weights
from memnet.technology import load_technology

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


def genotype(node2, normal_rest="skip_connect"):
    """Return an architecture whose cells differ in the operation on the edge from state 0 to node 2 alone."""
    nodes = [[(node2, 0), ("sep_conv_3x3", 1)]] + [[(normal_rest, 0), ("max_pool_3x3", n)] for n in (1, 2, 3)]
    text = f"normal={nodes}, normal_concat=[2,3,4,5], reduce={nodes}, reduce_concat=[2,3,4,5]"
    return read_genotype(f"Genotype({text})")
