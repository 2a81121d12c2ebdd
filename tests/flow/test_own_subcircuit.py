# SPDX-License-Identifier: GPL-3.0-or-later
"""A memristor of one's own as a subcircuit with a table of states: measured for the numeric engine, in circuits."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.devices import DeviceSpread, memristor_model
from memnet.errors import MemnetError, SetupError
from memnet.flow import Chip
from memnet.flow.measuring import measured_memristor
from memnet.netlist import DIALECTS, VERILOG_A
from memnet.simulation.engines.discover import environment, find_ngspice

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_memristor.cir"
V0 = 0.35  # of the example's sinh


def changed(folder: Path, *pairs: tuple[str, str]) -> str:
    """Return the path of the example with some of its text changed."""
    text = EXAMPLE.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = folder / "mine.cir"
    path.write_text(text)
    return str(path)


@pytest.fixture
def chip(small_genotype, small_digits):
    return Chip.of(small_genotype, channels=1, dataset=small_digits)


def test_its_law_is_measured_between_the_entries_too():
    model = measured_memristor(str(EXAMPLE), 0.8)
    volts, siemens = np.linspace(-0.8, 0.8, 777), np.geomspace(1.01e-6, 1e-4, 300)
    np.testing.assert_allclose(model.shape(volts), V0 * np.sinh(volts / V0), atol=1e-7)
    np.testing.assert_allclose(1e-4 * model.programmed(siemens) + 0.99e-6, siemens, rtol=2e-5)
    assert model.separable and model.conductances() == (1e-6, 1.0099e-4)
    assert memristor_model(str(EXAMPLE)).measured is model.measured


def test_circuit_and_numeric_engine_agree_and_another_law_does_not(chip, tmp_path):
    mine = chip.change(memristor=str(EXAMPLE))
    found, expected = mine.simulate(images=3).logits, mine.evaluate(images=3).samples[0].logits
    scale = np.abs(expected).max()
    assert np.abs(found - expected).max() < 1e-5 * scale
    other = chip.change(memristor=changed(tmp_path, ("v0=0.35", "v0=0.36"))).evaluate(images=3).samples[0].logits
    assert np.abs(found - other).max() > 1e-3 * scale


def test_an_export_has_it_at_each_crosspoint_and_runs(chip, tmp_path):
    needs("ngspice-batch")
    manifest = chip.change(memristor=str(EXAMPLE)).export(tmp_path, images=2)
    assert manifest["memristor"] == "own_memristor.cir"
    models = (tmp_path / "models.sp").read_text()
    assert ".subckt memristor_filament p n w=0.5\n.param" in models and models.count("memristor_filament") == 2
    lines = [each for path in (tmp_path / "conductances").rglob("*.*") for each in path.read_text().splitlines()]
    assert len([each for each in lines if re.search(r" memristor_filament w=\S+$", each)]) == chip.counts.memristors
    ngspice = find_ngspice("executable")
    command = re.search(r"^    ngspice (.*)$", (tmp_path / "README.md").read_text(), re.MULTILINE)[1].split()
    subprocess.run([ngspice.path, *command], cwd=tmp_path, check=True, env=environment(ngspice), capture_output=True)
    found = np.loadtxt(tmp_path / "outputs.txt", skiprows=1, ndmin=2)[:, 1:]
    rows = [each.split(",") for each in (tmp_path / "expected.csv").read_text().splitlines()]
    expected = np.array([row[rows[0].index("class") + 1 :] for row in rows[1:]], dtype=float)
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_states_may_fall_while_conductances_rise(tmp_path):
    falling = [(f" {state}\n", f" {1 - float(state):g}\n") for state in ("0.0001", "0.02", "0.1", "0.3", "0.6", "1.0")]
    name = changed(tmp_path, *falling, ("1e-4*w", "1e-4*(1-w)"))
    model = measured_memristor(name, 0.8)
    assert model.programmed(np.array([3.099e-5])) == pytest.approx(0.7, abs=1e-5)


def test_a_shape_may_move_with_the_state(chip, tmp_path):
    name = changed(tmp_path, ("v0=0.35", "v0={0.35+0.1*w}"))
    mine = chip.change(memristor=name)
    found, expected = mine.simulate(images=1).logits, mine.evaluate(images=1).samples[0].logits
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    one_shape = chip.change(memristor=str(EXAMPLE)).evaluate(images=1).samples[0].logits
    assert np.abs(found - one_shape).max() > 1e-3 * np.abs(expected).max()
    model, volts = memristor_model(name), np.array([-0.3, 0.1, 0.25])
    expected = (1e-4 * 0.47 + 0.99e-6) * 0.397 * np.sinh(volts / 0.397)
    np.testing.assert_allclose(model.current(volts, np.full(3, 0.47)), expected, rtol=1e-5)


def test_a_technology_may_name_one_beside_it(chip, tmp_path):
    text = (Path(__file__).parents[2] / "memnet/technologies/hfox-130nm.toml").read_text()
    changed(tmp_path)
    line = '\n[memristor_model]\nname = { value = "mine.cir", source = "assumption: a test" }\n'
    (tmp_path / "mine.toml").write_text(text + line)
    assert chip.change(technology=str(tmp_path / "mine.toml")).memristor.subcircuit == "memristor_filament"


def test_only_ngspice_has_it():
    model = memristor_model(str(EXAMPLE))
    assert set(model.not_in) == {*DIALECTS, VERILOG_A} - {"ngspice"}


ENTRIES = "* 2.990000e-6 0.02\n* 1.099000e-5 0.1\n* 3.099000e-5 0.3\n"
REFUSED = {
    "three pins": (("filament p n w", "filament p n x w"), "has the pins p, n, x, not two; write `.subckt NAME p n"),
    "no parameter": (("filament p n w=0.5", "filament p n u=0.5"), "has no parameter w, which the table is of"),
    "no table": (("* table: siemens w", "* states"), "has 0 tables of states; give one, a comment"),
    "few entries": ((ENTRIES, ""), "its table has 3 entries; give 4 to 200"),
    "a turn": (("* 1.099000e-5 0.1", "* 1.099000e-5 0.4"), "goes from 1.099e-05 S at 0.4 to 3.099e-05 S at 0.3"),
    "a fall": (("* 1.099000e-5", "* 4e-5"), "goes from 4e-05 S at 0.1 to 3.099e-05 S at 0.3"),
    "a wrong entry": (("* 1.099000e-5", "* 1.2e-5"), "has 1.2e-05 S for w = 0.1, where the subcircuit has 1.099e-05 S"),
    "a command": ((".subckt", ".include other.cir\n.subckt"), "'.include other.cir' does not belong to one subcircuit"),
    "no end": (("1.009900e-4 1.0", "1e999 1.0"), "table entry inf S at 1 is not finite; leave it out"),
    "no number": (("* 1.099000e-5", "* 1-e5"), "table entry '. 1-e5 0.1' has no two numbers"),
    "two": ((".ends", ".ends\n.subckt b p n w=1\n.ends"), "has 2 .subckt and 2 .ends; give one of each"),
    "a range": (("* 1.009900e-4 1.0\n", ""), "it reaches 1e-06 to 6.099e-05 S, and technology hfox-130nm has levels"),
    "no sense": (("b1 p n", "b1 p"), r"mine\.cir: memristor subcircuit: ngspice"),
    "an open end": (("b1 p n", "b1 p m"), r"mine\.cir"),  # the library ends the whole process at it
}


@pytest.mark.parametrize("case", REFUSED)
def test_files_that_are_none_are_refused_in_a_sentence(chip, tmp_path, case):
    change, said = REFUSED[case]
    with pytest.raises(MemnetError, match=said):
        chip.change(memristor=changed(tmp_path, change))


def test_samples_end_where_its_table_does(chip):
    mine = chip.change(memristor=str(EXAMPLE), devices=DeviceSpread(variation=0.5))
    found = np.concatenate([side for stage in mine.deployment.plan.stages for side in mine.devices.sides(stage)])
    assert (found.min(), found.max()) == pytest.approx((1e-6, 1.0099e-4), rel=1e-6)
    mine.exported_circuit.blocks[0].banks[0].netlist_values(mine.technology)


def test_a_table_with_conductances_out_of_its_reach_is_refused_with_the_block(chip, tmp_path):
    table = tmp_path / "varied.csv"
    chip.change(devices=DeviceSpread(variation=0.5)).export(tmp_path / "export", images=1, placement=table)
    said = r"varied\.csv: block stem has a plus device of .* S, and memristor .*\.cir reaches 1e-06 to 0\.0001"
    with pytest.raises(SetupError, match=said):
        _ = chip.change(memristor=str(EXAMPLE), conductances=table).devices


def test_a_file_that_is_not_there_is_refused(chip):
    with pytest.raises(SetupError, match=r"memristor file 'nowhere\.cir' does not exist"):
        chip.change(memristor="nowhere.cir")
