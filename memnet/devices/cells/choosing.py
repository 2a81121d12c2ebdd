# SPDX-License-Identifier: GPL-3.0-or-later
"""`CELLS`: the kinds of cells by name, each with the section of a technology that describes it."""

from __future__ import annotations

from memnet.devices.cells.access import Access, Selector, Transistor
from memnet.errors import SetupError
from memnet.technology import Technology

# By name: the access device, made of the section; None where a memristor stands alone.
CELLS: dict[str, type[Transistor | Selector] | None] = {"1T1R": Transistor, "1S1R": Selector, "0T1R": None}


def section_of(name: str) -> str:
    """Return the section of technologies that describes a cell."""
    return f"cell_{name.lower()}"


def access_of(name: str, technology: Technology) -> Access | None:
    """Return the access device of a cell in CELLS as a technology has it; None where a memristor stands alone.

    Raises
    ------
    SetupError
        the technology does not describe the cell
    """
    kind, values = CELLS[name], getattr(technology, section_of(name))
    if values is None:
        described = [cell for cell in CELLS if getattr(technology, section_of(cell)) is not None]
        raise SetupError(
            f"cell {name}: technology {technology.name} has no section [{section_of(name)}]; "
            + (f"it describes {', '.join(described)}" if described else "it describes no cell; use hfox-130nm")
        )
    return None if kind is None else kind(values=values)


def cell_area_m2(name: str, technology: Technology) -> float:
    """Return the area of a cell that the technology describes, square metres."""
    return float(getattr(technology, section_of(name)).cell_area_m2)
