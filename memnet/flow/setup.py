# SPDX-License-Identifier: GPL-3.0-or-later
"""What to deploy and on what: the settings of a chip, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import Plan, individual_plan
from memnet.deployment.hypernetwork import STRUCTURES, hypernetwork_plan
from memnet.errors import SetupError, choices
from memnet.genotype import Genotype
from memnet.network import Network, Weights
from memnet.network.datasets import Dataset
from memnet.technology import DEFAULT_TECHNOLOGY, Technology, load_technology

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


def technology_of(setup: Setup) -> Technology:
    """Return the technology of a setup, with its bits and ideal or not."""
    technology = setup.technology if isinstance(setup.technology, Technology) else load_technology(setup.technology)
    if setup.bits is not None:
        technology = technology.with_bits(setup.bits)
    return technology.ideal() if setup.ideal else technology
