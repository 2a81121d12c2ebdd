# SPDX-License-Identifier: GPL-3.0-or-later
"""The law that a chip's memristors are read by, from its settings and its technology."""

from __future__ import annotations

import numpy as np

from memnet.devices import MODELS, MemristorModel, memristor_model
from memnet.errors import SetupError
from memnet.flow.settings import Setup
from memnet.technology import Technology

LINEAR_BELOW = 1e-9  # share of a read's current: a law that is nearer than this to I = G V changes no figure


def memristor_of(setup: Setup, technology: Technology) -> MemristorModel | None:
    """Return the model whose law I = G f(V) all memristors of a chip follow; None where no model is asked for.

    f has the slope 1 at 0 V, from the side of positive voltages, so that a level is a conductance for small voltages.

    Raises
    ------
    SetupError
        there is no such model; its law is not I = G f(V), or no other than I = G V; it cannot have the conductances of
        the technology; or amplifiers have offsets
    """
    if setup.memristor is None:
        return None
    model, device = memristor_model(setup.memristor), technology.memristor
    if not model.separable:
        possible = ", ".join(sorted(name for name, kind in MODELS.items() if kind.separable))
        raise SetupError(
            f"memristor {setup.memristor}: its curve changes with its state, and networks have laws I = G f(V) only: "
            f"give one of {possible}"
        )
    low, high = model.conductances()
    if device.g_min_siemens < low or device.g_max_siemens > high:
        raise SetupError(
            f"memristor {setup.memristor}: it reaches {low:.6g} to {high:.6g} S, and technology {technology.name} has "
            f"levels from {device.g_min_siemens:g} to {device.g_max_siemens:g} S; give another technology or set"
        )
    limit = device.read_limit_v
    if np.allclose(model.shape(np.array([-limit, limit])), [-limit, limit], rtol=LINEAR_BELOW, atol=0.0):
        raise SetupError(f"memristor = {setup.memristor!r} has no effect: its law is I = G V, which is the default")
    if technology.opamp.offset_v or setup.devices.offset_v:
        raise SetupError(
            "memristor and offset_v: give one of them; an offset is seen through the slope of each device's curve, "
            "which is not computed"
        )
    return model
