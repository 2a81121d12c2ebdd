"""Memristor models: the law of a device, by name.

A model is the law that all devices of a kind follow; what differs from device to device is in `spread`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from memnet.errors import SetupError, choices
from memnet.units import Floats

DEFAULT_MODEL = "linear"


class MemristorModel(Protocol):
    """The read law of a memristor, and how netlists write it."""

    @property
    def template(self) -> str:
        """Return the name of the template that writes one device."""
        ...

    def current_a(self, volts: Floats, siemens: Floats) -> Floats:
        """Return the current through devices of programmed conductances at some voltages, amperes, in their shape."""
        ...

    def heat_w(self, volts: Floats, siemens: Floats) -> float:
        """Return the power that devices turn into heat, watts in all.

        Parameters
        ----------
        volts, siemens : (devices,) voltage across each device, and its programmed conductance
        """
        ...

    def values(self, siemens: Floats) -> dict[str, Floats]:
        """Return the values that the template writes, (devices,) each, by the template's names."""
        ...


class LinearMemristor:
    """A device that is read as a resistor: I = G V, whatever the voltage below the read limit."""

    template = "memristor"

    def current_a(self, volts: Floats, siemens: Floats) -> Floats:
        """Return G V, amperes."""
        return np.asarray(siemens * volts)

    def heat_w(self, volts: Floats, siemens: Floats) -> float:
        """Return sum(G V^2), watts."""
        return float((volts**2) @ siemens)

    def values(self, siemens: Floats) -> dict[str, Floats]:
        """Return the resistances, ohm."""
        return {"ohm": 1.0 / siemens}


MODELS: dict[str, MemristorModel] = {"linear": LinearMemristor()}


def memristor_model(name: str = DEFAULT_MODEL) -> MemristorModel:
    """Return the memristor model of that name.

    Raises
    ------
    SetupError
        there is none; the text lists the names
    """
    if name not in MODELS:
        raise SetupError(f"unknown memristor model {name!r}: {choices(name, MODELS)}")
    return MODELS[name]
