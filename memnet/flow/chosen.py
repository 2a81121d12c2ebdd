# SPDX-License-Identifier: GPL-3.0-or-later
"""What settings choose: data set, network, weights, plan, technology, and the images that scales are chosen on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from memnet.deployment import Plan, individual_plan
from memnet.deployment.hypernetwork import STRUCTURES, hypernetwork_plan
from memnet.errors import SetupError, choices
from memnet.flow.common_settings import Common
from memnet.flow.settings import INDIVIDUAL, Setup
from memnet.genotype import Genotype, read_genotype
from memnet.network import Network, Weights, build_network, load_for, state_tensors, validate
from memnet.network.datasets import DATA_SOURCES, Dataset, load_dataset

LEAST_CALIBRATION_IMAGES, MOST_CALIBRATION_IMAGES = 512, 1024  # deploying takes them in batches, however large
HELD_VALUES = 2**25  # activations, 256 MiB: with more, fewer images than MOST_CALIBRATION_IMAGES are taken


def check_on(on: str) -> None:
    """Raise `SetupError` for kinds of chips that there are not."""
    known = (INDIVIDUAL, *STRUCTURES)
    if on not in known:
        raise SetupError(f"unknown chip {on!r}: {choices(on, known)}")


def network_of(setup: Setup, dataset: Dataset | None = None) -> tuple[Dataset, Network]:
    """Return the data set and the network of a setup."""
    given = dataset or setup.dataset
    found = given if isinstance(given, Dataset) else load_dataset(given, setup.data)
    genotype = setup.genotype if isinstance(setup.genotype, Genotype) else read_genotype(setup.genotype)
    channels, layers = sizes_of(setup)
    network = build_network(
        genotype, channels=channels, layers=layers, image_shape=found.image_shape, classes=len(found.classes)
    )
    return found, network


def sizes_of(settings: Common) -> tuple[int, int]:
    """Return C and L as given, else those that networks for the data set usually have."""
    name = settings.dataset if isinstance(settings.dataset, str) else settings.dataset.name
    usual = DATA_SOURCES.get(name, DATA_SOURCES["digits"])
    return settings.channels or usual.channels, settings.layers or usual.layers


def plan_of(network: Network, on: str) -> Plan:
    """Return the stages of a network on a kind of chip: individual, or a structure of hypernetworks."""
    return individual_plan(network) if on == INDIVIDUAL else hypernetwork_plan(network, on)


def calibration_images(network: Network, dataset: Dataset) -> npt.NDArray[Any]:
    """Return the training images that scales are chosen on: the first ones, 512 of a large network, 1024 of a small."""
    return dataset.train_images[: max(LEAST_CALIBRATION_IMAGES, _held(network))]


def headroom_images(network: Network, dataset: Dataset) -> npt.NDArray[Any]:
    """Return the training images whose voltages are compared with limits row by row: fewer of a large network."""
    return dataset.train_images[: _held(network)]


def _held(network: Network) -> int:
    """Return how many images' activations fit into HELD_VALUES, at most MOST_CALIBRATION_IMAGES."""
    return max(1, min(MOST_CALIBRATION_IMAGES, HELD_VALUES // network.values()))


def weights_of(setup: Setup, network: Network, dataset: Dataset) -> Weights:
    """Return the weights of a setup: given, from a state dict or a file, shipped, or seeded."""
    given = setup.weights
    state = getattr(given, "state_dict", None)  # of a torch.nn.Module
    if callable(state):
        given = state()
    if isinstance(given, Mapping):
        tensors = state_tensors(given, network)
        return Weights(tensors=tensors, origin="given", note="weights from a state dict")
    if isinstance(given, Weights):
        validate(network, given.tensors)
        return given
    weights = load_for(network, dataset, seed=setup.seed, path=None if given is None else Path(given))
    if setup.seed and weights.origin == "shipped":
        raise SetupError(f"seed = {setup.seed} has no effect: {weights.note}; leave it out, or choose other sizes")
    return weights
