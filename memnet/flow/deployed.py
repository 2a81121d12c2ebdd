# SPDX-License-Identifier: GPL-3.0-or-later
"""A chip with an architecture deployed on it, and what follows from that: circuit, placement table, references.

`chip.Chip` adds the verbs. The files that do their work (`run_simulation`, `run_evaluation`, `exporting`) take what
stands here.
"""

from __future__ import annotations

import logging
import time
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
    BlockPlacement,
    ChipDevices,
    Deployment,
    Place,
    Placement,
    deploy,
    place,
    programmed_parameters,
    quantised_parameters,
)
from memnet.devices import Cell
from memnet.errors import DataError
from memnet.flow.cells import cell_figures, cell_note, cell_of, law_name, with_cells
from memnet.flow.chosen import calibration_images, check_on, network_of, plan_of, weights_of
from memnet.flow.rails import bias_share, rail_figures, supply_drop_v
from memnet.flow.reading import (
    compensated_law,
    compensation_note,
    deck_circuit,
    devices_circuit,
    memristor_name,
    memristor_note,
    memristor_of,
)
from memnet.flow.settings import INDIVIDUAL, Setup
from memnet.flow.technologies import technology_of
from memnet.flow.wiring import (
    array_figures,
    array_of,
    programming_of,
    remedy_note,
    wire_figures,
    wiring_of,
    with_headroom,
    with_leads,
)
from memnet.measurement import GAIN_IMAGES, Counts, Deviation, count_deployment, error_gain, explain_deviation
from memnet.netlist import Targets, Tiles, read_conductances
from memnet.network import Parameters, fold
from memnet.numeric import WorstLoop, worst_loop
from memnet.units import Floats

LOG = logging.getLogger("memnet")


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
        self.technology = with_cells(technology_of(setup), setup.cell)
        self.wiring = wiring_of(setup, self.technology)  # None where wires have no resistance
        cell = cell_of(setup, self.technology, self.memristor_name)
        self.memristor = cell or memristor_of(setup, self.technology)  # None where memristors are linear
        if like is None:
            self.dataset, self.network = network_of(setup)
            self.weights = weights_of(setup, self.network, self.dataset)
        else:
            self.dataset, self.network, self.weights = like.dataset, like.network, like.weights
        images = calibration_images(self.network, self.dataset)
        plan = plan_of(self.network, setup.on)
        law = compensated_law(setup, self.memristor)
        deployment = deploy(self.network, plan, self.weights.tensors, images, self.technology, law)
        self.deployment: Deployment = with_headroom(deployment, setup, self.wiring)
        self.wiring = with_leads(self.wiring, setup, self.tiles, self.technology)
        supply_drop_v(setup, self.deployment)  # refused where it leaves no swing
        self.deploy_s = time.perf_counter() - start
        LOG.info("%s: deployed in %.2f s", self.title, self.deploy_s)

    @property
    def memristor_name(self) -> str | None:
        """Return the name of the model that memristors are; None where neither settings nor technology have one."""
        return memristor_name(self.setup, self.technology)

    @property
    def law_name(self) -> str:
        """Return the law of memristors and their cells in words, such as `memristor sinh`."""
        return law_name(self.memristor_name, self.setup.cell)

    @property
    def _law_name(self) -> str | None:
        """Return the name of the model whose law memristors are read by; None for I = G V, and for cells."""
        return None if self.memristor is None or isinstance(self.memristor, Cell) else self.memristor_name

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
        programming = programming_of(self.deployment, self.wiring)
        share = bias_share(self.setup, self.deployment, self.memristor)
        return ChipDevices(self.deployment, self.setup.devices, given, self.wiring, self.memristor, programming, share)

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

    @property
    def table_targets(self) -> Targets | None:
        """Return what devices are programmed to, for the placement table; None where all have their levels'."""
        if not self.devices.per_device:
            return None
        return self.placement.conductance if self.devices.programming is None else self._aims

    def _aims(self, placed: BlockPlacement) -> Floats:
        """Return what a block's devices are programmed to, (devices,) siemens in the order of its placement."""
        sides = self.devices.sides(self.deployment.plan.stage(placed.block), target=True)
        return np.concatenate([np.zeros(0), *sides])

    def tile_places(self, stage: str) -> npt.NDArray[np.int64]:
        """Return tile, row and column of a stage's memristors, (3, devices) in the order of the placement table."""
        assert self.tiles is not None
        plan, patch = self.deployment.plan, {each.stage: each.patch for each in self.tiles.stages}
        program, size = self.deployment.programs[stage], self.tiles.size
        return StageTiles.of(plan.stage(stage), plan, program, size, patch.get(stage, (1, 1))).places()

    @cached_property
    def worst_loop(self) -> WorstLoop | None:
        """Return the op-amp loop with the smallest phase margin; None where columns have no capacitance."""
        return worst_loop(self.devices)

    def cell_figures(self) -> dict[str, Any]:
        """Return the figures of the chip's cells by name, in SI units; nothing where none were asked for."""
        return cell_figures(self.setup.cell, self.technology)

    def array_figures(self) -> dict[str, Any]:
        """Return the figures of the chip's arrays by name, in SI units; nothing where none were asked for."""
        wires = wire_figures(self.wiring, self.worst_loop)
        arrays = array_figures(self.tiles, self.wiring, wires, self.counts, self.technology)
        return {**arrays, **rail_figures(self.setup, self.deployment)}

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
        return count_deployment(self.deployment, transistors=self.devices.has_transistors)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader of this chip's figures must know of its data, weights and conductances."""
        seeded = (self.weights.note,) if self.weights.origin == "seeded" else ()
        table = self.setup.conductances
        given = () if table is None else (f"conductances of {table}; the references have the targets",)
        read = memristor_note(self.setup, self.technology, self.devices.device)
        compensated, cell = compensation_note(self.deployment), cell_note(self.devices.cell)
        return (*self.dataset.notes, *seeded, *given, *read, *compensated, *cell, *remedy_note(self.wiring))

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
        for term in stage.memristor_terms:
            given |= {(stage.name, term.unit, side): next(banks) for side in SIDES}
    return given
