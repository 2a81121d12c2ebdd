# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the arrays that memristors stand on, and of their wires."""

from __future__ import annotations

from dataclasses import dataclass

from memnet.deployment import CONDUCTANCES, REMEDIES, STRAPPED
from memnet.errors import SetupError, as_known, choices
from memnet.flow.fields import refuse_without_effect, setting
from memnet.flow.memristor_settings import MemristorSettings

FULL_SHARE = 0.8  # of the range of conductances; the rest makes up for drops of up to a fifth
WITHOUT_ARRAY = "without an array; add --array (array='128x128')"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArraySettings(MemristorSettings):
    """Arrays and wires."""

    array: str | None = setting(
        None,
        "Largest array of memristors, rows x columns, such as 128x128; with --wires by default the technology's.",
        kind=str,
        panel="Chip",
    )
    patches: bool = setting(
        False, "Output pixels share tiles where that costs less; without wires.", kind=bool, panel="Chip"
    )
    wires: bool = setting(False, "Wires of arrays resist, by default as the technology says.", kind=bool, panel="Chip")
    wire_ohm: float | None = setting(
        None, "Ohm from crosspoint to crosspoint of rows and columns.", least=0.0, most=1e4, kind=float, panel="Chip"
    )
    wire_farad: float | None = setting(
        None,
        "Farad from crosspoint to crosspoint of rows and columns; by default the technology's, with --wire-ohm 0.",
        least=0.0,
        most=1e-11,
        kind=float,
        panel="Chip",
    )
    driver_wires: bool = setting(
        False, "Wires between drivers and tiles resist, too, as long as a floor plan has them.", kind=bool, panel="Chip"
    )
    driver_ohm: float | None = setting(
        None,
        "Ohm from a driver to each row of a tile, in place of a floor plan's.",
        least=0.0,
        most=1e6,
        kind=float,
        panel="Chip",
    )

    bias_rail_ohm: float | None = setting(
        None,
        "Ohm between the source of the bias voltage and all bias rows.",
        least=0.0,
        most=1e6,
        kind=float,
        panel="Chip",
    )
    supply_rail_ohm: float | None = setting(
        None,
        "Ohm between a supply and all amplifiers: how much of their swing it takes.",
        least=0.0,
        most=1e6,
        kind=float,
        panel="Chip",
    )
    remedies: str | None = setting(
        None,
        f"Against the drop on wires, separated by commas: {', '.join(REMEDIES)}.",
        kind=str,
        panel="Chip",
        flag="--remedy",
    )
    full_share: float | None = setting(
        None,
        "Share of the range of conductances that a full weight takes with remedy conductances, by default "
        f"{FULL_SHARE}; the rest is headroom.",
        least=0.1,
        most=1.0,
        kind=float,
        panel="Chip",
    )
    strap_ohm: float | None = setting(
        None,
        "Ohm a cell of the line over each column with remedy strapped, by default a quarter of the column's.",
        least=1e-6,
        most=1e4,
        kind=float,
        panel="Chip",
    )

    def __post_init__(self) -> None:
        """Refuse settings of arrays that have no effect, and what is not computed beside them."""
        MemristorSettings.__post_init__(self)
        if self.array is None:
            refuse_without_effect(self, ["patches"], WITHOUT_ARRAY)
        elif self.wires:
            refuse_without_effect(self, ["patches"], "with wires, which are computed for one output pixel a tile")
        if not self.driver_wires:
            refuse_without_effect(self, ["driver_ohm"], "without driver wires; add --driver-wires (driver_wires=True)")
        if not self.wires:
            names = ["wire_ohm", "wire_farad", "driver_wires", "remedies"]
            refuse_without_effect(self, names, "without wires; add --wires (wires=True)")
        elif self.devices.read_noise:
            raise SetupError("read_noise and wires: give one of them; noise of devices behind wires is not computed")
        if self.remedies is not None and not self.remedy_names:
            raise SetupError(f"remedies = {self.remedies!r}: give one or more of {', '.join(REMEDIES)}")
        for name in self.remedy_names:
            if name not in REMEDIES:
                raise SetupError(f"unknown remedy {name!r}: {choices(name, REMEDIES)}")
        for field, remedy in (("full_share", CONDUCTANCES), ("strap_ohm", STRAPPED)):
            if remedy not in self.remedy_names:
                refuse_without_effect(self, [field], f"without remedy {remedy}; add it to --remedy (remedies)")

    @property
    def remedy_names(self) -> frozenset[str]:
        """Return the names of the remedies.

        >>> Setup("PDARTS", wires=True, wire_ohm=1.0, remedies="feedback").remedy_names
        frozenset({'feedback'})
        """
        return frozenset(as_known(name.strip(), REMEDIES) for name in (self.remedies or "").split(",") if name.strip())
