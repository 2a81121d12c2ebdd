# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example runs as its first lines say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from needed import needs

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SAYS = {
    "netlist_for_another_tool": "manifest.json",
    "own_memristor": "state error",
    "test_my_network": "3 passed",
    "transient_waveforms": "scale_and_feedback",
}


def test_every_example_is_known():
    assert {path.stem for path in EXAMPLES} == set(SAYS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, decks, tmp_path):
    text = path.read_text(encoding="utf-8")
    if "simulate" in text or "run_memristor" in text:
        needs("ngspice" if "transient" in text else "engine")
    command = [sys.executable, str(ROOT / "tests" / "kept_decks.py"), str(decks), str(path)]
    if path.stem.startswith("test_"):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert SAYS[path.stem] in done.stdout
