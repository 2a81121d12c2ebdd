# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristor models by name: the current through a device as a function of its voltage and programmed conductance.

All devices of a kind follow the same model; the differences between devices are in `spread`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from memnet.errors import SetupError, choices
from memnet.units import Floats

DEFAULT_MODEL = "linear"


class MemristorModel(Protocol):
    """The current-voltage law of a memristor when it is read, and the values that netlists write for a device."""

    @property
    def template(self) -> str:
        """Return the name of the template of one device in a netlist."""
        ...

    def current_a(self, volts: Floats, siemens: Floats) -> Floats:
        """Return the currents through devices, amperes.

        Parameters
        ----------
        volts, siemens : voltage across each device and its programmed conductance; arrays that broadcast
        """
        ...

    def heat_w(self, volts: Floats, siemens: Floats) -> float:
        """Return the total power that devices turn into heat, watts.

        Parameters
        ----------
        volts, siemens : (devices,) voltage across each device, and its programmed conductance
        """
        ...

    def values(self, siemens: Floats) -> dict[str, Floats]:
        """Return the values for the variables of the template, by variable, each (devices,)."""
        ...


class LinearMemristor:
    """A device that behaves as a resistor when it is read: I = G V at all voltages up to the read limit."""

    template = "memristor"

    def current_a(self, volts: Floats, siemens: Floats) -> Floats:
        """Return G V, amperes."""
        return np.asarray(siemens * volts)

    def heat_w(self, volts: Floats, siemens: Floats) -> float:
        """Return sum(G V^2), watts."""
        return float((volts**2) @ siemens)

    def values(self, siemens: Floats) -> dict[str, Floats]:
        """Return the resistances 1 / G, ohm, (devices,)."""
        return {"ohm": 1.0 / siemens}


MODELS: dict[str, MemristorModel] = {"linear": LinearMemristor()}


def memristor_model(name: str = DEFAULT_MODEL) -> MemristorModel:
    """Return the memristor model of that name.

    Raises
    ------
    SetupError
        there is none of that name; the message has similar names, or all
    """
    if name not in MODELS:
        raise SetupError(f"unknown memristor model {name!r}: {choices(name, MODELS)}")
    return MODELS[name]
