# SPDX-License-Identifier: GPL-3.0-or-later
"""The arrays and wires of a chip, from its settings and its technology."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from memnet.arrays import ArraySize, ChipTiles, EffectiveTargets, FloorPlan
from memnet.deployment import CONDUCTANCES, Deployment, Programming, Wiring
from memnet.errors import SetupError
from memnet.flow.array_settings import FULL_SHARE
from memnet.flow.settings import Setup
from memnet.measurement import Counts, component_areas
from memnet.numeric import WorstLoop
from memnet.technology import Technology

STRAP_SHARE = 0.25  # of a column's resistance, that of the line over it: an assumption


def array_of(setup: Setup, technology: Technology) -> ArraySize | None:
    """Return the largest array of a chip; None where its settings ask neither for arrays nor for wires.

    Raises
    ------
    SetupError
        the size is none, or wires are asked for and neither settings nor technology say how large arrays are
    """
    if setup.array is not None:
        return ArraySize.of(setup.array)
    if not setup.wires:
        return None
    return technology_size(technology, "wires: ")


def technology_size(technology: Technology, asked: str = "") -> ArraySize:
    """Return how large the arrays of a technology are; where it does not say, `SetupError` that begins with `asked`."""
    if technology.array is None:
        raise SetupError(
            f"{asked}technology {technology.name} has no section [array] with rows and columns; give an array, such as "
            "--array 128x128"
        )
    return ArraySize(technology.array.rows, technology.array.columns)


def wiring_of(setup: Setup, technology: Technology) -> Wiring | None:
    """Return the wires of a chip; None where none are asked for, or none has a resistance or a capacitance.

    A resistance given by hand is that of another wire than the technology's, whose capacitance then does not count.

    Raises
    ------
    SetupError
        neither settings nor technology say what wires resist; or remedies for wires without resistance
    """
    size = array_of(setup, technology)
    if size is None or not setup.wires:
        return None
    if setup.wire_ohm is not None:
        row_ohm = column_ohm = setup.wire_ohm
    elif technology.wire is None:
        raise SetupError(
            f"wires: technology {technology.name} has no section [wire] with row_ohm and column_ohm; give --wire-ohm"
        )
    else:
        row_ohm, column_ohm = technology.wire.row_ohm, technology.wire.column_ohm
    if setup.remedies is not None and not (row_ohm or column_ohm):
        raise SetupError(f"remedies = {setup.remedies!r} has no effect on wires without resistance; leave it out")
    row_farad = column_farad = setup.wire_farad or 0.0
    if setup.wire_farad is None and setup.wire_ohm is None and technology.wire is not None:
        row_farad, column_farad = technology.wire.row_farad, technology.wire.column_farad
    wiring = Wiring(
        rows=size.rows,
        columns=size.columns,
        row_ohm=row_ohm,
        column_ohm=column_ohm,
        row_farad=row_farad,
        column_farad=column_farad,
        remedies=setup.remedy_names,
        strap_ohm=setup.strap_ohm or STRAP_SHARE * column_ohm,
    )
    return wiring if wiring.resists or wiring.charges else None


def with_leads(wiring: Wiring | None, setup: Setup, tiles: ChipTiles | None, technology: Technology) -> Wiring | None:
    """Return the wires of a chip with those between drivers and tiles, where its settings ask for these.

    Each row of a tile has a wire of its own from its driver. Drivers stand in the middle of the grid of their stage's
    tiles in a `FloorPlan`, so that a wire is as long as the mean way from there: a quarter of the grid's width and a
    quarter of its height.

    Raises
    ------
    SetupError
        rows have no resistance, or neither settings nor technology say what these wires resist
    """
    if not setup.driver_wires or tiles is None:
        return wiring
    if wiring is None or not wiring.row_ohm:
        raise SetupError("driver_wires = True: rows without resistance are not wired; give --wire-ohm above 0")
    stages = [stage.stage for stage in tiles.stages]
    if setup.driver_ohm is not None:
        return replace(wiring, leads_ohm=dict.fromkeys(stages, setup.driver_ohm))
    wire = technology.wire
    if wire is None or not (wire.driver_ohm_per_m and wire.row_pitch_m and wire.column_pitch_m):
        raise SetupError(
            f"driver_wires: technology {technology.name} has no driver_ohm_per_m, row_pitch_m and column_pitch_m in a "
            "section [wire]; give --driver-ohm"
        )
    ways_m = {
        grid.stage: (grid.width * wire.row_pitch_m + grid.height * wire.column_pitch_m) / 4.0
        for grid in FloorPlan.of(tiles).grids
    }
    leads_ohm = {stage: wire.driver_ohm_per_m * way_m for stage, way_m in ways_m.items()}
    return replace(wiring, leads_ohm=leads_ohm)


def wire_figures(wiring: Wiring | None, loop: WorstLoop | None) -> dict[str, Any]:
    """Return the figures of wires by name, in SI units; those of capacitance only where they have one.

    Parameters
    ----------
    loop : the op-amp loop with the smallest phase margin
    """
    if wiring is None:
        return {"wire_ohm": None}
    ohm: dict[str, Any] = {"wire_ohm": [wiring.row_ohm, wiring.column_ohm]}
    if wiring.leads_ohm:
        ohm["driver_ohm"] = dict(wiring.leads_ohm)
    if wiring.remedies:
        ohm["remedies"] = sorted(wiring.remedies)
    if not wiring.charges:
        return ohm
    margin = None if loop is None else asdict(loop)
    return {**ohm, "wire_farad": [wiring.row_farad, wiring.column_farad], "least_phase_margin": margin}


def with_headroom(deployment: Deployment, setup: Setup, wiring: Wiring | None) -> Deployment:
    """Return a deployment whose weights leave headroom for what conductances make up for, where they do."""
    if wiring is None or CONDUCTANCES not in wiring.remedies:
        return deployment
    share = FULL_SHARE if setup.full_share is None else setup.full_share
    programs = {name: replace(program, full_share=share) for name, program in deployment.programs.items()}
    return replace(deployment, programs=programs)


def programming_of(deployment: Deployment, wiring: Wiring | None) -> Programming | None:
    """Return what devices are programmed to so that their targets are in effect; None where these are programmed."""
    if wiring is None or CONDUCTANCES not in wiring.remedies:
        return None
    return EffectiveTargets(deployment, wiring)


def remedy_note(wiring: Wiring | None) -> tuple[str, ...]:
    """Return what a reader must know of devices that are programmed for their effective conductances."""
    if wiring is None or CONDUCTANCES not in wiring.remedies:
        return ()
    text = (
        "devices are programmed to analog conductances, no levels, so that their targets are what wires leave of them"
    )
    return (f"{text}; the references have the levels",)


def line_area_m2(tiles: ChipTiles, technology: Technology, wiring: Wiring | None = None) -> float | None:
    """Return the area at the ends of all rows and columns, square metres; None where the technology does not say."""
    if technology.array is None:
        return None
    ends = tiles.lines + (tiles.rows if wiring is not None and wiring.both_ends else 0)
    return ends * technology.array.line_area_m2


def array_figures(
    tiles: ChipTiles | None, wiring: Wiring | None, wires: dict[str, Any], counts: Counts, technology: Technology
) -> dict[str, Any]:
    """Return the figures of a chip's arrays by name, in SI units; nothing where none were asked for.

    `crosspoint_area_m2` is the chip with all crosspoints of its tiles in place of its memristors, `line_area_m2`
    what stands at the ends of their rows and columns, which is not part of it; None where the technology does not say.

    Parameters
    ----------
    wires : `wire_figures`
    """
    if tiles is None:
        return {}
    parts = component_areas(counts, technology)
    crosspoints_m2 = tiles.crosspoints * technology.memristor.area_m2
    return {
        "array": str(tiles.size),
        **wires,
        "tiles": tiles.tiles,
        "crosspoints": tiles.crosspoints,
        "utilisation": tiles.utilisation,
        "lines": tiles.lines,
        "crosspoint_area_m2": sum(parts.values()) - parts["memristors"] + crosspoints_m2,
        "line_area_m2": line_area_m2(tiles, technology, wiring),
        "tile_shapes": {f"{rows}x{columns}": count for (rows, columns), count in tiles.shapes.items()},
        "tiles_by_stage": {
            stage.stage: {
                "tiles": stage.tiles,
                "crosspoints": stage.crosspoints,
                "devices": stage.devices,
                "lines": stage.lines,
                "pixels": list(stage.patch),
            }
            for stage in tiles.stages
        },
    }
