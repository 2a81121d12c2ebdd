# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults put in by hand: all can still be put in, each was noticed by a test that is there, and the script sees it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "hand_faults.py"
PACKAGES = ("circuit", "deployment", "genotype", "measurement", "netlist", "numeric", "simulation")


def _script():
    spec = importlib.util.spec_from_file_location("hand_faults", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


hand_faults = _script()
FAULTS = hand_faults.read_faults()


def test_every_fault_can_still_be_put_in():
    stale = {fault.name: why for fault in FAULTS if (why := fault.stale(ROOT))}
    assert not stale, "change their old texts in benchmarks/faults/ to those of today"
    assert all(fault.new != fault.old and fault.wrong for fault in FAULTS)


def test_there_are_enough_faults_in_every_package():
    counts = Counter(fault.package for fault in FAULTS)
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40
    assert min(counts[package] for package in PACKAGES) >= 5


def a_tree(folder: Path) -> Path:
    """Return a small tree under git with two sums, of which one is tested."""
    files = {
        "sums.py": "def up(x):\n    return x + 1\n\n\ndef down(x):\n    return x - 1\n",
        "tests/sums/test_sums.py": "from sums import up\n\n\ndef test_up():\n    assert up(1) == 2\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder


def test_a_fault_is_noticed_or_not_and_the_tree_stays_as_it_is(tmp_path):
    tree, there = a_tree(tmp_path / "tree"), tmp_path / "copy"
    there.mkdir()
    noticed, unnoticed = (
        hand_faults.Fault(name=old, package="sums", file="sums.py", old=old, new=new, wrong="all")
        for old, new in (("x + 1", "x + 2"), ("x - 1", "x - 2"))
    )
    copy, before = hand_faults.Copy(tree, there), (tree / "sums.py").read_text()
    assert hand_faults.catcher(copy, noticed, None, near=True) == "tests/sums/test_sums.py::test_up"
    assert hand_faults.catcher(copy, unnoticed, None, near=False) is None
    assert (tree / "sums.py").read_text() == (there / "sums.py").read_text() == before
    twice = hand_faults.Fault(name="a", package="sums", file="sums.py", old="return x", new="return y", wrong="all")
    assert twice.stale(tree) == "its old text occurs 2 times in sums.py, not once"


@pytest.mark.long
def test_every_fault_is_noticed(tmp_path):
    """Anew, each with the test first that noticed it last time."""
    held = json.loads((hand_faults.RESULTS / "table.json").read_text())
    (tmp_path / "table.json").write_text(json.dumps(held))
    run = subprocess.run([sys.executable, SCRIPT, "--again", "--results", tmp_path], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
