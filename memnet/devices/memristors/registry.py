# SPDX-License-Identifier: GPL-3.0-or-later
"""The memristor models by name."""

from __future__ import annotations

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.cubic import Cubic
from memnet.devices.memristors.jart_vcm import JartVcm
from memnet.devices.memristors.linear import Linear
from memnet.devices.memristors.linear_ion_drift import LinearIonDrift
from memnet.devices.memristors.sinh import Sinh
from memnet.devices.memristors.stanford_pku import StanfordPku
from memnet.devices.memristors.vteam import Vteam
from memnet.devices.memristors.yakopcic import Yakopcic
from memnet.errors import SetupError, choices

DEFAULT_MODEL = "linear"
# A model from outside is another entry; its expressions are one in `memnet.netlist.TEMPLATES`.
MODELS: dict[str, type[MemristorModel]] = {
    each.name: each for each in (Linear, Sinh, Cubic, LinearIonDrift, Vteam, Yakopcic, StanfordPku, JartVcm)
}


def memristor_model(name: str = DEFAULT_MODEL) -> MemristorModel:
    """Return the memristor model `NAME` with its default parameters, or `NAME:SET` with those of a published set.

    Raises
    ------
    SetupError
        there is no model or no set of that name; the message has similar names, or all
    """
    model, colon, chosen = name.partition(":")
    if model not in MODELS:
        raise SetupError(f"unknown memristor model {model!r}: {choices(model, MODELS)}")
    return MODELS[model].of(chosen if colon else None)
