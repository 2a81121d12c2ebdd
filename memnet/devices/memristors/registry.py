# SPDX-License-Identifier: GPL-3.0-or-later
"""The memristor models by name."""

from __future__ import annotations

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.cubic import Cubic
from memnet.devices.memristors.jart_vcm import JartVcm
from memnet.devices.memristors.linear import Linear
from memnet.devices.memristors.linear_ion_drift import LinearIonDrift
from memnet.devices.memristors.milo import Milo
from memnet.devices.memristors.sinh import Sinh
from memnet.devices.memristors.stanford_pku import StanfordPku
from memnet.devices.memristors.vteam import Vteam
from memnet.devices.memristors.yakopcic import Yakopcic

DEFAULT_MODEL = "linear"
# A model from outside is another entry; its expressions are one in `memnet.netlist.TEMPLATES`.
MODELS: dict[str, type[MemristorModel]] = {
    each.name: each for each in (Linear, Sinh, Cubic, Milo, LinearIonDrift, Vteam, Yakopcic, StanfordPku, JartVcm)
}
