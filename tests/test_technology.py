# SPDX-License-Identifier: GPL-3.0-or-later
"""Technology files: circuits of the shipped ones follow the reference; errors in a file name the key and its range."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, primitive

from memnet.errors import TechnologyError
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.technology import DEFAULT_TECHNOLOGY, load_technology, technology_names

SWITCH = (
    'ron_ohm = { value = 1e2, source = "assumption: wide transmission gate; nonvolatile switches of 45 to 70 ohm are '
    'published" }\nroff_ohm = { value = 1e9'
)
NAMES = ("hfox-130nm", "neurram-130nm", "rram-65nm")  # the others take amplifiers and switches from these


def text_of(name: str = DEFAULT_TECHNOLOGY) -> str:
    return resources.files("memnet").joinpath("technologies", f"{name}.toml").read_text(encoding="utf-8")


def test_published_ones_come_along() -> None:
    assert set(NAMES) < set(technology_names())


@pytest.mark.parametrize("name", technology_names())
def test_each_value_has_a_source_and_the_parts_belong_together(name: str) -> None:
    technology = load_technology(name)
    assert technology.name == name and technology.description
    assert all(len(source) > 10 for source in technology.sources.values())
    assert any(not source.startswith("assumption") for source in technology.sources.values())
    opamp, device = technology.opamp, technology.memristor
    assert device.read_limit_v < opamp.saturation_v
    assert 1e-7 < opamp.quiescent_a * (opamp.vdd_v - opamp.vss_v) < 1e-4, "69,000 amplifiers must stay below 7 W"
    assert device.area_m2 < technology.switch.area_m2 * 3 < opamp.area_m2
    assert technology.switch.ron_ohm < 0.1 / device.g_max_siemens


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("op", ["sep_conv_3x3", "max_pool_3x3"])
def test_circuits_of_each_follow_the_reference(name: str, op: str) -> None:
    chip = deployed(primitive(op), technology=name)
    images_v = chip.images.reshape(len(chip.images), -1) * chip.circuit.input_scale_v
    volts = sweep_images(chip.circuit, images_v, find_engine()).volts[chip.circuit.output]
    expected = chip.logits * chip.circuit.output_scale_v
    assert np.abs(volts - expected).max() < 1e-3 * np.abs(expected).max()


def test_a_file_is_chosen_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text_of().replace('name = "hfox-130nm"', 'name = "mine"'))
    assert load_technology(str(tmp_path / "mine.toml")).name == "mine"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encoding_that_it_shows(tmp_path: Path, encoding: str) -> None:
    text = text_of().replace('description = "', 'description = "Für 85 °C: ')
    (tmp_path / "mine.toml").write_text(text, encoding=encoding)
    loaded = load_technology(str(tmp_path / "mine.toml"))
    assert loaded.description.startswith("Für 85 °C: ") and loaded.opamp == load_technology().opamp


HOSTILE = {
    "cp1252": (b'name = "Gr\xfcn"', "line 1, column 11: byte 0xfc is not UTF-8; save it as UTF-8"),
    "deep": (b"x = " + b"[" * 9_000, "not TOML: maximum recursion depth exceeded"),
    "digits": (b"x = " + b"1" * 5_000, "not TOML: Exceeds the limit"),
    "long line": (b"a" + b".a" * 40_000 + b" = 1", "line 1 has over 10,000 characters; shorten it"),
    "long": (b"#\n" * 100_000, "has over 100,000 characters, more than such a file needs"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_files_that_no_one_writes_as_technology_are_refused_in_a_sentence(tmp_path: Path, case: str) -> None:
    content, said = HOSTILE[case]
    (tmp_path / "bad.toml").write_bytes(content)
    with pytest.raises(TechnologyError, match=f"^{tmp_path / 'bad.toml'}: {said}"):
        load_technology(str(tmp_path / "bad.toml"))


def test_a_file_takes_from_its_base_what_it_lacks_and_nothing_optional(tmp_path: Path) -> None:
    text = text_of("rram-65nm")
    device = text[text.index("[memristor]") : text.index("[opamp]")]
    (tmp_path / "mine.toml").write_text(f'name = "mine"\nbase = "hfox-130nm"\n{device}')
    loaded, base = load_technology(str(tmp_path / "mine.toml")), load_technology("hfox-130nm")
    assert loaded.memristor == load_technology("rram-65nm").memristor and loaded.name == "mine"
    assert (loaded.opamp, loaded.switch, loaded.passive) == (base.opamp, base.switch, base.passive)
    assert loaded.sources["opamp.gain"] == base.sources["opamp.gain"]
    assert loaded.array is None and loaded.wire is None and loaded.noise is None
    assert loaded.cell_1t1r == base.cell_1t1r is not None


@pytest.mark.parametrize("base", ['"hfox"', "7", '"sky130-reram.toml"'])
def test_a_base_that_is_none_is_refused(tmp_path: Path, base: str) -> None:
    (tmp_path / "mine.toml").write_text(f'name = "mine"\nbase = {base}\n')
    with pytest.raises(TechnologyError, match=r"base = .*: give the name of one of \['cmo-hfox-130nm', 'hfox-130nm'"):
        load_technology(str(tmp_path / "mine.toml"))


def refused(tmp_path: Path, old: str, new: str) -> str:
    text = text_of()
    assert text.count(old) == 1
    (tmp_path / "bad.toml").write_text(text.replace(old, new))
    with pytest.raises(TechnologyError) as caught:
        load_technology(str(tmp_path / "bad.toml"))
    assert str(tmp_path / "bad.toml") in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gbw_hz =", "gbw_mhz =", "[opamp] has the unknown key 'gbw_mhz': did you mean gbw_hz"),
        ("[switch]", "[swtich]", "unknown key 'swtich': did you mean switch"),
        ("g_min_siemens = { value = 1e-6", "g_min_siemens = { value = 1.0", "g_min_siemens = 1.0 lies outside"),
        ("area_m2 = { value = 2.0e-13", "area_m2 = { value = 0.2", "area_m2 = 0.2 lies outside 0 to 0.001; values"),
        ("gbw_hz = { value = 1e8", 'gbw_hz = { value = "100 MHz"', "[opamp] gbw_hz = '100 MHz' is not a number"),
        ("bits = { value = 8", "bits = { value = 8.5", "[memristor] bits = 8.5 is not a whole number"),
        ("bits = { value = 8", "bits = { value = 16", "[memristor] bits = 16 lies outside 1 to 12"),
        ("g_max_siemens = { value = 1e-4", "g_max_siemens = { value = 1e-7", "1e-07 is not above g_min_siemens"),
        ("saturation_v = { value = 0.8", "saturation_v = { value = 1.8", "saturation_v 1.8 lies beyond its supplies"),
        (SWITCH, SWITCH.replace("1e2", "1e4").replace("1e9", "5e3"), "[switch] roff_ohm is not above ron_ohm"),
        (
            "slew_v_per_s = { value = 1.5e8",
            f"slew_v_per_s = {{ value = 1{'0' * 400}",
            "slew_v_per_s has over 300 digits",
        ),
        ("bits = { value = 8", f"bits = {{ value = 0x{'f' * 5000}", "[memristor] bits has over 300 digits"),
        ("gain = { value = 1e5", "gain = { value = true", "[opamp] gain = True is not a number"),
        (
            'gain = { value = 1e5, source = "assumption: two-stage amplifier of 100 dB" }',
            "gain = 1e5",
            '[opamp] needs gain = { value = ..., source = "..." }',
        ),
        ('name = "hfox-130nm"', "", 'needs a line name = "..."'),
        ("[opamp]", "[opamp", "not TOML"),
    ],
)
def test_slips_are_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refused(tmp_path, old, new)


def test_a_missing_section_or_file_or_name_says_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(text_of().split("[passive]")[0])
    with pytest.raises(TechnologyError, match=r"needs a section \[passive\] with \['adc_area_m2', 'dac_area_m2'"):
        load_technology(str(tmp_path / "bad.toml"))
    with pytest.raises(TechnologyError, match=r"does not exist; known by name: \['cmo-hfox-130nm', 'hfox-130nm'"):
        load_technology(str(tmp_path / "nowhere.toml"))
    with pytest.raises(TechnologyError, match="unknown technology 'hfox-180nm': did you mean hfox-130nm"):
        load_technology("hfox-180nm")


def test_bits_are_checked_and_ideal_is_labelled() -> None:
    technology = load_technology()
    assert technology.with_bits(4).memristor.bits == 4
    assert technology.ideal().name == "hfox-130nm-ideal" and technology.ideal().opamp.gain == 1e8
    with pytest.raises(TechnologyError, match=r"--bits 13: \[memristor\] bits = 13 lies outside 1 to 12"):
        technology.with_bits(13)


def test_arrays_and_wires_may_be_left_out(tmp_path: Path) -> None:
    text = text_of()
    before = text[: text.index("[array]")]
    (tmp_path / "mine.toml").write_text(before)
    bare = load_technology(str(tmp_path / "mine.toml"))
    assert (bare.array, bare.wire) == (None, None)
    assert load_technology().array is not None and load_technology().wire is not None


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("rows = { value = 128", "rows = { value = 1", r"\[array\] rows = 1 lies outside 2 to 65536"),
        ("rows = { value = 128", "rows = { value = 128.5", r"\[array\] rows = 128.5 is not a whole number"),
        ("row_ohm = { value = 0.29", "row_ohm = { value = -0.29", r"\[wire\] row_ohm = -0.29 lies outside 0 to"),
    ],
)
def test_arrays_and_wires_that_cannot_be_are_refused(tmp_path: Path, line: str, wrong: str, said: str) -> None:
    assert line in text_of()
    (tmp_path / "mine.toml").write_text(text_of().replace(line, wrong))
    with pytest.raises(TechnologyError, match=said):
        load_technology(str(tmp_path / "mine.toml"))
