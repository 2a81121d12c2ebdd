# SPDX-License-Identifier: GPL-3.0-or-later
"""What a setup puts onto silicon, whatever it computes: devices and their law, arrays and wires, the circuit.

`deployed.DeployedChip` is a network on it, `matrix.Crossbar` a single matrix.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.arrays import ChipTiles, StageTiles, lay_out
from memnet.circuit import Circuit, build_circuit
from memnet.deployment import SIDES, BlockPlacement, ChipDevices, Deployment, Place, Placement, Plan, deploy, place
from memnet.devices import Cell, MemristorModel
from memnet.devices.memristors import ChosenMemristor, choose_memristor
from memnet.errors import SetupError
from memnet.flow.cells import cell_figures, cell_of, law_name, with_cells
from memnet.flow.rails import bias_share, rail_figures, supply_drop_v
from memnet.flow.reading import (
    compensated_law,
    deck_circuit,
    devices_circuit,
    memristor_name,
    memristor_of,
    refuse_unreached,
)
from memnet.flow.settings import Setup
from memnet.flow.technologies import technology_of
from memnet.flow.wiring import (
    array_figures,
    array_of,
    programming_of,
    wire_figures,
    wiring_of,
    with_headroom,
    with_leads,
)
from memnet.measurement import Counts, count_deployment
from memnet.netlist import Targets, Tiles, read_conductances
from memnet.network import Network
from memnet.numeric import WorstLoop, noise_of, worst_loop
from memnet.technology import Technology
from memnet.units import Floats


class Hardware:
    """Memristors and op-amps for a network of any kind; circuit and tables are made when they are asked for, and kept.

    Raises
    ------
    MemnetError
        the technology, or what the settings say of devices, arrays and wires, is not right
    """

    deployment: Deployment

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.technology: Technology = with_cells(technology_of(setup), setup.cell)
        self.wiring = wiring_of(setup, self.technology)  # None where wires have no resistance
        cell = cell_of(setup, self.technology, self.memristor_name)
        # None where memristors are linear
        self.memristor: MemristorModel | None = cell or memristor_of(setup, self.technology)

    def _deploy(self, network: Network, plan: Plan, tensors: dict[str, Any], images: npt.NDArray[Any]) -> None:
        """Choose scales and levels for a network whose weights are `tensors`, by images (images, channels, y, x)."""
        law = compensated_law(self.setup, self.memristor)
        deployment = deploy(network, plan, tensors, images, self.technology, law)
        self.deployment = with_headroom(deployment, self.setup, self.wiring)
        self.wiring = with_leads(self.wiring, self.setup, self.tiles, self.technology)
        supply_drop_v(self.setup, self.deployment)  # refused where it leaves no swing

    @property
    def memristor_name(self) -> str | None:
        """Return the name of the model that memristors are; None where neither settings nor technology have one.

        >>> chip.change(memristor="sinh").memristor_name
        'sinh'
        """
        return memristor_name(self.setup, self.technology)

    @property
    def law_name(self) -> str:
        """Return the law of memristors and their cells in words, such as `memristor sinh`.

        >>> chip.change(memristor="sinh").law_name
        'memristor sinh'
        """
        return law_name(self.memristor_name, self.setup.cell)

    @property
    def _law_name(self) -> str | None:
        """Return the name of the model whose law memristors are read by; None for I = G V, and for cells."""
        return None if self.memristor is None or isinstance(self.memristor, Cell) else self.memristor_name

    @cached_property
    def _named(self) -> ChosenMemristor | None:
        """Return the memristor that settings or technology name; read once, since a file of one's own is run then."""
        return None if self.memristor_name is None else choose_memristor(self.memristor_name)

    @property
    def model(self) -> MemristorModel | None:
        """Return the model of memristors alone that is more than a resistor: it has a law or a state that moves.

        >>> chip.change(memristor="sinh").model.name
        'sinh'
        """
        named = None if self._named is None else self._named.model
        return self.devices.device or (named if named is not None and named.moves else None)

    @cached_property
    def placement(self) -> Placement:
        """Return the placement table: where each memristor stands, and its level.

        >>> placed = chip.placement.blocks[0]
        >>> placed.block, chip.placement.conductance(placed).shape
        ('stem', (3288,))
        """
        return place(self.deployment)

    @cached_property
    def circuit(self) -> Circuit:
        """Return the circuit as simulations have it; its banks are built when they are used.

        >>> chip.circuit.groups["stem/plus"].shape
        (3, 8, 8)
        """
        return deck_circuit(self.devices, self._law_name)

    @cached_property
    def exported_circuit(self) -> Circuit:
        """Return the circuit as exports have it: with a model of memristors, a device at each crosspoint.

        >>> chip.exported_circuit is chip.circuit
        True
        """
        if self.model is None or isinstance(self.memristor, Cell):
            return self.circuit
        return devices_circuit(self.devices, str(self.memristor_name), switches=True)

    @cached_property
    def devices(self) -> ChipDevices:
        """Return what stands on the chip: the conductances of its memristors and the offsets of its op-amps.

        >>> chip.devices.any_offset
        False
        """
        table = self.setup.conductances
        given = {} if table is None else _given(self.deployment, Path(table), self.table_tiles)
        programming = programming_of(self.deployment, self.wiring)
        share = bias_share(self.setup, self.deployment, self.memristor)
        named = None if self._named is None else self._named.model
        model = self.memristor if isinstance(self.memristor, Cell) else named
        reach = None if model is None else model.conductances()
        refuse_unreached(given, str(table), self.law_name, reach)
        return ChipDevices(
            self.deployment, self.setup.devices, given, self.wiring, self.memristor, programming, share, reach
        )

    @cached_property
    def tiles(self) -> ChipTiles | None:
        """Return how many tiles the memristors stand on; None where no arrays were asked for.

        >>> chip.change(array="64x64").tiles.tiles
        1585
        """
        size = array_of(self.setup, self.technology)
        return (
            None
            if size is None
            else lay_out(self.deployment.plan, self.deployment.programs, size, patches=self.setup.patches)
        )

    @property
    def table_tiles(self) -> Tiles | None:
        """Return `tile_places`, for the placement table; None where no arrays were asked for.

        >>> chip.table_tiles is None
        True
        """
        return None if self.tiles is None else self.tile_places

    @property
    def table_targets(self) -> Targets | None:
        """Return what devices are programmed to, for the placement table; None where all have their levels'.

        >>> chip.table_targets is None
        True
        """
        if not self.devices.per_device:
            return None
        return self.placement.conductance if self.devices.programming is None else self._aims

    def _aims(self, placed: BlockPlacement) -> Floats:
        """Return what a block's devices are programmed to, (devices,) siemens in the order of its placement."""
        sides = self.devices.sides(self.deployment.plan.stage(placed.block), target=True)
        return np.concatenate([np.zeros(0), *sides])

    def tile_places(self, stage: str) -> npt.NDArray[np.int64]:
        """Return tile, row and column of a stage's memristors, (3, devices) in the order of the placement table.

        >>> chip.change(array="64x64").tile_places("stem").shape
        (3, 3288)
        """
        assert self.tiles is not None
        plan, patch = self.deployment.plan, {each.stage: each.patch for each in self.tiles.stages}
        program, size = self.deployment.programs[stage], self.tiles.size
        return StageTiles.of(plan.stage(stage), plan, program, size, patch.get(stage, (1, 1))).places()

    @cached_property
    def worst_loop(self) -> WorstLoop | None:
        """Return the op-amp loop with the smallest phase margin; None where columns have no capacitance.

        >>> wired = chip.change(wires=True, wire_ohm=0.0, wire_farad=1e-15)
        >>> wired.worst_loop.stage
        'cell0/node2/edge0-sep_conv_3x3/dw1'
        """
        return worst_loop(self.devices)

    def refuse_noise(self) -> None:
        """Raise `SetupError` where the noise of these devices is not known.

        >>> chip.refuse_noise()
        """
        noise_of(self.technology)
        if self.wiring is not None:
            raise SetupError("noise and wires: give one of them; noise of devices behind wires is not computed")
        if self.devices.moving is not None:
            raise SetupError(
                f"noise and {self.law_name}: give one of them; noise of devices whose curve changes with "
                "their state is not computed"
            )

    def cell_figures(self) -> dict[str, Any]:
        """Return the figures of the cells by name, in SI units; nothing where none were asked for.

        >>> chip.change(cell="1T1R").cell_figures()["cell"]
        '1T1R'
        """
        return cell_figures(self.setup.cell, self.technology)

    def array_figures(self) -> dict[str, Any]:
        """Return the figures of the arrays by name, in SI units; nothing where none were asked for.

        >>> chip.change(array="64x64").array_figures()["array"]
        '64x64'
        """
        wires = wire_figures(self.wiring, self.worst_loop)
        arrays = array_figures(self.tiles, self.wiring, wires, self.counts, self.technology)
        return {**arrays, **rail_figures(self.setup, self.deployment)}

    @cached_property
    def counts(self) -> Counts:
        """Return how many components of each kind there are.

        >>> chip.counts.opamps
        4516
        """
        return count_deployment(self.deployment, transistors=self.devices.has_transistors)


def _given(deployment: Deployment, table: Path, tiles: Tiles | None) -> dict[Place, Floats]:
    """Return the conductances of a placement table by stage, unit and side; `tiles` is what its columns must say."""
    read = read_conductances(build_circuit(deployment), table, tiles)
    given: dict[Place, Floats] = {}
    for stage in deployment.plan.stages:
        banks = iter(read.get(stage.name, ()))
        for term in stage.memristor_terms:
            given |= {(stage.name, term.unit, side): next(banks) for side in SIDES}
    return given
