# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypernetwork against individual deployment: ratios, bounds, counts from plans, the command and its page."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace

import pytest
from hyper import hyper
from needed import needs

from memnet.commands.app import main
from memnet.commands.compare import show
from memnet.deployment.hypernetwork.plan import STRUCTURES
from memnet.deployment.stages import bias_window
from memnet.devices.spread import DeviceSpread
from memnet.errors import GenotypeError, SetupError
from memnet.flow.chip import Chip
from memnet.flow.compared import ARRAY_FIGURES, BOUNDED, FIGURES, PAPER
from memnet.flow.comparison import comparison_json
from memnet.flow.run_comparison import compare
from memnet.measurement.area import Counts, component_areas, core_area_m2, count_components, count_plan
from memnet.operators import Window, count_crossings, unroll
from memnet.report.comparison import comparison_html
from memnet.technology import load_technology


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_counts_from_a_plan_are_those_of_the_circuit(structure, small_digits):
    assembly = hyper("DARTS_V1", structure, small_digits)
    counts = count_plan(assembly.deployment.plan)
    assert counts == count_components(assembly.circuit)
    assert counts.memristors == len(assembly.placement)
    assert counts.resistors == 0 and counts.programmable > 0
    assert counts.select_drivers == len(assembly.circuit.selects)


def test_counts_of_a_chip_of_its_own_differ_in_bias_rows_alone(small_digits):
    assembly = hyper("DARTS_V1", None, small_digits)
    counts, built = count_plan(assembly.deployment.plan), count_components(assembly.circuit)
    assert built.memristors == pytest.approx(counts.memristors, rel=0.02)
    assert (counts.opamps, counts.comparators, counts.resistors) == (built.opamps, built.comparators, built.resistors)
    assert counts.programmable == counts.enables == counts.select_drivers == 0


@pytest.mark.parametrize(
    "window",
    [
        Window.square(5, padding=2),
        Window.square(5, padding=4, dilation=2, stride=2),
        Window.square(3, padding=1, dense=True),
        Window(offsets=((0, 0), (1, 1)), stride=2, dense=True, per_output=True),
        bias_window(3),
    ],
    ids=["depthwise", "dilated", "dense", "factorized", "bias"],
)
def test_crossings_are_counted_as_they_are_unrolled(window):
    source = (1, 1, 1) if window.absolute else (4, 6, 8)
    target = (4, 6 // window.stride, 8 // window.stride)
    assert count_crossings(window, source, target) == len(unroll(window, source, target).columns)


def test_areas_are_counts_times_the_technology():
    technology = load_technology()
    counts = Counts(memristors=10, opamps=2, resistors=6, dacs=1).switched(3)
    assert (counts.resistors, counts.programmable, counts.select_drivers) == (0, 6, 3)
    parts = component_areas(counts, technology)
    assert parts["programmable"] == pytest.approx(6 * technology.memristor.area_m2)
    assert core_area_m2(counts, technology) == pytest.approx(sum(parts.values()) - parts["dacs"])


@pytest.fixture(scope="module")
def counted():
    return compare(["DARTS_V1", "DARTS_V2", "PDARTS"], counts_only=True)


def test_shared_and_slotted_are_within_fifteen_percent_of_their_bounds(counted):
    assert 0 < counted.above_bound("shared") < 0.15
    assert 0 < counted.above_bound("slotted") < 0.15
    assert counted.above_bound("duplicated") > 1.0


def test_no_chip_that_holds_a_space_is_below_its_bound(counted):
    for ratio in counted.ratios():
        if ratio.figure in BOUNDED:
            assert ratio.ratio > ratio.bound > 1.0
        assert (ratio.bound is None) == (ratio.figure not in BOUNDED)


def test_a_hypernetwork_costs_the_same_for_every_architecture(counted):
    for structure in STRUCTURES:
        chips = [chip for chip in counted.hypernetworks if chip.structure == structure]
        assert len(chips) == 3 and all(chip.counts == chips[0].counts for chip in chips)


def test_large_networks_are_counted_without_being_built():
    large = compare(["PDARTS"], on=["shared"], channels=36, layers=20, counts_only=True)
    assert large.hypernetworks[0].counts.memristors > 1e8


def test_simulated_figures(small_digits, small_genotype):
    """Power and delay of both chips by transient, on the same images; parts as counted."""
    needs("ngspice")
    told = set()
    both = compare(
        [small_genotype],
        on=["slotted"],
        channels=1,
        dataset=small_digits,
        images=2,
        bits=7,
        array="16x8",
        devices=DeviceSpread(variation=1e-6),
        progress=lambda what, _share: told.add(what),
    )
    ratios = {ratio.figure: ratio for ratio in both.ratios()}
    assert set(ratios) == {*FIGURES, *ARRAY_FIGURES}
    for figure in ("power", "delay", "energy"):
        assert ratios[figure].ratio > 0
        assert ratios[figure].paper == str(PAPER.get(figure, ""))
    assert ratios["power"].ratio < 0.8 * ratios["opamps"].ratio  # unselected units are off
    for chip in (*both.individual, *both.hypernetworks):
        assert chip.measured.agreement == 1.0 and chip.measured.logit_error < 0.01
        assert chip.measured.transitions == 1
        assert chip.arrays.crosspoints == chip.counts.memristors
    assert any("slotted" in what for what in told) and any("individual" in what for what in told)
    document = json.loads(comparison_json((both,)))["comparisons"][0]
    assert document["bits"] == 7 and document["devices"] == asdict(DeviceSpread(variation=1e-6))
    page = comparison_html([both])
    assert "DeviceSpread(variation=1e-06" in page
    assert page.count("<svg") == 5 and "above the bound" in page and "Dashed: the paper" in page


def test_chips_with_a_law_of_memristors_are_compared(
    small_digits, small_genotype, transient_result, monkeypatch, capsys
):
    chips = []

    def simulate(chip, **run):
        chips.append(chip)
        return replace(transient_result, law_shift=0.01 * len(chips))

    monkeypatch.setattr(Chip, "simulate", simulate)
    law = {"memristor": "sinh", "compensated": True}
    both = compare([small_genotype], on=["slotted"], channels=1, dataset=small_digits, **law)
    assert [chip.structure for chip in chips] == [None, "slotted"]
    assert all(chip.memristor is not None and chip.deployment.slopes for chip in chips)
    document = json.loads(comparison_json((both,)))["comparisons"][0]
    assert document["memristor"] == "sinh" and document["compensated"]
    measured = [chip["measured"] for chip in (*document["individual"], *document["hypernetworks"])]
    assert [each["law_shift"] for each in measured] == [0.01, 0.02]
    said = "memristors are sinh, levels compensated for their law; it shifts class outputs by 0.01 to 0.02 of full"
    show(both)
    assert said in " ".join(capsys.readouterr().out.split()) and said in comparison_html([both])
    monkeypatch.setattr(Chip, "simulate", lambda chip, **run: transient_result)
    linear = compare([small_genotype], on=["slotted"], channels=1, dataset=small_digits)
    assert not {"memristor", "compensated", "law_shift"} & set(re.findall(r'"(\w+)":', comparison_json((linear,))))


def test_the_command_writes_json_and_a_page(tmp_path, capsys):
    call = ["compare", "DARTS_V2", "PDARTS", "--channels", "2,4", "--counts-only", "--on", "shared,slotted"]
    assert main([*call, "--json", str(tmp_path / "c.json"), "--report", str(tmp_path)]) == 0
    document = json.loads((tmp_path / "c.json").read_text())
    assert [each["channels"] for each in document["comparisons"]] == [2, 4]
    first = document["comparisons"][0]
    assert set(first["area_above_bound"]) == {"shared", "slotted"}
    assert first["bits"] == 8 and "devices" not in first
    assert len(first["ratios"]) == 2 * 2 * len(FIGURES)
    assert document["paper"] == {"power": "about 1", "delay": "1.22 to 1.25", "area": "1.5"}
    assert "assumption" in document["assumptions"][0] and "memristors are a lower bound" in document["assumptions"][1]
    counts = {(chip["genotype"], chip["structure"]): chip["counts"] for chip in first["hypernetworks"]}
    for ratio in first["ratios"]:  # a figure that is a count is the count of that name
        if ratio["figure"] in ("memristors", "opamps", "switches"):
            assert ratio["hypernetwork"] == counts[ratio["genotype"], ratio["structure"]][ratio["figure"]]
    page = (tmp_path / "index.html").read_text()
    assert "How the area ratio moves with C" in page and page.count("<section>") == 2
    assert "memristors are a lower bound" in page and f"<td>{counts['PDARTS', 'shared']['enables']:,}</td>" in page
    said = capsys.readouterr().out
    assert "above its bound" in said and "DARTS_V2" in said


def test_areas_by_crosspoints_stand_beside_those_by_devices(tmp_path, capsys):
    call = [
        "compare",
        "PDARTS",
        "--channels",
        "1",
        "--counts-only",
        "--on",
        "shared",
        "--json",
        str(tmp_path / "c.json"),
    ]
    assert main(call) == 0
    plain = json.loads((tmp_path / "c.json").read_text())["comparisons"][0]
    assert main([*call, "--array", "16x16", "--patches", "--report", str(tmp_path)]) == 0
    laid = json.loads((tmp_path / "c.json").read_text())["comparisons"][0]
    assert (laid["array"], laid["patches"]) == ("16x16", True) and "array" not in plain
    technology = load_technology()
    for chip in (*laid["individual"], *laid["hypernetworks"], *laid["bounds"]):
        empty = chip["crosspoints"] - chip["counts"]["memristors"]
        assert empty > 0 and chip["utilisation"] == pytest.approx(1 - empty / chip["crosspoints"])
        more_m2 = chip["crosspoint_area_m2"] - chip["area_m2"]
        assert more_m2 == pytest.approx(empty * technology.memristor.area_m2, rel=1e-6)
        assert chip["line_area_m2"] == pytest.approx(chip["lines"] * technology.array.line_area_m2)
    bound, hyper_chip, alone = laid["bounds"][-1], laid["hypernetworks"][0], laid["individual"][0]
    assert bound["figure"] == "crosspoint_area" and [each["figure"] for each in plain["bounds"]] == list(BOUNDED)
    areas_m2 = [chip["crosspoint_area_m2"] for chip in (hyper_chip, bound, alone)]
    assert laid["crosspoint_area_above_bound"]["shared"] == pytest.approx(areas_m2[0] / areas_m2[1] - 1)
    ratio = next(each for each in laid["ratios"] if each["figure"] == "crosspoint_area")
    assert ratio["ratio"] == areas_m2[0] / areas_m2[2] and ratio["bound"] == areas_m2[1] / areas_m2[2]
    assert ratio["paper"] == "1.5" and laid["ratios"][: len(FIGURES)] == plain["ratios"]
    tiles = f"{hyper_chip['tiles']:,}"
    assert f"<td>{tiles}</td>" in (tmp_path / "index.html").read_text() and tiles in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (([], {}), SetupError, "nothing to compare"),
        ((["random:7"], {"on": ["slotted"]}), GenotypeError, "2 slots a node"),
        ((["PDARTS"], {"on": ["stacked"]}), SetupError, "unknown chip 'stacked'"),
        ((["PDARTS"], {"array": "1x8"}), SetupError, "an array of 1x8 is too small"),
        ((["PDARTS"], {"patches": True}), SetupError, "patches = True has no effect without an array"),
        ((["PDARTS"], {"counts_only": True, "memristor": "sinh"}), SetupError, "memristor = 'sinh' has no effect on"),
        ((["PDARTS"], {"counts_only": True, "compensated": True}), SetupError, "compensated = True has no effect on"),
        ((["DARTS_V3"], {}), GenotypeError, "did you mean"),
    ],
)
def test_wrong_calls_are_refused_before_anything_runs(call, kind, text):
    with pytest.raises(kind, match=text):
        compare(call[0], **call[1])


@pytest.mark.parametrize("channels", ["0", "four", "2,,x", ""])
def test_wrong_channel_lists_are_refused(channels, capsys):
    assert main(["compare", "--counts-only", "--channels", channels]) == 2
    assert "whole numbers from 1 to 512" in capsys.readouterr().err
