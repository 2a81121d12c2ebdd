"""Takes a genotype all the way to a circuit with its references; runs no simulator and measures nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit.banks import Circuit
from memnet.circuit.build import build_circuit
from memnet.conductances.deploy import Deployment, deploy
from memnet.conductances.place import place
from memnet.datasets import Dataset, load_dataset
from memnet.errors import SetupError, choices
from memnet.genotype import Genotype, read_genotype
from memnet.hypernetwork import STRUCTURES, hypernetwork_plan
from memnet.individual import individual_plan
from memnet.network import Network, build_network
from memnet.placement import Placement
from memnet.reference import Parameters, fold
from memnet.reference_quantised import quantised_parameters
from memnet.stages import Plan
from memnet.technology import DEFAULT_TECHNOLOGY, Technology, load_technology
from memnet.weights import Weights, load_for, validate

Floats = npt.NDArray[np.float64]
DEPLOYMENTS = ("individual", "hypernetwork")
LEAST_CALIBRATION_IMAGES, MOST_CALIBRATION_IMAGES = 512, 1024  # deploying takes them in batches, however large
HELD_VALUES = 2**25  # activations, 256 MiB: past these, fewer images than MOST_CALIBRATION_IMAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What to deploy, and on what; every field has a default that works but the genotype.

    Attributes
    ----------
    genotype : a known name, DARTS's text, JSON, a path, `random:SEED`, or a `Genotype`
    channels, layers : C and L of the network
    dataset : `digits` or `cifar10`, or a `Dataset`
    data : folder or archive of the data set, where it has one
    seed : of seeded weights, which stand in where no trained ones are shipped
    weights : a weight file, or `Weights`, to use instead
    technology : name, path of a TOML file, or a `Technology`
    bits : conductance levels are 2^bits; None takes the technology's
    ideal : with ideal amplifiers and selectors, to tell circuit errors from device errors
    deploy : `individual`, a chip of its own, or `hypernetwork`, a chip that any architecture is switched onto
    structure : of the hypernetwork: `shared`, `slotted` or `duplicated`
    """

    genotype: str | Genotype
    channels: int = 4
    layers: int = 3
    dataset: str | Dataset = "digits"
    data: Path | str | None = None
    seed: int = 0
    weights: Path | str | Weights | None = None
    technology: str | Technology = DEFAULT_TECHNOLOGY
    bits: int | None = None
    ideal: bool = False
    deploy: str = "individual"
    structure: str = "shared"


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
        genotype, channels=setup.channels, layers=setup.layers, image_shape=dataset.image_shape,
        classes=len(dataset.classes),
    )  # fmt: skip
    weights = _weights(setup, network, dataset)
    images = calibration_images(network, dataset)
    deployment = deploy(network, plan_of(setup, network), weights.tensors, images, technology)
    placement = place(deployment)
    return Assembly(
        setup=setup, network=network, dataset=dataset, weights=weights, technology=technology, deployment=deployment,
        placement=placement, circuit=build_circuit(deployment), parameters=quantised_parameters(network, placement),
        float_parameters=fold(network, weights.tensors),
    )  # fmt: skip


def check_deployment(setup: Setup) -> None:
    """Refuse deployments and structures that there are not, before any work is done; `SetupError` names them."""
    for what, given, known in (("deployment", setup.deploy, DEPLOYMENTS), ("structure", setup.structure, STRUCTURES)):
        if given not in known:
            raise SetupError(f"unknown {what} {given!r}: {choices(given, known)}")


def plan_of(setup: Setup, network: Network) -> Plan:
    """Return the stages of a network on the kind of chip that a setup asks for."""
    if setup.deploy == "individual":
        return individual_plan(network)
    return hypernetwork_plan(network, setup.structure)


def calibration_images(network: Network, dataset: Dataset) -> npt.NDArray[Any]:
    """Return the training images that scales are chosen on: the first ones, 512 of a large network, 1024 of a small."""
    return dataset.train_images[: max(LEAST_CALIBRATION_IMAGES, _held(network))]


def headroom_images(network: Network, dataset: Dataset) -> npt.NDArray[Any]:
    """Return the training images on which voltages are held against limits, row by row: fewer of a large network."""
    return dataset.train_images[: _held(network)]


def _held(network: Network) -> int:
    values = sum(int(np.prod(layer.shape)) for layer in network.layers)
    return max(1, min(MOST_CALIBRATION_IMAGES, HELD_VALUES // values))


def _weights(setup: Setup, network: Network, dataset: Dataset) -> Weights:
    given = setup.weights
    if isinstance(given, Weights):
        validate(network, given.tensors)
        return given
    return load_for(network, dataset, seed=setup.seed, path=None if given is None else Path(given))


def technology_of(setup: Setup) -> Technology:
    """Return the technology of a setup, with its bits and ideal or not."""
    technology = setup.technology if isinstance(setup.technology, Technology) else load_technology(setup.technology)
    if setup.bits is not None:
        technology = technology.with_bits(setup.bits)
    return technology.ideal() if setup.ideal else technology
