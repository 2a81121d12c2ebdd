# SPDX-License-Identifier: GPL-3.0-or-later
"""`linear`: a memristor that is a resistor when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.devices.memristors.parameters import ParameterSet
from memnet.devices.memristors.read_law import ReadLaw
from memnet.units import Floats


@dataclass(frozen=True, kw_only=True)
class Linear(ReadLaw):
    """I = G V at all voltages up to the read limit."""

    name: ClassVar[str] = "linear"
    title: ClassVar[str] = "resistor"
    law: ClassVar[str] = "I = G V"
    source: ClassVar[str] = "Ohm's law"
    template: ClassVar[str] = "memristor"
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "default": ParameterSet(values={}, source="no parameters", licence="nothing to license", start=5e-5)
    }

    def shape(self, volts: Floats) -> Floats:
        """Return V."""
        return volts

    def current_a(self, volts: Floats, siemens: Floats) -> Floats:
        """Return G V, amperes, for conductances of any size."""
        return np.asarray(siemens * volts)

    def heat_w(self, volts: Floats, siemens: Floats) -> float:
        """Return sum(G V^2), watts."""
        return float((volts**2) @ siemens)

    def values(self, ohm: Floats) -> dict[str, Floats]:
        """Return the resistances, ohm, (devices,)."""
        return {"ohm": ohm}
