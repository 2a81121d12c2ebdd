# SPDX-License-Identifier: GPL-3.0-or-later
"""The arrays of a chip as a designer looks at them: tiles by stage, a floor plan, and the drop on one tile's wires."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from memnet.arrays import ChipTiles, FloorPlan, device_volts
from memnet.deployment import Wiring
from memnet.flow.chip import Chip
from memnet.flow.deployed import DeployedChip
from memnet.flow.results import finite
from memnet.flow.wiring import technology_size
from memnet.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TileDrop:
    """What wires take from the devices of one tile while all of its rows are driven with the same voltage.

    `lost` is 1 minus the voltage across each device over that of its driver, (rows, columns), a share; NaN where no
    device stands. `number` counts the tiles of the stage.
    """

    stage: str
    number: int
    lost: Floats

    @property
    def largest(self) -> float:
        """Return the largest share that a device loses."""
        return float(np.nanmax(self.lost))

    @property
    def mean(self) -> float:
        """Return the mean over all devices."""
        return float(np.nanmean(self.lost))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipArrays:
    """The arrays of a chip; `drop` is that of its largest tile, None without wires."""

    chip: DeployedChip
    tiles: ChipTiles
    floor_plan: FloorPlan
    drop: TileDrop | None

    def figures(self) -> dict[str, Any]:
        """Return all figures by name, in SI units and shares."""
        plan, drop = self.floor_plan, self.drop
        return {
            "genotype": self.chip.network.genotype.name,
            "on": self.chip.setup.on,
            "channels": self.chip.network.channels,
            "layers": self.chip.network.cells,
            "dataset": self.chip.dataset.name,
            "technology": self.chip.technology.name,
            **self.chip.array_figures(),
            "floor_plan_crosspoints": [plan.width, plan.height],
            "drop": None
            if drop is None
            else {
                "stage": drop.stage,
                "tile": drop.number,
                "shape": list(drop.lost.shape),
                "largest": drop.largest,
                "mean": drop.mean,
            },
        }

    def to_json(self) -> str:
        """Return `figures` as JSON."""
        return json.dumps(finite(self.figures()), indent=2) + "\n"


def on_arrays(chip: Chip) -> Chip:
    """Return a chip on arrays: where it asks for none, on those of its technology's size.

    Raises
    ------
    SetupError
        neither the chip nor its technology says how large arrays are
    """
    if chip.tiles is not None:
        return chip
    size = technology_size(chip.technology)
    return chip.change(array=f"{size.rows}x{size.columns}")


def chip_arrays(chip: DeployedChip) -> ChipArrays:
    """Return the arrays of a chip that stands on arrays."""
    assert chip.tiles is not None, "use `on_arrays`"
    drop = None if chip.wiring is None else tile_drop(chip, chip.wiring)
    return ChipArrays(chip=chip, tiles=chip.tiles, floor_plan=FloorPlan.of(chip.tiles), drop=drop)


def tile_drop(chip: DeployedChip, wiring: Wiring) -> TileDrop:
    """Return the drop on the wires of the chip's largest tile, the first of the first stage that has it."""
    assert chip.tiles is not None
    rows, columns = max(chip.tiles.shapes, key=lambda shape: (shape[0] * shape[1], shape))
    stage = next(each.stage for each in chip.tiles.stages if (rows, columns) in each.shapes)
    tile, row, column = chip.tile_places(stage)
    number = int(np.flatnonzero(np.bincount(tile) == np.bincount(tile).max())[0])
    chosen = tile == number
    siemens = np.zeros((int(row[chosen].max()) + 1, int(column[chosen].max()) + 1))
    siemens[row[chosen], column[chosen]] = _listed(chip, stage)[chosen]
    across = device_volts(
        siemens, np.ones(len(siemens)), wiring.row_ohm, wiring.column_in_effect_ohm, both_ends=wiring.both_ends
    )
    return TileDrop(stage=stage, number=number, lost=np.where(siemens > 0, 1.0 - across, np.nan))


def _listed(chip: DeployedChip, stage: str) -> Floats:
    """Return the conductances of a stage's memristors, (devices,) siemens, in the order of `tile_places`."""
    return np.concatenate(chip.devices.sides(chip.deployment.plan.stage(stage)))
