# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred kills at random moments, from benchmarks/kills.py; test_ending.py has a few that are quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from needed import needs

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kills.py"


@pytest.mark.long
def test_a_hundred_kills_change_no_figure_and_leave_nothing():
    needs("ngspice")
    needs("proc")
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "100 kills: all figures equal" in done.stdout
