# SPDX-License-Identifier: GPL-3.0-or-later
"""Small deployments to export: a primitive, a cell, a hypercell, a whole network; knows no dialect and no simulator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from memnet.circuit.blocks import Circuit
from memnet.circuit.build import build_circuit
from memnet.deployment.deploying import deploy
from memnet.deployment.hypernetwork.plan import hypernetwork_plan
from memnet.deployment.individual import individual_plan
from memnet.deployment.mapping import Deployment
from memnet.deployment.placement import Placement
from memnet.deployment.placing import place
from memnet.deployment.readback import quantised_parameters
from memnet.genotype.cells import Genotype
from memnet.genotype.operations import find_operation
from memnet.genotype.read import read_genotype
from memnet.netlist.contents import Export
from memnet.network.build import _cell, build_network
from memnet.network.edges import EdgePlace, add_edge
from memnet.network.layer_builder import LayerBuilder
from memnet.network.layers import Network
from memnet.network.reference import forward
from memnet.network.weights import seeded_weights
from memnet.technology import DEFAULT_TECHNOLOGY, Technology, load_technology

CELL = "random-derived:11"  # has every operation once


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A network on a chip, with a few images and what the quantised reference makes of them."""

    network: Network
    deployment: Deployment
    placement: Placement
    circuit: Circuit
    images: np.ndarray
    logits: np.ndarray

    def export(self, title: str, **options: Any) -> Export:
        """Return the export of it, with all images."""
        images_v = self.images.reshape(len(self.images), -1) * self.circuit.input_scale_v
        return Export(
            circuit=self.circuit,
            title=title,
            images_v=images_v,
            expected_v=self.logits * self.circuit.output_scale_v,
            **options,
        )


def deployed(
    network: Network,
    *,
    images: int = 3,
    seed: int = 0,
    technology: str | Technology = DEFAULT_TECHNOLOGY,
    structure: str = "",
) -> Deployed:
    """Deploy a network with seeded weights, alone or on a hypernetwork of some structure."""
    random = np.random.RandomState(seed)
    training = random.standard_normal((64, *network.image_shape))
    weights = seeded_weights(network, seed, training)
    plan = hypernetwork_plan(network, structure) if structure else individual_plan(network)
    found = load_technology(technology) if isinstance(technology, str) else technology
    deployment = deploy(network, plan, weights, training, found)
    placement = place(deployment)
    shown = random.standard_normal((images, *network.image_shape))
    logits = forward(network, quantised_parameters(network, placement), shown).logits
    return Deployed(
        network=network,
        deployment=deployment,
        placement=placement,
        circuit=build_circuit(deployment),
        images=shown,
        logits=logits,
    )


def conducting(low: float, high: float) -> Technology:
    """Return the default technology with memristors of other conductances, siemens."""
    default = load_technology(DEFAULT_TECHNOLOGY)
    device = replace(default.memristor, g_min_siemens=low, g_max_siemens=high)
    return replace(default, name="conducting", memristor=device)


def primitive(op: str, *, stride: int = 1, channels: int = 2, side: int = 4) -> Network:
    """Return a stem, one edge with that operation, its node, and a classifier of two classes."""
    builder = LayerBuilder(image=(1, side, side))
    builder.conv("stem", "input", channels, weight="stem.0.weight", batch_norm="stem.1", relu=False)
    place = EdgePlace(name=f"node2/edge0-{op}", source="stem", stride=stride, tensors="cells.0._ops.0")
    end = add_edge(builder, find_operation(op), place)
    builder.add("node2", "sum", (end,), builder.shape(end))
    return _network(builder, "node2", channels)


def cell(genotype: str = CELL, *, channels: int = 1, side: int = 2) -> Network:
    """Return a stem, one normal cell and a classifier of two classes."""
    builder = LayerBuilder(image=(1, side, side))
    builder.conv("stem", "input", channels, weight="stem.0.weight", batch_norm="stem.1", relu=False)
    end = _cell(builder, 0, read_genotype(genotype).normal, ("stem", "stem"), channels, False, False)
    return _network(builder, end, channels, read_genotype(genotype))


def hypercell(genotype: str = CELL) -> Network:
    """Return the same cell as the first of three, which makes it a normal one, to be drawn with a structure."""
    return replace(cell(genotype), cells=3)


def whole(genotype: str = "DARTS_V1", *, channels: int = 2) -> Network:
    """Return a whole small network on 4x4 images."""
    return build_network(read_genotype(genotype), channels=channels, image_shape=(1, 4, 4), classes=4)


def _network(builder: LayerBuilder, end: str, channels: int, genotype: Genotype | None = None) -> Network:
    builder.add("global_pool", "global_pool", (end,), (builder.shape(end)[0], 1, 1))
    builder.linear(2)
    return Network(
        genotype=genotype or read_genotype("DARTS_V1"),
        channels=channels,
        image_shape=builder.image,
        classes=2,
        cells=1,
        layers=tuple(builder.layers.values()),
    )
