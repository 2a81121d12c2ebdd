# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a genotype all the way to a deployed network, and to a circuit with its references."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit, build_circuit
from memnet.deployment import INPUT, Deployment, Placement, deploy, place, quantised_parameters
from memnet.flow.setup import Setup, calibration_images, check_deployment, plan_of, technology_of
from memnet.genotype import Genotype, read_genotype
from memnet.network import Network, Parameters, Weights, build_network, fold, load_for, validate
from memnet.network.datasets import Dataset, load_dataset
from memnet.numeric import NumericResult
from memnet.technology import Technology
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A deployed network: its circuit, its placement table, and both sets of reference parameters."""

    setup: Setup
    network: Network
    dataset: Dataset
    weights: Weights
    technology: Technology
    deployment: Deployment
    placement: Placement
    circuit: Circuit
    parameters: Parameters  # read back from the placement table
    float_parameters: Parameters

    @property
    def structure(self) -> str | None:
        """Return the hypernetwork's structure; None for a chip of its own."""
        return self.setup.structure if self.setup.deploy == "hypernetwork" else None

    @property
    def title(self) -> str:
        """Return what this is in a few words, such as `PDARTS, C=4, L=3, digits`."""
        network = self.network
        on = f", on {self.structure}" if self.structure else ""
        return f"{network.genotype.name}, C={network.channels}, L={network.cells}, {self.dataset.name}{on}"

    def input_volts(self, images: npt.NDArray[Any]) -> Floats:
        """Return the input voltages (images, input nets) of images (images, channels, height, width)."""
        return np.asarray(images, dtype=np.float64).reshape(len(images), -1) * self.circuit.input_scale_v


def assemble(setup: Setup) -> Assembly:
    """Build everything that a setup describes.

    Raises
    ------
    MemnetError
        the genotype, the data, the weights or the technology are not right, or no conductance can carry a weight
    """
    genotype = setup.genotype if isinstance(setup.genotype, Genotype) else read_genotype(setup.genotype)
    dataset = setup.dataset if isinstance(setup.dataset, Dataset) else load_dataset(setup.dataset, setup.data)
    check_deployment(setup)
    technology = technology_of(setup)
    network = build_network(
        genotype,
        channels=setup.channels,
        layers=setup.layers,
        image_shape=dataset.image_shape,
        classes=len(dataset.classes),
    )
    weights = _weights(setup, network, dataset)
    images = calibration_images(network, dataset)
    deployment = deploy(network, plan_of(setup, network), weights.tensors, images, technology)
    placement = place(deployment)
    return Assembly(
        setup=setup,
        network=network,
        dataset=dataset,
        weights=weights,
        technology=technology,
        deployment=deployment,
        placement=placement,
        circuit=build_circuit(deployment),
        parameters=quantised_parameters(network, placement),
        float_parameters=fold(network, weights.tensors),
    )


def _weights(setup: Setup, network: Network, dataset: Dataset) -> Weights:
    given = setup.weights
    if isinstance(given, Weights):
        validate(network, given.tensors)
        return given
    return load_for(network, dataset, seed=setup.seed, path=None if given is None else Path(given))


Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedNetwork:
    """A deployed network with its data, not yet drawn as a circuit: that would not fit in memory at CIFAR-10's size."""

    setup: Setup
    network: Network
    dataset: Dataset
    weights: Weights
    deployment: Deployment

    @property
    def title(self) -> str:
        """Return what this is in a few words, such as `PDARTS, C=16, L=8, cifar10`."""
        return f"{self.network.genotype.name}, C={self.network.channels}, L={self.network.cells}, {self.dataset.name}"

    def input_volts(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the input voltages (images, input nets) of images (images, channels, height, width)."""
        volts = np.asarray(images, dtype=np.float32).reshape(len(images), -1)
        return volts * np.float32(self.deployment.scales[INPUT])

    def logits(self, result: NumericResult) -> Floats:
        """Return the class outputs in the network's units, (images, classes)."""
        return np.asarray(result.outputs_v, dtype=np.float64) / self.deployment.scales[result.output]


def prepare(setup: Setup, tell: Progress = lambda _what, _share: None) -> DeployedNetwork:
    """Read data and weights, choose scales and levels."""
    tell("choosing scales and levels", 0.0)
    check_deployment(setup)
    genotype = setup.genotype if isinstance(setup.genotype, Genotype) else read_genotype(setup.genotype)
    dataset = setup.dataset if isinstance(setup.dataset, Dataset) else load_dataset(setup.dataset, setup.data)
    network = build_network(
        genotype,
        channels=setup.channels,
        layers=setup.layers,
        image_shape=dataset.image_shape,
        classes=len(dataset.classes),
    )
    weights = setup.weights
    if not isinstance(weights, Weights):
        weights = load_for(network, dataset, seed=setup.seed, path=None if weights is None else Path(weights))
    chip = DeployedNetwork(
        setup=setup,
        network=network,
        dataset=dataset,
        weights=weights,
        deployment=redeploy(setup, network, dataset, weights, technology_of(setup)),
    )
    tell("choosing scales and levels", 1.0)
    return chip


def redeploy(setup: Setup, network: Network, dataset: Dataset, weights: Weights, technology: Technology) -> Deployment:
    """Deploy a network on the chip a setup asks for."""
    images = calibration_images(network, dataset)
    return deploy(network, plan_of(setup, network), weights.tensors, images, technology)
