"""Holds the netlists in netlists/ byte for byte; `pytest tests/test_goldens.py --update-goldens` rewrites them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from deployments import cell, deployed, primitive

from memnet.genotype import PRIMITIVES
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.export import write_export
from memnet.placement_table import table_pieces

GOLDENS = Path(__file__).parent.parent / "netlists"
NAMES = (*PRIMITIVES, "skip_connect-stride2", "cell")


def network_of(name: str):
    """Return the smallest network that shows a primitive, or the cell."""
    if name == "cell":
        return cell()
    op, _, stride = name.partition("-stride")
    return primitive(op, stride=int(stride or 1), side=2)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_an_export_is_the_golden_one(name: str, dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    chip = deployed(network_of(name), images=2)
    table = {"placement.csv": table_pieces(chip.circuit, chip.placement)}
    extra = table if dialect == "ngspice" else {}  # it is the same in every dialect
    write_export(chip.export(name, dialect=dialect, extra=extra), tmp_path / name)
    golden = GOLDENS / dialect / name
    if request.config.getoption("--update-goldens"):
        shutil.rmtree(golden, ignore_errors=True)
        shutil.copytree(tmp_path / name, golden)
    written = {path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())}
    kept = {path.name: path.read_bytes() for path in sorted(golden.iterdir())} if golden.is_dir() else {}
    assert list(written) == list(kept), "run pytest tests/test_goldens.py --update-goldens and look at the difference"
    for file, content in written.items():
        assert content.decode() == kept[file].decode(), f"{dialect}/{name}/{file} differs from netlists/"


def test_goldens_are_small_enough_to_read() -> None:
    sizes = {path: path.stat().st_size for path in GOLDENS.rglob("*") if path.is_file()}
    assert max(sizes.values()) < 60_000
    assert len([path for path in GOLDENS.iterdir() if path.is_dir()]) == len(DIALECTS)
