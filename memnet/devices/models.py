# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristor models by name: the current through a device as a function of its voltage and programmed conductance.

All devices of a bank follow the same model; the differences between devices are in `spread`. A model from outside is an
entry in `MODELS`, and one in `memnet.netlist.TEMPLATES` for each folder of templates, such as `spice/T.sp.j2` where its
`template` is `T`.
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
        """Return the name of the template of one device in a netlist, without folder and suffix.

        Its variables are `id`, `row` and `column`, the names of the device and of its nets, and those of `values`;
        in simulation decks also `select`, the net that controls a switch in series with the device, or "". Elements are
        called after `id`, with letters in front that no other template has, such as `bm`: sources of inputs are called
        `b` and a number.
        """
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

    def values(self, ohm: Floats) -> dict[str, Floats]:
        """Return the values for the variables of the template, by variable, each (devices,).

        Parameters
        ----------
        ohm : (devices,) inverse of the programmed conductances
        """
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

    def values(self, ohm: Floats) -> dict[str, Floats]:
        """Return the resistances, ohm, (devices,)."""
        return {"ohm": ohm}


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
