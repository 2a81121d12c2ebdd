# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much the law of memristors shifts the class outputs of a circuit, against the same circuit with I = G V."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy.typing as npt

from memnet.deployment import ChipDevices
from memnet.devices import DeviceSpread
from memnet.measurement.class_outputs import logit_error
from memnet.numeric import NumericCircuit


def law_shift(devices: ChipDevices, images_v: npt.NDArray[Any], *, workers: int = 1) -> float | None:
    """Return max abs(v - v_linear) / max abs(v_linear) over images and classes; None where memristors are linear.

    Both are class outputs of the numeric engine, in the precision of `images_v`, with each device at its target. Where
    levels are compensated, the linear circuit is what they are compensated for.

    Parameters
    ----------
    images_v : (images, input nets) volts
    workers : threads
    """
    if devices.memristor is None or not len(images_v):
        return None
    curved = replace(devices, spread=DeviceSpread(), given={})
    found, linear = (
        NumericCircuit(each, dtype=images_v.dtype).run(images_v, workers=workers).outputs_v
        for each in (curved, replace(curved, memristor=None))
    )
    return logit_error(found, linear)
