# SPDX-License-Identifier: GPL-3.0-or-later
"""Solves an exported network of any dialect at dc: read by `model_files`, solved by `newton`, apart from memnet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from model_files import Element, read_network
from newton import Solver

from memnet.netlist.dialects import DIALECTS


def solved_outputs(folder: Path, dialect: str, images_v: np.ndarray, rails: dict[str, float]) -> np.ndarray:
    """Return the class outputs of an exported network, (images, classes) volts, with the inputs and rails given.

    Parameters
    ----------
    images_v : (images, input nets) volts
    rails : volts of all other ports but the outputs, by name
    """
    network = read_network(folder, dialect, DIALECTS[dialect].suffix)
    elements = network.placed("network", network.ports)
    inputs = [port for port in network.ports if port.startswith("input")]
    outputs = [port for port in network.ports if port.startswith("classifier")]
    found = []
    for volts in images_v.tolist():
        ends = rails | dict(zip(inputs, volts, strict=True))
        assert ends.keys() | set(outputs) == set(network.ports)
        sources = [
            Element(kind="v", name=f"v{net}", nodes=(net, "0"), values={"value": value}) for net, value in ends.items()
        ]
        solver = Solver([*sources, *elements])
        solution = solver.solve()
        found.append([solver.volts(solution, output) for output in outputs])
    return np.array(found)
