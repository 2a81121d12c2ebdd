"""Conductance levels of a memristor: evenly spaced between the smallest and the largest conductance."""

from __future__ import annotations

from memnet.technology import Technology


def level_siemens(technology: Technology) -> float:
    """Return the conductance step between two levels, in siemens."""
    device = technology.memristor
    return float((device.g_max_siemens - device.g_min_siemens) / (2**device.bits - 1))
