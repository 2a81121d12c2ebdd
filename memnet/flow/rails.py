# SPDX-License-Identifier: GPL-3.0-or-later
"""The drop of the rails that many share: that of the bias voltage, and those of the supplies.

Each rail is one resistance between its source and all that it feeds. Bias rows take V g into virtual grounds at 0 V, so
with G the sum of their conductances the rail has V / (1 + R G). Amplifiers and comparators take quiescent currents.
"""

from __future__ import annotations

from typing import Any

from memnet.deployment import BIAS_RAIL, Deployment
from memnet.devices import MemristorModel
from memnet.errors import SetupError
from memnet.flow.settings import Setup
from memnet.measurement import powered_components
from memnet.numeric import Loads


def bias_share(setup: Setup, deployment: Deployment, memristor: MemristorModel | None) -> float:
    """Return the share of the bias voltage that is left for bias rows, all devices at their targets.

    Raises
    ------
    SetupError
        memristors have a law, for which this is not computed
    """
    if not setup.bias_rail_ohm:
        return 1.0
    if memristor is not None:
        raise SetupError("bias_rail_ohm and a law of memristors: give one of them; the drop is that of linear devices")
    return 1.0 / (1.0 + setup.bias_rail_ohm * Loads.of(deployment).bias_siemens)


def supply_drop_v(setup: Setup, deployment: Deployment) -> float:
    """Return what the quiescent currents of all that has power take from each supply, volts.

    Raises
    ------
    SetupError
        nothing is left of the amplifiers' swing
    """
    if not setup.supply_rail_ohm:
        return 0.0
    technology, powered = deployment.technology, powered_components(deployment.plan)
    current_a = powered.opamps * technology.opamp.quiescent_a + powered.comparators * technology.comparator.quiescent_a
    drop_v = setup.supply_rail_ohm * current_a
    if drop_v >= technology.opamp.saturation_v:
        raise SetupError(
            f"supply_rail_ohm = {setup.supply_rail_ohm:g}: {current_a:.3g} A take {drop_v:.3g} V, and amplifiers swing "
            f"{technology.opamp.saturation_v:g} V; give less"
        )
    return drop_v


def rail_figures(setup: Setup, deployment: Deployment) -> dict[str, Any]:
    """Return the figures of rails by name, in SI units; those of a rail only where it was given a resistance."""
    found: dict[str, Any] = {}
    if setup.bias_rail_ohm is not None:
        share = bias_share(setup, deployment, None)
        found["bias_rail_v"] = deployment.scales[BIAS_RAIL] * share
        found["bias_rail_drop"] = 1.0 - share
    if setup.supply_rail_ohm is not None:
        drop_v = supply_drop_v(setup, deployment)
        found["supply_drop_v"] = drop_v
        found["swing_v"] = deployment.technology.opamp.saturation_v - drop_v
    return found
