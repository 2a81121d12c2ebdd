# SPDX-License-Identifier: GPL-3.0-or-later
"""A technology may say which model its memristors are: chips have that law unless their settings ask for another."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.devices import DeviceSpread
from memnet.devices.memristors import memristor_model, parameters_toml
from memnet.errors import SetupError, TechnologyError
from memnet.flow import Chip
from memnet.netlist.reading import read_export
from memnet.sections import Model
from memnet.simulation.engines import find_engine
from memnet.technology import SHIPPED, load_technology


def file_of(folder: Path, model: str) -> str:
    """Return the path of the default technology's file with a model."""
    text = (SHIPPED / "hfox-130nm.toml").read_text(encoding="utf-8")
    path = folder / "mine.toml"
    path.write_text(f'{text}\n[memristor_model]\nname = {{ value = "{model}", source = "assumption: a test" }}\n')
    return str(path)


@pytest.fixture
def chip(small_genotype, small_digits):
    return Chip.of(small_genotype, channels=1, dataset=small_digits)


def test_a_chip_has_the_law_of_its_technology(chip, tmp_path):
    said, asked = chip.change(technology=file_of(tmp_path, "cubic")), chip.change(memristor="cubic")
    assert said.memristor == asked.memristor != chip.memristor
    found, expected, linear = (each.evaluate(images=4) for each in (said, asked, chip))
    np.testing.assert_array_equal(found.samples[0].logits, expected.samples[0].logits)
    assert not np.array_equal(found.samples[0].logits, linear.samples[0].logits)
    assert found.figures()["memristor"] == "cubic" and "memristor" not in linear.figures()
    assert any("memristors are cubic;" in each for each in found.warnings())


def test_settings_overrule_the_technology_and_say_so(chip, tmp_path):
    said = chip.change(technology=file_of(tmp_path, "cubic"))
    linear = said.change(memristor="linear")
    assert linear.memristor is None
    found = linear.evaluate(images=4)
    np.testing.assert_array_equal(found.samples[0].logits, chip.evaluate(images=4).samples[0].logits)
    assert found.figures()["memristor"] == "linear"
    assert any("memristors are linear (technology hfox-130nm has cubic)" in each for each in found.warnings())
    assert said.change(memristor="sinh").memristor == memristor_model("sinh")
    assert said.change(memristor="cubic").notes == said.notes
    linear.change(wires=True)  # the law is what wires are refused beside


def test_an_export_has_the_law_of_its_technology(chip, tmp_path):
    manifest = chip.change(technology=file_of(tmp_path, "sinh:sky130")).export(tmp_path / "law", images=1)
    assert manifest["memristor"] == "sinh:sky130"
    plain = chip.change(technology=file_of(tmp_path, "sinh:sky130"), memristor="linear")
    assert plain.export(tmp_path / "linear", images=1)["memristor"] == "linear"
    assert "memristor_sinh" in (tmp_path / "law" / "models.sp").read_text()
    assert "memristor_sinh" not in (tmp_path / "linear" / "models.sp").read_text()


@pytest.mark.parametrize("model", ["linear", "vteam"])
def test_a_model_that_is_a_resistor_when_read_changes_nothing(chip, tmp_path, model):
    technology = load_technology(file_of(tmp_path, model))
    memristor = replace(technology.memristor, g_min_siemens=1e-3, g_max_siemens=2e-2)
    if model == "vteam":
        technology = replace(technology, memristor=memristor, name="mine")
    changed = chip.change(technology=technology)
    assert changed.memristor is None and changed.notes == chip.notes


@pytest.fixture
def drifting(tmp_path):
    """Return the file of a model that a voltage moves and that is a resistor when it is read, 1 uS to 110 uS."""
    path, drift = tmp_path / "drifting.toml", memristor_model("linear-ion-drift")
    path.write_text(parameters_toml(replace(drift, r_on_ohm=1e6 / 110, r_off_ohm=1.1e6), "a test", []))
    return str(path)


@pytest.mark.parametrize(
    "settings",
    [{}, {"devices": DeviceSpread(variation=0.5)}, pytest.param({"on": "shared"}, marks=pytest.mark.long)],
    ids=["nominal", "varied", "shared"],
)
def test_an_export_has_a_model_that_reads_like_a_resistor(chip, drifting, tmp_path, settings):
    needs("ngspice")
    named, plain = chip.change(memristor=drifting, **settings), chip.change(**settings)
    assert any("drifting.toml; a read has I = G V" in each for each in named.notes)
    if not settings:
        np.testing.assert_array_equal(*(each.evaluate(images=2).samples[0].logits for each in (named, plain)))
    manifest = named.export(tmp_path / "out", images=2, dialect="ngspice")
    assert manifest["memristor"] == "drifting.toml"
    assert "memristor_linear_ion_drift" in (tmp_path / "out" / "models.sp").read_text()
    with (tmp_path / "out" / "expected.csv").open(newline="") as stream:
        expected_v = np.array([[float(volts) for volts in row[3:]] for row in list(csv.reader(stream))[1:]])
    found_v = find_engine("ngspice").run(read_export(tmp_path / "out")).values
    assert np.abs(found_v - expected_v).max() <= 1e-5 * np.abs(expected_v).max()


def test_a_transient_in_which_states_move_says_so(chip, drifting, tmp_path):
    named = chip.change(memristor=drifting)
    for analysis in ("dc", "transient"):
        named.export(tmp_path / analysis, images=2, analysis=analysis)
        said = "may move the states of these memristors" in (tmp_path / analysis / "README.md").read_text()
        assert said == (analysis == "transient")


def test_parameters_lie_beside_the_technology(chip, tmp_path):
    (tmp_path / "fitted.toml").write_text(parameters_toml(memristor_model("sinh:sky130"), "a test", [5e-5]))
    assert chip.change(technology=file_of(tmp_path, "fitted.toml")).memristor == memristor_model("sinh:sky130")
    elsewhere = Path(file_of(tmp_path, "none.toml"))
    with pytest.raises(SetupError, match=rf"{tmp_path / 'none.toml'}"):
        chip.change(technology=str(elsewhere))


def test_a_model_that_is_exchanged_in_python_shows_in_the_name(chip):
    technology = replace(load_technology(), memristor_model=Model(name="sinh"))
    assert chip.change(technology=technology).technology.name == "hfox-130nm, changed: memristor_model.name"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("vteam", "memristor vteam of technology hfox-130nm: it reaches 0.001 to 0.02 S, and .* 1e-06 to 0.0001"),
        ("sinh:none", "has no set 'none'"),
        ("sinus", "unknown memristor model 'sinus': did you mean sinh"),
    ],
)
def test_models_that_a_chip_cannot_have_are_refused(chip, tmp_path, model, said):
    with pytest.raises(SetupError, match=said):
        chip.change(technology=file_of(tmp_path, model))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("", "name = '' is not a text of 1 to 200 letters"),
        ("a" * 201, "is not a text of 1 to 200 letters"),
        ("mine.py", "name = 'mine.py' is a program; give it by --memristor"),
    ],
)
def test_names_that_no_technology_may_have_are_refused(tmp_path, model, said):
    with pytest.raises(TechnologyError, match=said):
        load_technology(file_of(tmp_path, model))


def test_a_model_needs_its_source(tmp_path):
    path = Path(file_of(tmp_path, "sinh"))
    path.write_text(path.read_text().replace('{ value = "sinh", source = "assumption: a test" }', '"sinh"'))
    with pytest.raises(TechnologyError, match=r"\[memristor_model\] needs name = \{ value = \.\.\., source"):
        load_technology(str(path))
