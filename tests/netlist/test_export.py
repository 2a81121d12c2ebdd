# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of exported directories: they give the flat deck's voltages, the same bytes, and are written whole or not."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import Deployed, deployed, hypercell, primitive, whole
from needed import needs
from test_folder import content

from memnet.circuit.banks import Memristors
from memnet.devices.spread import DeviceSpread
from memnet.errors import DataError, OutputError
from memnet.flow.chip import Chip
from memnet.genotype.operations import PRIMITIVES
from memnet.netlist import hierarchy
from memnet.netlist.contents import Timing
from memnet.netlist.deck import Deck
from memnet.netlist.export import export_files, write_export
from memnet.netlist.folder import MANIFEST
from memnet.netlist.hierarchy import block_path
from memnet.netlist.reading import read_export
from memnet.network.datasets.base import Dataset
from memnet.simulation.engines.discover import environment, find_ngspice
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.technology import load_technology

SAME_V = 2e-7  # flat decks write input voltages with seven digits


@pytest.fixture(scope="module")
def chip() -> Deployed:
    return deployed(primitive("sep_conv_3x3"))


@pytest.fixture(scope="module")
def pool() -> Deployed:
    return deployed(primitive("max_pool_3x3", side=2))


def expected(folder: Path) -> np.ndarray:
    with (folder / "expected.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    first = rows[0].index("class") + 1
    return np.array([[float(value) for value in row[first:]] for row in rows[1:]])


def check_against_flat(chip: Deployed, folder: Path) -> None:
    export = chip.export("export against flat deck")
    write_export(export, folder)
    engine = find_engine()
    exported = engine.run(read_export(folder)).values
    flat = sweep_images(chip.circuit, export.images_v, engine, flat=True).volts[chip.circuit.output]
    np.testing.assert_allclose(exported, flat, atol=SAME_V)
    np.testing.assert_allclose(exported, expected(folder), atol=2e-4)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("op", PRIMITIVES)
def test_a_primitive_gives_the_same_voltages_exported_and_flat(op: str, stride: int, tmp_path: Path) -> None:
    check_against_flat(deployed(primitive(op, stride=stride)), tmp_path / "export")


def test_a_whole_network_gives_the_same_voltages_exported_and_flat(tmp_path: Path) -> None:
    check_against_flat(deployed(whole()), tmp_path / "export")


def test_the_readme_says_how_to_run_it_and_the_outputs_are_those_it_lists(chip: Deployed, tmp_path: Path) -> None:
    needs("ngspice-batch")
    found = find_ngspice("executable")
    write_export(chip.export("sep_conv_3x3"), tmp_path / "export")
    readme = (tmp_path / "export" / "README.md").read_text()
    command = re.search(r"^    (ngspice .*)$", readme, re.MULTILINE)[1].split()
    run = [found.path, *command[1:]]
    subprocess.run(run, cwd=tmp_path / "export", check=True, env=os.environ | environment(found), capture_output=True)
    table = np.loadtxt(tmp_path / "export" / "outputs.txt", skiprows=1, ndmin=2)
    listed = [[float(cell) for cell in row.split("|")[2:-1]] for row in re.findall(r"^\| \d.*$", readme, re.MULTILINE)]
    permitted = float(re.search(r"permits 1% of the largest output, (\S+) V\.", readme)[1])
    np.testing.assert_allclose(table[:, 1:], listed, atol=permitted)
    np.testing.assert_allclose(table[:, 1:], expected(tmp_path / "export"), atol=2e-4)


@pytest.mark.parametrize("offset_v", [0.0, 1e-3])
def test_the_readme_says_how_far_this_very_circuit_is_from_the_reference(
    offset_v: float, small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    """With an offset of 1 mV the outputs are far off, and the export says so instead of asserting a bound."""
    technology = load_technology()
    technology = replace(technology, opamp=replace(technology.opamp, offset_v=offset_v))
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, technology=technology)
    manifest = chip.export(tmp_path / "export", images=3)
    outputs_v, reference_v = find_engine().run(read_export(tmp_path / "export")).values, expected(tmp_path / "export")
    found_v, largest_v = np.abs(outputs_v - reference_v).max(axis=0), np.abs(reference_v).max()
    stated_v = np.array([manifest["deviation_v"][name] for name in manifest["outputs"]])
    np.testing.assert_allclose(stated_v, found_v, rtol=0.01, atol=1e-5 * largest_v)
    assert (stated_v.max() > 0.1 * largest_v) == (offset_v > 0)
    readme = (tmp_path / "export" / "README.md").read_text()
    assert "computed by memnet's numeric engine" in readme and manifest["deviation_by"] == "numeric engine of memnet"
    rows = re.findall(r"^\| classifier_\w+ \| (\S+) \| (\S+) \|$", readme, re.MULTILINE)
    listed = np.array([[float(volts), float(share)] for volts, share in rows])
    np.testing.assert_allclose(listed, np.stack([stated_v, stated_v / largest_v], axis=1), rtol=0.06)
    permitted_v = np.array([manifest["tolerance_v"][name] for name in manifest["outputs"]])
    np.testing.assert_allclose(permitted_v, stated_v + 0.002 * largest_v, rtol=0.01)


def test_a_chip_with_devices_of_its_own_permits_no_more_than_its_own_outputs(
    small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, devices=DeviceSpread(variation=0.05))
    manifest = chip.export(tmp_path / "export", images=2)
    largest_v = np.abs(expected(tmp_path / "export")).max()
    np.testing.assert_allclose(list(manifest["tolerance_v"].values()), 0.002 * largest_v, rtol=0.01)
    assert max(manifest["deviation_v"].values()) > 0.005 * largest_v
    readme = (tmp_path / "export" / "README.md").read_text()
    assert "deviations from the quantised reference, which has all devices at their targets" in readme


@pytest.mark.parametrize("op", ["sep_conv_3x3", "max_pool_3x3"])
def test_a_transient_testbench_settles_on_the_expected_outputs(op: str, tmp_path: Path) -> None:
    """A dc solution is blind to the sign of a feedback loop; a transient is not."""
    timing = Timing(image_s=4e-6, step_s=4e-8)
    write_export(deployed(primitive(op)).export(op, timing=timing), tmp_path / "export")
    result = find_engine().run(read_export(tmp_path / "export"))
    ends = [np.searchsorted(result.axis, (image + 1) * timing.image_s * (1 - 1e-9)) for image in range(3)]
    ends = np.minimum(ends, len(result.axis) - 1)
    np.testing.assert_allclose(result.values[ends], expected(tmp_path / "export"), atol=2e-4)


def test_one_image_is_enough(tmp_path: Path) -> None:
    chip = deployed(primitive("skip_connect", side=2), images=1)
    write_export(chip.export("one image"), tmp_path / "export")
    result = find_engine().run(read_export(tmp_path / "export"))
    np.testing.assert_allclose(result.values, expected(tmp_path / "export"), atol=2e-4)


def test_structure_is_the_same_whatever_the_weights(tmp_path: Path) -> None:
    network = primitive("sep_conv_3x3")
    folders = []
    for seed in (0, 1):
        folders.append(tmp_path / str(seed))
        write_export(deployed(network, seed=seed).export("sep_conv_3x3"), folders[-1])
    files, others = ({path.relative_to(f).as_posix() for path in f.rglob("*") if path.is_file()} for f in folders)
    assert files == others
    differing = {name for name in files if (folders[0] / name).read_bytes() != (folders[1] / name).read_bytes()}
    changing = {name for name in files if name.startswith("conductances/")}
    assert changing == {name for name in differing if name.endswith(".sp") and name != "stimuli.sp"}
    assert differing - changing == {"stimuli.sp", "expected.csv", "README.md", MANIFEST}


def test_two_architectures_on_a_hypernetwork_differ_in_selects_and_conductances_alone(tmp_path: Path) -> None:
    folders = []
    for genotype in ("DARTS_V1", "PDARTS"):
        chip = deployed(whole(genotype, channels=1), images=2, structure="shared")
        folders.append(tmp_path / genotype)
        manifest = write_export(chip.export("one chip"), folders[-1])
        assert manifest["access_transistors"] > 20_000
    files, others = ({path.relative_to(f).as_posix() for path in f.rglob("*") if path.is_file()} for f in folders)
    assert files == others
    differing = {name for name in files if (folders[0] / name).read_bytes() != (folders[1] / name).read_bytes()}
    bulk = {name for name in differing if name.startswith("conductances/")}
    # Their input scales differ, so the stimuli and what to expect do too.
    assert differing - bulk == {"selects.sp", "stimuli.sp", "expected.csv", "README.md", MANIFEST} & differing
    assert "selects.sp" in differing


def test_a_hypernetwork_gives_the_same_voltages_exported_and_flat(tmp_path: Path) -> None:
    """The export draws the switches; the flat deck has each as the resistance it has in its state."""
    chip = deployed(whole("PDARTS", channels=1), images=2, structure="shared")
    export = chip.export("hypernetwork")
    write_export(export, tmp_path / "export")
    engine = find_engine()
    exported = engine.run(read_export(tmp_path / "export")).values
    flat = sweep_images(chip.circuit, export.images_v, engine, flat=True).volts[chip.circuit.output]
    np.testing.assert_allclose(exported, flat, atol=2e-6)


def test_a_selector_compares_only_with_its_supply() -> None:
    """Without, its comparator rests at the rail, and its first input gets through even where it is the smaller one."""
    chip = deployed(hypercell(), images=1, structure="shared")
    files = dict(export_files(chip.export("hypercell")))
    models = b"".join(files["models.sp"]).decode()
    sources = "".join(f"v{net} {net} 0 {volts}\n" for net, volts in {"vclp": 0.77, "a": 0.1, "b": 0.2, "on": 1}.items())
    pairs = "xs1 a b d1 larger vclp on selector_gated\nxs2 a b d2 first vclp 0 selector_gated\n"
    text = f"* selectors\n{models}{sources}{pairs}.dc va 0.1 0.1 1\n.end\n"
    deck = Deck(name="selectors", text=text, vectors=("v(larger)", "v(first)", "v(d2)"), points=1)
    np.testing.assert_allclose(find_engine().run(deck).values, [[0.2, 0.1, 0.77]], atol=1e-6)


def test_the_same_export_gives_the_same_bytes_in_pieces_of_any_size(
    chip: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = chip.export("sep_conv_3x3")
    once = {name: b"".join(pieces) for name, pieces in export_files(export)}
    monkeypatch.setattr(hierarchy, "BATCH_ROWS", 7)
    again = {name: list(pieces) for name, pieces in export_files(export)}
    assert once == {name: b"".join(pieces) for name, pieces in again.items()}
    longest = max(again["conductances/node2/edge0_sep_conv_3x3_dw1.sp"][1:], key=len)
    assert longest.count(b"\n") <= 7 * 3


def test_every_device_has_a_name_of_its_own_in_its_block(chip: Deployed) -> None:
    files = {name: b"".join(pieces).decode() for name, pieces in export_files(chip.export("sep_conv_3x3"))}
    for block in chip.circuit.blocks:
        name = block_path(block)
        text = files[f"blocks/{name}.sp"] + files.get(f"conductances/{name}.sp", "")
        devices = [line.split()[0] for line in text.splitlines() if line[0] in "rx"]
        assert len(set(devices)) == len(devices) > 0


def test_names_say_where_a_device_is(chip: Deployed) -> None:
    """The device at output c1 y2 x3 on the source pixel of tap (0, 0) of a padded 3x3 kernel stands one up and left."""
    files = {name: b"".join(pieces).decode() for name, pieces in export_files(chip.export("sep_conv_3x3"))}
    text = files["conductances/node2/edge0_sep_conv_3x3_dw1.sp"]
    line = next(line for line in text.splitlines() if line.startswith("rp0_c1y2x3_in0_c1y1x2 "))
    assert line.split()[1:3] == ["in0_c1y1x2", "plus_c1y2x3"]
    block, net = chip.circuit.block("node2/edge0-sep_conv_3x3/dw1"), np.ravel_multi_index((1, 2, 3), (2, 4, 4))
    plus = next(bank for bank in block.banks if isinstance(bank, Memristors))
    group = chip.circuit.groups["stem/rectified"]
    row = group.first + np.ravel_multi_index((1, 1, 2), group.shape)
    at = np.flatnonzero((plus.row == row) & (plus.column == chip.circuit.groups[f"{block.name}/plus"].first + net))
    assert float(line.split()[3]) == pytest.approx(1.0 / plus.siemens[at[0]], rel=1e-9)


def test_no_number_has_a_suffix(chip: Deployed) -> None:
    for name, pieces in export_files(chip.export("sep_conv_3x3")):
        if name.endswith(".sp"):
            for line in b"".join(pieces).decode().splitlines():
                if not line.startswith("*"):
                    assert not re.search(r"(?<![\w.])[-+]?\d+\.?\d*(e[-+]?\d+)?[a-df-zA-Z]", line), f"{name}: {line}"


def test_the_manifest_counts_and_digests_the_files(chip: Deployed, tmp_path: Path) -> None:
    manifest = write_export(chip.export("sep_conv_3x3", about={"seed": 0}), tmp_path / "export")
    assert manifest == json.loads((tmp_path / "export" / MANIFEST).read_text())
    assert manifest["memristors"] == len(chip.placement)
    assert manifest["opamps"] == sum(block.amplifiers() for block in chip.circuit.blocks)
    assert manifest["seed"] == 0
    assert content(tmp_path / "export").keys() == manifest["files"].keys()
    bulk = "".join(path.read_text() for path in (tmp_path / "export" / "conductances").rglob("*.sp"))
    assert len(re.findall(r"^r[pm]\d", bulk, re.MULTILINE)) == manifest["memristors"]
    assert len(re.findall(r"^r(fa|fb|sm|s\d)", bulk, re.MULTILINE)) == manifest["resistors"]
    changed = replace(chip.export("sep_conv_3x3"), images_v=chip.export("").images_v * 2)
    assert write_export(changed, tmp_path / "other")["digest"] != manifest["digest"]


def test_an_export_replaces_an_older_one_and_nothing_else(pool: Deployed, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    write_export(pool.export("first"), folder)
    (folder / "outputs.txt").write_text("of an older run")
    write_export(pool.export("second"), folder)
    assert json.loads((folder / MANIFEST).read_text())["title"] == "second"
    assert (folder / "outputs.txt").read_text() == "of an older run"
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work")
    with pytest.raises(OutputError, match="thesis: exists and is no export of memnet; choose another folder"):
        write_export(pool.export("third"), tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export", "thesis"]


def test_a_full_disk_leaves_the_old_export_as_it_was(
    pool: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_export(pool.export("first"), tmp_path / "export")

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("memnet.netlist.export._testbench", full)
    said = r"not written \(No space left on device\); free space or choose another folder"
    with pytest.raises(OutputError, match=said):
        write_export(pool.export("second"), tmp_path / "export")
    assert json.loads((tmp_path / "export" / MANIFEST).read_text())["title"] == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_folder_that_cannot_be_run_is_refused(pool: Deployed, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no export of memnet, its manifest\.json cannot be read"):
        read_export(tmp_path)
    write_export(pool.export("spectre", dialect="spectre"), tmp_path / "spectre")
    with pytest.raises(DataError, match="written for spectre; the engines here read the dialects ngspice and xyce"):
        read_export(tmp_path / "spectre")
    write_export(pool.export("broken"), tmp_path / "broken")
    (tmp_path / "broken" / "models.sp").unlink()
    with pytest.raises(DataError, match=r"models.sp: cannot be read .* includes it"):
        read_export(tmp_path / "broken")


def test_the_embedded_engine_reads_an_export_too(pool: Deployed, tmp_path: Path) -> None:
    needs("embedded")
    write_export(pool.export("max_pool_3x3"), tmp_path / "export")
    result = find_engine("embedded").run(read_export(tmp_path / "export"))
    np.testing.assert_allclose(result.values, expected(tmp_path / "export"), atol=2e-4)
