# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a chip as netlists for another tool, with test images, a testbench and the outputs to expect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit, critical_path_s
from memnet.deployment import Wiring
from memnet.errors import SetupError
from memnet.flow.deployed import DeployedChip
from memnet.flow.reading import compensation_figures, computed_v, refuse_moving_transient
from memnet.flow.settings import LISTED_MEMRISTORS, ExportSettings
from memnet.measurement import ERROR_BOUND, logit_error
from memnet.netlist import (
    Export,
    Timing,
    editor_of,
    find_dialect,
    memristor_subcircuit,
    refuse_foreign,
    refuse_table,
    refuse_undrawn,
    table_pieces,
    write_export,
    write_table,
)
from memnet.network import forward
from memnet.numeric import NumericCircuit
from memnet.units import Floats

PLATEAU = 6.0  # critical paths that an image stays in a transient testbench
STEPS = 200  # time steps an image has at least


def write_chip(chip: DeployedChip, folder: Path, settings: ExportSettings) -> dict[str, Any]:
    """Write the folder, and the placement table where one is asked for; return the folder's manifest.

    Raises
    ------
    DialectError
        unknown dialect
    SetupError, DataError
        read noise, which netlists do not have; symbols for a dialect without an editor, or with too many pins; more
        images than the data set has; a Parquet table without pyarrow
    OutputError
        the folder or the table is not writable, the disk is full, or the folder holds something that is no export
    """
    table = None if settings.placement is None else Path(settings.placement)
    if table is not None:
        refuse_table(table)
    if settings.symbols:
        editor_of(settings.dialect)
    find_dialect(settings.dialect)  # refused before the circuit is built, and so is the folder
    _refuse_law(chip, settings)
    refuse_foreign(folder)
    if chip.setup.devices.read_noise:
        raise SetupError("read_noise has no effect in an export, where all images see the same devices; use evaluate")
    chip.refuse_too_many(settings.images)
    circuit, targets, tiles = chip.exported_circuit, chip.table_targets, chip.table_tiles
    if settings.symbols:
        refuse_undrawn(circuit, settings.dialect)
    listed: dict[str, Iterable[bytes]] = {}
    if chip.counts.memristors <= LISTED_MEMRISTORS:
        listed = {"placement.csv": table_pieces(circuit, chip.placement, targets=targets, tiles=tiles)}
    manifest = write_export(_export(chip, circuit, settings, listed), folder)
    if table is not None:
        write_table(circuit, chip.placement, table, targets=targets, tiles=tiles)
    return manifest


def _export(
    chip: DeployedChip, circuit: Circuit, settings: ExportSettings, listed: Mapping[str, Iterable[bytes]]
) -> Export:
    """Return what is written of a chip; `listed` has its placement table, or nothing where that has too many rows."""
    shown = chip.dataset.test_images[: settings.images]
    images_v, wires, law, cell = chip.input_volts(shown), _wires(chip), _law(chip), _cell(chip)
    moved = chip.setup.devices.offset_v > 0 or chip.devices.bias_share < 1.0
    sampled = chip.devices.per_device or moved or bool(wires or law or cell)
    reference, logits = _reference_logits(chip, shown), _circuit_logits(chip, images_v)
    reference_v, circuit_v = (each * chip.circuit.output_scale_v for each in (reference, logits))
    return Export(
        circuit=circuit,
        title=chip.title,
        images_v=images_v,
        expected_v=circuit_v if sampled else reference_v,
        deviation_v=np.abs(circuit_v - reference_v).max(axis=0),
        sampled=sampled,
        wires=wires,
        law=law,
        cell=cell,
        notes=(*chip.weights.notes, *_moving_note(chip, settings)),
        dialect=settings.dialect,
        timing=None if settings.analysis == "dc" else _timing(chip, settings.image_s),
        symbols=settings.symbols,
        labels=chip.dataset.test_labels[: settings.images],
        about={"weights": chip.weights.note, **_devices(chip), **_arrays(chip), **_judged(chip, logits, reference)},
        extra=listed,
        listed_up_to=None if listed else LISTED_MEMRISTORS,
    )


def _refuse_law(chip: DeployedChip, settings: ExportSettings) -> None:
    """Raise `SetupError` or `DialectError` for what an export with a model of memristors cannot have."""
    refuse_moving_transient(settings.analysis, chip.devices, chip.law_name)
    if chip.model is not None:
        memristor_subcircuit(chip.model, settings.dialect)  # raises DialectError where it cannot be expressed


def _law(chip: DeployedChip) -> str:
    """Return the law of memristors alone in words; '' where they are resistors."""
    return "" if chip.model is None else f"{Path(chip.memristor_name or '').name} ({chip.model.law})"


def _moving_note(chip: DeployedChip, settings: ExportSettings) -> tuple[str, ...]:
    """Return what a reader must know of a transient in which reads move states; nothing where they do not."""
    if settings.analysis == "dc" or chip.model is None or not chip.model.moves:
        return ()
    return (
        "in a transient the voltages of reads may move the states of these memristors, and outputs then leave "
        "`expected.csv`, which has the conductances that were programmed; `memnet disturb` says how far",
    )


def _cell(chip: DeployedChip) -> str:
    """Return the cell that each memristor stands in, in words; '' where it stands alone."""
    access = chip.devices.access
    if access is None:
        return ""
    return f"{access.cell}, with a {access.title} of {1.0 / access.siemens:.4g} ohm at 0 V"


def _reference_logits(chip: DeployedChip, images: npt.NDArray[Any]) -> Floats:
    """Return the logits of the quantised reference, (images, classes)."""
    return forward(chip.network, chip.parameters, images).logits


def _circuit_logits(chip: DeployedChip, images_v: Floats) -> Floats:
    """Return the logits of the circuit itself, from its equations, (images, classes)."""
    return computed_v(NumericCircuit(chip.devices), images_v) / chip.circuit.output_scale_v


def _judged(chip: DeployedChip, logits: Floats, reference: Floats) -> dict[str, Any]:
    """Return what the manifest says of the circuit's error, and why it exceeds its bound where it does."""
    error = logit_error(logits, reference)
    deviation = chip.explain(logits, reference)
    return {
        "logit_error": float(f"{error:.3g}") if np.isfinite(error) else None,
        "error_bound": ERROR_BOUND,
        "error_gain": float(f"{chip.error_gain:.3g}"),
        "warnings": [] if deviation is None else [str(deviation)],
    }


def _devices(chip: DeployedChip) -> dict[str, Any]:
    """Return what the manifest says of devices that are not at their targets: nothing where all are."""
    spread, table = chip.setup.devices, chip.setup.conductances
    given = chip.cell_figures() | ({} if table is None else {"conductances": Path(table).name})
    if chip.memristor_name is not None:
        given["memristor"] = Path(chip.memristor_name).name
    given |= compensation_figures(chip.deployment)
    return given if spread.ideal else {**given, "devices": asdict(spread)}


def _wires(chip: DeployedChip) -> str:
    """Return what wires resist and store, in words; '' where they do neither."""
    wiring = chip.wiring
    if wiring is None:
        return ""
    leads = sorted(wiring.leads_ohm.values())
    more = f"; {leads[0]:.3g} to {leads[-1]:.3g} ohm more between drivers and rows" if leads else ""
    if wiring.charges:
        more += f"; each crosspoint adds {wiring.row_farad:g} F to its row and {wiring.column_farad:g} F to its column"
    return (
        f"{wiring.row_ohm:g} ohm along rows and {wiring.column_ohm:g} ohm along columns from crosspoint to crosspoint, "
        f"on tiles of up to {wiring.rows} x {wiring.columns}{more}{_remedied(wiring)}"
    )


def _remedied(wiring: Wiring) -> str:
    """Return what is done against the drop on wires, in words; '' where nothing is."""
    return f"; against their drop: {', '.join(sorted(wiring.remedies))}" if wiring.remedies else ""


def _arrays(chip: DeployedChip) -> dict[str, Any]:
    """Return what the manifest says of arrays and wires: nothing where none were asked for."""
    figures = chip.array_figures()
    return {
        name: figures[name]
        for name in ("array", "wire_ohm", "wire_farad", "driver_ohm", "bias_rail_v", "remedies", "tiles", "crosspoints")
        if name in figures
    }


def _timing(chip: DeployedChip, image_s: float | None) -> Timing:
    """Return how long images stay, by default PLATEAU times the critical path."""
    held = image_s or PLATEAU * critical_path_s(chip.circuit)
    return Timing(image_s=held, step_s=held / STEPS)
