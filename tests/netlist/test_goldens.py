# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the netlists in netlists/ byte for byte; `pytest tests/test_goldens.py --update-goldens` rewrites them.

A golden keeps the files that say something new; its manifest holds a digest of every file, kept or not.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import cell, deployed, hypercell, primitive

from memnet.deployment.chip_devices import ChipDevices
from memnet.genotype.operations import PRIMITIVES
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.export import CHECK, write_export
from memnet.netlist.folder import MANIFEST
from memnet.netlist.placement_table import table_pieces
from memnet.numeric.engine import NumericCircuit

GOLDENS = Path(__file__).parents[2] / "netlists"
NAMES = (*PRIMITIVES, "skip_connect-stride2", "cell", "hypercell")
# Whole directories for ngspice, whose exports run here; of the hypercell and in other dialects, what is new in each.
SHOWN = {
    "primitive": r"network|manifest|blocks/node2(/edge0_\w+_dw1?|/max_pool\w+)?",
    "cell": r"network|models|stimuli|testbench|README|manifest|\w+/cell0/(node2|preprocess0)",
    "hypercell": r"network|models|selects|testbench|manifest|\w+/cell0/(node2(_edge0_dw[12])?|max_pool_state0)",
}


def network_of(name: str):
    """Return the smallest network that shows a primitive, the cell, or the hypercell."""
    if name.endswith("cell"):
        return cell() if name == "cell" else hypercell()
    op, _, stride = name.partition("-stride")
    return primitive(op, stride=int(stride or 1), side=2)


def kept(name: str, dialect: str, file: str) -> bool:
    """Tell whether a golden keeps a file."""
    if dialect == "ngspice" and name != "hypercell":
        return file != CHECK  # which is in templates/
    return re.fullmatch(SHOWN.get(name, SHOWN["primitive"]), file.partition(".")[0]) is not None


def read(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_an_export_is_the_golden_one(name: str, dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    chip = deployed(network_of(name), images=2, structure="shared" if name == "hypercell" else "")
    table = {"placement.csv": table_pieces(chip.circuit, chip.placement)}
    extra = table if dialect == "ngspice" else {}  # it is the same in every dialect
    export = chip.export(name, dialect=dialect, extra=extra)
    circuit_v = NumericCircuit(ChipDevices(chip.deployment)).run(export.images_v).outputs_v
    written = tmp_path / name
    write_export(replace(export, deviation_v=np.abs(circuit_v - export.expected_v).max(axis=0)), written)
    files = {file: text for file, text in read(written).items() if kept(name, dialect, file)}
    golden = GOLDENS / dialect / name
    if request.config.getoption("--update-goldens"):
        shutil.rmtree(golden, ignore_errors=True)
        for file, content in files.items():
            (golden / file).parent.mkdir(parents=True, exist_ok=True)
            (golden / file).write_bytes(content)
    held = read(golden)
    assert list(files) == list(held), "run pytest tests/test_goldens.py --update-goldens and look at the difference"
    for file, content in files.items():
        if file != MANIFEST:
            assert content.decode() == held[file].decode(), f"{dialect}/{name}/{file} differs from netlists/"
    digests, expected = (json.loads(text)["files"] for text in (files[MANIFEST], held[MANIFEST]))
    differing = [file for file in digests | expected if digests.get(file) != expected.get(file)]
    assert not differing, f"{dialect}/{name}: differ from the digests in netlists/: {', '.join(differing)}"
    assert files[MANIFEST].decode() == held[MANIFEST].decode(), f"{dialect}/{name}/{MANIFEST} differs from netlists/"


def test_goldens_are_small_enough_to_read() -> None:
    sizes = {path: path.stat().st_size for path in GOLDENS.rglob("*") if path.is_file()}
    assert max(sizes.values()) < 65_000 and len(sizes) < 450
    assert {path.name for path in GOLDENS.iterdir() if path.is_dir()} == set(DIALECTS)
    for dialect in DIALECTS:
        assert {path.name for path in (GOLDENS / dialect).iterdir()} == set(NAMES)
