# SPDX-License-Identifier: GPL-3.0-or-later
"""Largest deviation of the circuit of each single primitive from the numeric reference, at both strides; needs ngspice.

    python benchmarks/primitives.py [--images 8] [--channels 4] [--side 8]

Prints one row for each primitive and stride: volts at the node's output with the default op-amp and with ideal blocks.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from deployments import Deployed, deployed, primitive

from memnet.circuit import build_circuit
from memnet.deployment import quantised_parameters
from memnet.genotype import PRIMITIVES
from memnet.network import forward
from memnet.simulation import sweep_images
from memnet.simulation.engines import find_engine


def deviation_v(case: Deployed, ideal: bool) -> float:
    """Return the largest deviation at the node over all images, in volts."""
    technology = case.deployment.technology
    deployment = replace(case.deployment, technology=technology.ideal() if ideal else technology)
    images_v = case.images.reshape(len(case.images), -1) * case.circuit.input_scale_v
    found = sweep_images(build_circuit(deployment), images_v, find_engine("ngspice"), keep=("node2",)).volts["node2"]
    parameters = quantised_parameters(case.network, case.placement)
    wanted = forward(case.network, parameters, case.images, record=("node2",)).values["node2"]
    return float(np.abs(found - wanted.reshape(len(found), -1) * case.deployment.scales["node2"]).max())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--side", type=int, default=8)
    given = parser.parse_args()
    print(f"{'primitive':16} {'stride':>6} {'default op-amp [V]':>20} {'ideal blocks [V]':>18}")
    for op in PRIMITIVES:
        for stride in (1, 2):
            case = deployed(primitive(op, stride=stride, channels=given.channels, side=given.side), images=given.images)
            print(f"{op:16} {stride:6} {deviation_v(case, False):20.2e} {deviation_v(case, True):18.2e}", flush=True)


if __name__ == "__main__":
    main()
