"""Conductance levels of a memristor: 2^bits of them, evenly spaced from the smallest to the largest conductance."""

from __future__ import annotations

from memnet.technology import Technology


def level_siemens(technology: Technology) -> float:
    """Return the step between neighbouring levels, (Gmax - Gmin) / (2^bits - 1), in siemens."""
    device = technology.memristor
    return float((device.g_max_siemens - device.g_min_siemens) / (2**device.bits - 1))
