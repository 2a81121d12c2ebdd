# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings are written down once: limits, refusals of what has no effect, and options of the command line."""

from __future__ import annotations

from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from memnet.commands.app import main
from memnet.commands.options import RENAMED
from memnet.devices.memristors import memristor_model
from memnet.devices.spread import DeviceSpread
from memnet.errors import DataError, SetupError, as_known
from memnet.flow.chip import CHANGEABLE, Chip, simulate
from memnet.flow.comparison_settings import ComparisonSettings
from memnet.flow.estimation import estimate
from memnet.flow.run_comparison import compare
from memnet.flow.settings import EvaluationSettings, ExportSettings, Run, Setup
from memnet.genotype import read_genotype
from memnet.netlist import DIALECTS, find_dialect
from memnet.network.datasets import load_dataset
from memnet.technology import load_technology

VARIED = DeviceSpread(variation=0.1)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Setup("PDARTS", channels=0), "channels = 0: give at least 1"),
        (lambda: Setup("PDARTS", layers=2), "layers = 2: give at least 3"),
        (lambda: Setup("PDARTS", bits=6.5), "bits = 6.5: give a whole number"),
        (lambda: Setup("PDARTS", bits=True), "bits = True: give a whole number"),
        (lambda: Setup("PDARTS", ideal="no"), "ideal = 'no': give a yes or no"),
        (lambda: Setup("PDARTS", seed=2**32), "seed = 4294967296: give at most"),
        (lambda: Run(images=None), "images = None: give a whole number"),
        (lambda: ExportSettings(analysis="transient", image_s=float("nan")), "image_s = nan: give a number"),
        (lambda: ExportSettings(analysis="transient", image_s=float("inf")), "image_s = inf: give at most"),
        (lambda: DeviceSpread(seed=-1), "device seed -1: give a whole number from 0"),
        (lambda: DeviceSpread(variation="0.1"), "variation = 0.1: give a number from 0 to 2"),
        (lambda: compare(["PDARTS"], on="shared"), "give genotypes and structures as sequences"),
        (lambda: compare(["PDARTS"], on=("individual",)), "leave individual out of on"),
        (lambda: ComparisonSettings(counts_only=True, bits=4), "bits = 4 has no effect on counts"),
        (lambda: Setup("PDARTS", bits=13), "bits = 13: give at most 12"),
        (lambda: Run(images=0), "images = 0: give at least 1"),
        (lambda: Run(analysis="ac"), "unknown analysis 'ac': did you mean dc"),
        (lambda: EvaluationSettings(seeds=0), "seeds = 0: give at least 1"),
        (lambda: Setup("PDARTS", dataset=3), "dataset = 3: give a text or a Dataset"),
        (lambda: Setup("PDARTS", dataset=np.zeros(3)), r"dataset = array\(\[0., 0., 0.\]\): give a text or a Dataset"),
        (lambda: Setup("PDARTS", technology=None), "technology = None: give a text or a Technology"),
        (lambda: Setup("PDARTS", weights=[1.0]), r"weights = \[1.0\]: give a path or Weights"),
        (lambda: Setup("PDARTS", conductances=3), "conductances = 3: give a path"),
        (lambda: Setup("PDARTS", on=None), "on = None: give a text"),
        (lambda: Setup("PDARTS", devices={"variation": 0.1}), "give a DeviceSpread"),
        (lambda: Run(engine=3), "engine = 3: give a text or an engine"),
        (lambda: estimate("PDARTS", workers=0), "workers = 0: give at least 1"),
        (lambda: estimate("PDARTS", images=2.5), "images = 2.5: give a whole number"),
    ],
)
def test_impossible_values_are_refused(make, text):
    with pytest.raises(SetupError, match=text):
        make()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Setup("PDARTS", weights="mine.npz", seed=3), "seed = 3 has no effect where weights are given"),
        (lambda: Setup("PDARTS", devices=DeviceSpread(seed=2)), "seed = 2 has no effect where no device differs"),
        (lambda: Setup("PDARTS", devices=DeviceSpread(distribution="normal")), "distribution = 'normal' has no effect"),
        (lambda: Setup("PDARTS", conductances="t.csv", devices=VARIED), "give one of them"),
        (lambda: Run(transitions=2), "transitions = 2 has no effect on a dc analysis"),
        (lambda: EvaluationSettings(engine="ngspice"), "engine = 'ngspice' has no effect without sampled blocks"),
        (lambda: ExportSettings(image_s=1e-6), "image_s = 1e-06 has no effect on a dc analysis"),
        (lambda: ComparisonSettings(counts_only=True, images=7), "images = 7 has no effect on counts"),
        (lambda: estimate(Setup("PDARTS", weights="mine.npz")), "weights = 'mine.npz' has no effect on an estimate"),
        (
            lambda: estimate(Setup("PDARTS", conductances="t.csv")),
            "conductances = 't.csv' has no effect on an estimate",
        ),
        (lambda: estimate(Setup("PDARTS", bits=4)), "bits = 4 has no effect on an estimate, which only counts devices"),
        (lambda: estimate(Setup("PDARTS", devices=VARIED)), r"devices = DeviceSpread\(.*has no effect on an estimate"),
    ],
)
def test_what_has_no_effect_is_refused(make, text):
    with pytest.raises(SetupError, match=text):
        make()


def test_a_seed_has_no_effect_where_weights_are_shipped():
    with pytest.raises(SetupError, match=r"seed = 3 has no effect: shipped weights digits-PDARTS-C4-L3\.npz"):
        Chip.of("PDARTS", seed=3)


def test_every_setting_says_what_it_is():
    for kind in (Setup, Run, EvaluationSettings, ExportSettings, ComparisonSettings, DeviceSpread):
        for each in fields(kind):
            if each.name not in ("genotype", "devices", "executor", "progress") and kind is not DeviceSpread:
                assert f"{each.name} : " in kind.__doc__ or each.name == "on"
            if "text" in each.metadata:
                assert each.metadata["text"].endswith(".") and each.metadata["kind"] and each.metadata["panel"]


@pytest.mark.parametrize(("command", "kinds"), [("simulate", (Setup, Run)), ("netlist", (Setup, ExportSettings))])
def test_every_setting_is_an_option(command, kinds, capsys):
    assert main([command, "--help"]) == 0
    told = capsys.readouterr().out
    for kind in (*kinds, DeviceSpread):
        for each in fields(kind):
            if "text" in each.metadata:
                assert each.metadata.get("flag", f"--{each.name.replace('_', '-')}") in told


@pytest.mark.parametrize("old", RENAMED)
def test_old_options_answer_with_the_new_name(old, capsys):
    assert main(["simulate", "PDARTS", old, "x"]) == 2
    said = capsys.readouterr().err
    assert "No such option" in said and RENAMED[old] in said


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"deploy": "shared"}, "unknown setting 'deploy': give on='individual', or a structure, such as on='shared'"),
        ({"structure": "shared"}, "unknown setting 'structure': give on='shared', 'slotted' or 'duplicated'"),
        ({"placement": "t.csv"}, "unknown setting 'placement': give conductances"),
        ({"variation": 0.1}, r"unknown setting 'variation': give devices=DeviceSpread\(variation=...\)"),
        ({"tecnology": "rram-65nm"}, "unknown setting 'tecnology': did you mean technology"),
    ],
)
@pytest.mark.parametrize("call", [Chip.of, simulate])
def test_old_and_misspelt_keywords_answer_with_the_new_name(call, given, hint):
    with pytest.raises(SetupError, match=hint):
        call("PDARTS", channels=1, **given)


def test_old_keywords_are_refused_by_all_verbs(small_digits, small_genotype, tmp_path):
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits)
    for call in (chip.simulate, chip.evaluate, partial(chip.export, tmp_path / "out")):
        with pytest.raises(SetupError, match="unknown setting 'imges': did you mean images"):
            call(imges=3)
    with pytest.raises(SetupError, match=r"unknown setting 'structures': give on, such as on=\('shared', 'slotted'\)"):
        compare(["PDARTS"], structures=("shared",))
    with pytest.raises(SetupError, match="unknown setting 'cost': give transitions"):
        chip.evaluate(cost=3)


def test_a_changed_chip_shares_what_it_can(small_digits, small_genotype):
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits)
    coarse = chip.change(bits=3)
    assert coarse.weights is chip.weights and coarse.network is chip.network and coarse.dataset is chip.dataset
    assert coarse.technology.memristor.bits == 3 and chip.technology.memristor.bits == 8
    assert "3 bits" in repr(coarse) and len(repr(coarse).splitlines()) == 3
    with pytest.raises(SetupError, match="channels cannot be changed on a chip: make a new one"):
        chip.change(channels=2)
    assert set(CHANGEABLE) <= {each.name for each in fields(Setup)}


def test_results_say_in_a_few_lines_what_they_are():
    spread = DeviceSpread(offset_v=1e-4)
    chip = Chip.of("PDARTS", channels=1, devices=spread)
    compared = compare(["PDARTS"], on=("shared",), channels=1, counts_only=True)
    said = [repr(each) for each in (chip, chip.evaluate(images=2), chip.estimate(), compared)]
    assert all(1 < len(text.splitlines()) < 5 and max(map(len, text.splitlines())) < 160 for text in said)
    assert "offset_v=0.0001" in said[0] and "2 images\n" in said[1] and "core seconds" in said[2]
    area = next(ratio.ratio for ratio in compared.ratios() if ratio.figure == "area")
    assert f"PDARTS on shared over individual: area {area:.2f}" in said[3]


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"wires": True}, "wires"), ({"memristor": "sinh"}, "memristor sinh"), ({"cell": "1T1R"}, "cell 1T1R")],
)
def test_estimates_of_decks_that_are_not_predicted_are_refused(settings, name):
    with pytest.raises(SetupError, match=f"estimate and {name}: time and memory are predicted"):
        Chip.of("PDARTS", channels=1, **settings).estimate()


def test_names_are_found_whatever_their_case():
    setup = Setup("pdarts", on="SHARED", dataset="CIFAR10", technology="HfOx-130NM")
    assert (setup.on, setup.dataset) == ("shared", "cifar10")
    assert load_technology(setup.technology) == load_technology("hfox-130nm")
    assert read_genotype("pdarts") == read_genotype("PDARTS")
    assert DeviceSpread(distribution="Normal").distribution == "normal"
    assert Run(analysis="Transient").analysis == "transient"
    assert Setup("PDARTS", wires=True, remedies="Feedback").remedy_names == {"feedback"}
    assert memristor_model("SINH") == memristor_model("sinh") and memristor_model("Yakopcic:OBLEA") == memristor_model(
        "yakopcic:oblea"
    )
    assert Setup("PDARTS", memristor="SINH:SKY130").memristor == "sinh:sky130"
    assert find_dialect("LTspice") is DIALECTS["ltspice"]
    hypernetworks = compare(["darts_v2"], on=("Shared", "shared"), channels=1, counts_only=True).hypernetworks
    assert [chip.structure for chip in hypernetworks] == ["shared"]
    with pytest.raises(DataError, match="unknown data set 'Digit'"):
        load_dataset("Digit")


def test_a_name_that_two_names_differ_from_in_case_only_is_none_of_them():
    assert as_known("ABC", ("abc", "Abc")) == "ABC"
    assert as_known("Abc", ("abc", "Abc")) == "Abc"


def test_an_empty_name_and_remedies_for_ideal_wires_are_refused():
    with pytest.raises(SetupError, match="memristor = '': give a name"):
        Setup("PDARTS", memristor="")
    with pytest.raises(SetupError, match="remedies = 'feedback' has no effect on wires without resistance"):
        Chip.of("PDARTS", channels=1, wires=True, wire_ohm=0.0, remedies="feedback")
