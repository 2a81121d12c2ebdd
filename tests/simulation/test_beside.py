# SPDX-License-Identifier: GPL-3.0-or-later
"""memnet in programs that have other plans: they use PySpice too, or run it inside their own worker processes."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import pytest
from needed import needs
from small_results import SMALL

from memnet.errors import SetupError
from memnet.flow.chip import simulate
from memnet.simulation.engines.discover import find_ngspice

PYSPICE = """
import logging, sys, warnings
warnings.simplefilter("ignore")
from PySpice.Spice.Netlist import Circuit
from PySpice.Unit import u_kOhm, u_V
from memnet.netlist import Deck
from memnet.simulation.engines import find_engine
logging.disable()

def theirs():
    circuit = Circuit("divider")
    circuit.V("i", "a", circuit.gnd, 10 @ u_V)
    circuit.R(1, "a", "b", 9 @ u_kOhm)
    circuit.R(2, "b", circuit.gnd, 1 @ u_kOhm)
    return float(circuit.simulator(temperature=25, nominal_temperature=25).operating_point()["b"][0])

def ours():
    text = "* divider\\nv1 a 0 1\\nr1 a b 1e3\\nr2 b 0 1e3\\n.op\\n.end\\n"
    return find_engine("ngspice").run(Deck(name="d", text=text, vectors=("v(b)",), points=1)).values[0, 0]

for which in sys.argv[1]:
    print({"p": theirs, "m": ours}[which]())
"""


@pytest.mark.parametrize("order", ["pmpm", "mpmp"])
def test_pyspice_and_memnet_share_a_process(order):
    needs("ngspice")
    library = {"NGSPICE_LIBRARY_PATH": find_ngspice("library").path, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PYSPICE, order]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | library)
    expected = [{"p": 1.0, "m": 0.5}[which] for which in order]
    assert [float(line) for line in done.stdout.split()] == pytest.approx(expected), done.stderr


def simulated(dataset, workers):
    """Return the figure of a small simulation, or the sentence that refuses it; runs in a worker of a pool."""
    try:
        return simulate(SMALL, images=1, channels=1, dataset=dataset, workers=workers).accuracy.logit_error
    except SetupError as error:
        return str(error)


def test_a_worker_of_a_pool_simulates_by_itself(small_digits):
    needs("engine")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        default, two = pool.starmap(simulated, [(small_digits, workers) for workers in (None, 2)])
    assert default == simulated(small_digits, 1)
    assert two == (
        "workers = 2: this process, such as a worker of multiprocessing.Pool, may start no processes; give workers=1, "
        "or run it in a concurrent.futures.ProcessPoolExecutor"
    )
