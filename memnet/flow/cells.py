# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells that a chip's memristors stand in, from its settings and its technology: their law, area and figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from memnet.devices import DEFAULT_MODEL, Cell, access_of, cell_area_m2, memristor_model
from memnet.errors import SetupError
from memnet.flow.measuring import measured_memristor
from memnet.flow.reading import refuse_moving
from memnet.flow.settings import Setup
from memnet.technology import Technology


def with_cells(technology: Technology, cell: str | None) -> Technology:
    """Return a technology whose memristors take the area of their cells; the same where no cell is asked for.

    Raises
    ------
    SetupError
        the technology does not describe the cell
    """
    if cell is None:
        return technology
    access_of(cell, technology)
    area = cell_area_m2(cell, technology)
    loaded = {**technology.loaded, "memristor.area_m2": area}  # not a value that was changed in Python
    return replace(technology, memristor=replace(technology.memristor, area_m2=area), loaded=loaded)


def cell_of(setup: Setup, technology: Technology, memristor: str | None) -> Cell | None:
    """Return the cell that all memristors of a chip stand in; None where they stand alone, or with ideal switches.

    Parameters
    ----------
    memristor : the model of the memristors alone; None for I = G V

    Raises
    ------
    SetupError
        the access device lets no memristor reach the highest level; there are wires, offsets or compensated levels; or
        the settings ask for the model that is the default
    """
    access = None if setup.cell is None else access_of(setup.cell, technology)
    if access is None:
        return None
    if memristor is not None:
        model = measured_memristor(memristor, technology.opamp.saturation_v)
        if setup.memristor and technology.memristor_model is None and model == memristor_model():
            raise SetupError(
                f"memristor = {setup.memristor!r} has no effect: memristors in cells have I = G V by default; leave it "
                "out"
            )
    cell, device = Cell(access=access, memristor=memristor or DEFAULT_MODEL), technology.memristor
    low, high = cell.conductances()
    if device.g_max_siemens > high or device.g_min_siemens < low:
        raise SetupError(
            f"cell {setup.cell}: with its {access.title} of {1.0 / access.siemens:.4g} ohm it reaches {low:.6g} to "
            f"{high:.6g} S, and technology {technology.name} has levels from {device.g_min_siemens:g} to "
            f"{device.g_max_siemens:g} S; give a {access.title} that conducts better, or another memristor"
        )
    refuse_moving(f"cell {setup.cell}", setup, technology)
    if setup.compensated:
        raise SetupError(f"cell {setup.cell} and compensated: give one of them; levels are those of whole cells")
    return cell


def has_transistors(cell: str | None, technology: Technology) -> bool:
    """Return whether each memristor has a transistor, whatever switches it."""
    access = None if cell is None else access_of(cell, technology)
    return access is not None and access.has_gate


def cell_figures(cell: str | None, technology: Technology) -> dict[str, Any]:
    """Return the figures of a chip's cells by name, in SI units; nothing where none were asked for.

    `access_ohm` is the resistance of the access device at small voltages, None where there is none.
    """
    if cell is None:
        return {}
    access = access_of(cell, technology)
    return {
        "cell": cell,
        "cell_area_m2": cell_area_m2(cell, technology),
        "access_ohm": None if access is None else 1.0 / access.siemens,
    }


def cell_note(cell: Cell | None) -> tuple[str, ...]:
    """Return what a reader must know of the law of cells; nothing where memristors stand alone."""
    if cell is None:
        return ()
    return (
        f"memristors stand in {cell.access.cell} cells, {cell.access.title}s of {1.0 / cell.access.siemens:.4g} ohm; "
        "levels are conductances of whole cells at small voltages, and the references have I = G V",
    )


def law_name(memristor: str | None, cell: str | None) -> str:
    """Return the law of a chip's memristors as its settings call it, such as `memristor sinh in cell 1T1R`."""
    names = [f"memristor {memristor}"] if memristor else []
    return " in ".join([*names, *([f"cell {cell}"] if cell else [])])
