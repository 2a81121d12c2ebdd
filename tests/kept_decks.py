# SPDX-License-Identifier: GPL-3.0-or-later
"""Decks kept for the length of a test run: the demo, the README and the examples simulate the same networks.

python tests/kept_decks.py FOLDER SCRIPT        run a script whose simulations keep and find their decks in a folder

A deck is found by its whole text, so a circuit that has changed is simulated.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import pytest

from memnet.flow import run_simulation
from memnet.simulation.engines import cached, find_engine


def keeping(folder: Path):
    """Return a `find_engine` whose engines keep their results in a folder."""
    return lambda name=None: cached(find_engine(name), folder)


@pytest.fixture(scope="session")
def decks(tmp_path_factory):
    """Return the folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "decks"


@pytest.fixture
def keep_decks(decks, monkeypatch):
    """Let every simulation of a test keep its decks, and find those of others."""
    monkeypatch.setattr(run_simulation, "find_engine", keeping(decks))


if __name__ == "__main__":
    run_simulation.find_engine = keeping(Path(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
