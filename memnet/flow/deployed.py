# SPDX-License-Identifier: GPL-3.0-or-later
"""A chip with an architecture deployed on it, and what follows from that: circuit, placement table, references.

`chip.Chip` adds the verbs. The files that do their work (`run_simulation`, `run_evaluation`, `exporting`) take what
stands here.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays import ChipTiles, StageTiles, lay_out
from memnet.circuit import Circuit, build_circuit
from memnet.deployment import (
    INPUT,
    SIDES,
    ChipDevices,
    Deployment,
    Place,
    Placement,
    Plan,
    deploy,
    individual_plan,
    place,
    programmed_parameters,
    quantised_parameters,
)
from memnet.deployment.hypernetwork import STRUCTURES, hypernetwork_plan
from memnet.errors import DataError, SetupError, choices
from memnet.flow.common_settings import Common
from memnet.flow.reading import deck_circuit, devices_circuit, memristor_name, memristor_note, memristor_of
from memnet.flow.settings import INDIVIDUAL, Setup
from memnet.flow.wiring import array_figures, array_of, wiring_of
from memnet.genotype import Genotype, read_genotype
from memnet.measurement import GAIN_IMAGES, Counts, Deviation, count_deployment, error_gain, explain_deviation
from memnet.netlist import Tiles, read_conductances
from memnet.network import Network, Parameters, Weights, build_network, fold, load_for, validate
from memnet.network.datasets import DATA_SOURCES, Dataset, load_dataset
from memnet.technology import Technology, checked, load_technology
from memnet.units import Floats

LOG = logging.getLogger("memnet")
LEAST_CALIBRATION_IMAGES, MOST_CALIBRATION_IMAGES = 512, 1024  # deploying takes them in batches, however large
HELD_VALUES = 2**25  # activations, 256 MiB: with more, fewer images than MOST_CALIBRATION_IMAGES are taken


class DeployedChip:
    """An architecture with its weights, deployed on a chip.

    Deploying (reading data and weights, choosing scales and levels) is done at once. The circuit, the placement table
    and the references are made when they are asked for, and kept.

    Parameters
    ----------
    like : a chip whose network, data and weights are those of this one, so that they need not be read again

    Raises
    ------
    MemnetError
        the genotype, the data, the weights or the technology are not right, or no conductance can carry a weight
    """

    def __init__(self, setup: Setup, *, like: DeployedChip | None = None) -> None:
        start = time.perf_counter()
        check_on(setup.on)
        self.setup = setup
        self.technology = technology_of(setup)
        self.wiring = wiring_of(setup, self.technology)  # None where wires have no resistance
        self.memristor = memristor_of(setup, self.technology)  # None where memristors are linear
        if like is None:
            self.dataset, self.network = network_of(setup)
            self.weights = _weights(setup, self.network, self.dataset)
        else:
            self.dataset, self.network, self.weights = like.dataset, like.network, like.weights
        images = calibration_images(self.network, self.dataset)
        plan = plan_of(self.network, setup.on)
        self.deployment: Deployment = deploy(self.network, plan, self.weights.tensors, images, self.technology)
        self.deploy_s = time.perf_counter() - start
        LOG.info("%s: deployed in %.2f s", self.title, self.deploy_s)

    @property
    def memristor_name(self) -> str | None:
        """Return the name of the model that memristors are; None where neither settings nor technology have one."""
        return memristor_name(self.setup, self.technology)

    @property
    def _law_name(self) -> str | None:
        """Return the name of the model whose law memristors are read by; None for I = G V."""
        return None if self.memristor is None else self.memristor_name

    @property
    def structure(self) -> str | None:
        """Return the hypernetwork's structure; None for a chip of its own."""
        return None if self.setup.on == INDIVIDUAL else self.setup.on

    @property
    def title(self) -> str:
        """Return what this is in a few words, such as `PDARTS, C=4, L=3, digits, on shared`."""
        network = self.network
        on = f", on {self.structure}" if self.structure else ""
        return f"{network.genotype.name}, C={network.channels}, L={network.cells}, {self.dataset.name}{on}"

    @cached_property
    def placement(self) -> Placement:
        """Return the placement table: where each memristor stands, and its level."""
        return place(self.deployment)

    @cached_property
    def circuit(self) -> Circuit:
        """Return the chip's circuit; its banks are built when they are used."""
        return deck_circuit(self.devices, self._law_name)

    @cached_property
    def exported_circuit(self) -> Circuit:
        """Return the chip's circuit as exports have it: with a law of memristors, a device at each crosspoint."""
        name = self._law_name
        return self.circuit if name is None else devices_circuit(self.devices, name, switches=True)

    @cached_property
    def devices(self) -> ChipDevices:
        """Return what stands on the chip: the conductances of its memristors and the offsets of its op-amps."""
        table = self.setup.conductances
        given = {} if table is None else _given(self.deployment, Path(table), self.table_tiles)
        return ChipDevices(self.deployment, self.setup.devices, given, self.wiring, self.memristor)

    @cached_property
    def tiles(self) -> ChipTiles | None:
        """Return how many tiles the chip's memristors stand on; None where no arrays were asked for."""
        size = array_of(self.setup, self.technology)
        return (
            None
            if size is None
            else lay_out(self.deployment.plan, self.deployment.programs, size, patches=self.setup.patches)
        )

    @property
    def table_tiles(self) -> Tiles | None:
        """Return `tile_places`, for the placement table; None where no arrays were asked for."""
        return None if self.tiles is None else self.tile_places

    def tile_places(self, stage: str) -> npt.NDArray[np.int64]:
        """Return tile, row and column of a stage's memristors, (3, devices) in the order of the placement table."""
        assert self.tiles is not None
        plan, patch = self.deployment.plan, {each.stage: each.patch for each in self.tiles.stages}
        program, size = self.deployment.programs[stage], self.tiles.size
        return StageTiles.of(plan.stage(stage), plan, program, size, patch.get(stage, (1, 1))).places()

    def array_figures(self) -> dict[str, Any]:
        """Return the figures of the chip's arrays by name, in SI units; nothing where none were asked for."""
        return array_figures(self.tiles, self.wiring, self.counts, self.technology)

    @cached_property
    def parameters(self) -> Parameters:
        """Return the kernels and biases read back from the placement table: those of the quantised reference."""
        return quantised_parameters(self.network, self.placement)

    @cached_property
    def level_parameters(self) -> Parameters:
        """Return what `parameters` has, from the deployment's levels: for networks too large for a placement table."""
        return programmed_parameters(self.deployment)

    @cached_property
    def float_parameters(self) -> Parameters:
        """Return the kernels and biases of the float network."""
        return fold(self.network, self.weights.tensors)

    @cached_property
    def error_gain(self) -> float:
        """Return how many times larger a small error of the inputs comes out at the float network's logits."""
        return error_gain(self.network, self.float_parameters, self.dataset.test_images[:GAIN_IMAGES])

    @cached_property
    def counts(self) -> Counts:
        """Return how many components of each kind stand on the chip."""
        return count_deployment(self.deployment)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader of this chip's figures must know of its data, weights and conductances."""
        seeded = (self.weights.note,) if self.weights.origin == "seeded" else ()
        table = self.setup.conductances
        given = () if table is None else (f"conductances of {table}; the references have the targets",)
        read = memristor_note(self.setup, self.technology, self.memristor)
        return (*self.dataset.notes, *seeded, *given, *read)

    def input_volts(self, images: npt.NDArray[Any], dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
        """Return the input voltages (images, input nets) of images (images, channels, height, width)."""
        scale = np.asarray(self.deployment.scales[INPUT], dtype=dtype)
        return np.asarray(np.asarray(images, dtype=dtype).reshape(len(images), -1) * scale)

    def explain(self, logits: Floats, reference: Floats) -> Deviation | None:
        """Return why class outputs for the first test images exceed the error bound; None where they do not.

        Parameters
        ----------
        logits, reference : (images, classes) of the circuit and of the quantised reference
        """
        images_v = self.input_volts(self.dataset.test_images[: len(logits)])
        return explain_deviation(self.devices, images_v, logits, reference, error_gain=self.error_gain)

    def refuse_too_many(self, images: int, transitions: int = 0) -> None:
        """Raise `DataError` where the data set has fewer test images than are asked for."""
        available = len(self.dataset.test_images)
        if max(images, transitions + 1) > available:
            wanted = f"{images} images" if images > available else f"{transitions} transitions"
            raise DataError(f"{self.dataset.name}: {wanted} asked for, but it has {available} test images")


def _given(deployment: Deployment, table: Path, tiles: Tiles | None) -> dict[Place, Floats]:
    """Return the conductances of a placement table by stage, unit and side; `tiles` is what its columns must say."""
    read = read_conductances(build_circuit(deployment), table, tiles)
    given: dict[Place, Floats] = {}
    for stage in deployment.plan.stages:
        banks = iter(read.get(stage.name, ()))
        for term in stage.rows:
            if term.kind in ("weights", "bias"):
                given |= {(stage.name, term.unit, side): next(banks) for side in SIDES}
    return given


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


def technology_of(settings: Common) -> Technology:
    """Return the technology of a chip: with its bits, ideal or not, and named after what was changed in Python."""
    given = settings.technology
    technology = given if isinstance(given, Technology) else load_technology(str(given))
    if settings.bits is not None:
        technology = technology.with_bits(settings.bits)
    return _labelled(technology.ideal() if settings.ideal else technology)


def _labelled(technology: Technology) -> Technology:
    """Return a technology, checked; where values were changed in Python and its name was not, the name says which.

    The bits are left out, since results have them beside the name.
    """
    checked(technology, f"technology {technology.name}")
    loaded = technology.loaded
    if technology.name != loaded.get("name"):
        return technology
    values = technology.values()
    changed = [key for key in values | loaded if key != "memristor.bits" and values.get(key) != loaded.get(key)]
    return replace(technology, name=f"{technology.name}, changed: {', '.join(changed)}") if changed else technology


def calibration_images(network: Network, dataset: Dataset) -> npt.NDArray[Any]:
    """Return the training images that scales are chosen on: the first ones, 512 of a large network, 1024 of a small."""
    return dataset.train_images[: max(LEAST_CALIBRATION_IMAGES, _held(network))]


def headroom_images(network: Network, dataset: Dataset) -> npt.NDArray[Any]:
    """Return the training images whose voltages are compared with limits row by row: fewer of a large network."""
    return dataset.train_images[: _held(network)]


def _held(network: Network) -> int:
    """Return how many images' activations fit into HELD_VALUES, at most MOST_CALIBRATION_IMAGES."""
    return max(1, min(MOST_CALIBRATION_IMAGES, HELD_VALUES // network.values()))


def _weights(setup: Setup, network: Network, dataset: Dataset) -> Weights:
    given = setup.weights
    if isinstance(given, Weights):
        validate(network, given.tensors)
        return given
    weights = load_for(network, dataset, seed=setup.seed, path=None if given is None else Path(given))
    if setup.seed and weights.origin == "shipped":
        raise SetupError(f"seed = {setup.seed} has no effect: {weights.note}; leave it out, or choose other sizes")
    return weights
