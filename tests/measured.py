# SPDX-License-Identifier: GPL-3.0-or-later
"""Chips of one channel for images of 4x4 pixels, and their transients in ngspice, each made once a worker."""

from __future__ import annotations

from functools import cache

from deployments import deployed, whole
from needed import needs

from memnet.measurement.transient import measure_transients
from memnet.simulation.engines.registry import find_engine


@cache
def case(genotype, structure=""):
    return deployed(whole(genotype, channels=1), images=3, structure=structure)


def volts(made):
    return made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v


def transients(genotype, structure="", transitions=2):
    """Return power and delay of that many steps from image to image."""
    needs("ngspice")
    return _transients(genotype, structure, transitions)


@cache
def _transients(genotype, structure, transitions):
    made = case(genotype, structure)
    return measure_transients(made.circuit, volts(made)[: transitions + 1], find_engine("ngspice"))
