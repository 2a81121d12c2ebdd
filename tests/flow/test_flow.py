# SPDX-License-Identifier: GPL-3.0-or-later
"""simulate: figures, arrays, determinism, both analyses, refusals; and the assertion that is built on it."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from memnet.deployment.mapping import Deployment
from memnet.errors import DataError, EngineNotFound, GenotypeError, SetupError, TechnologyError
from memnet.flow.chip import Chip, simulate
from memnet.flow.results import TIMES
from memnet.flow.settings import Setup
from memnet.network.tensors import Weights
from memnet.operators import unroll
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import excerpt, partition_circuit
from memnet.simulation.sweep import sweep_partition
from memnet.technology import load_technology
from memnet.testing import assert_blocks_match_reference, assert_matches_reference

KEYS = {
    "error_gain",
    "deviation",
    "genotype",
    "on",
    "channels",
    "layers",
    "dataset",
    "seed",
    "weights",
    "technology",
    "bits",
    "analysis",
    "flat",
    "images",
    "accuracy",
    "agreement",
    "float_agreement",
    "logit_error",
    "error_bound",
    "close_images",
    "differing_images",
    "delay_s",
    "delay_mean_s",
    "delay_reason",
    "transitions",
    "energy_j",
    "power_w",
    "power_parts_w",
    "area_m2",
    "area_parts_m2",
    "memristors",
    "access_transistors",
    "bias_at_least",
    "opamps",
    "comparators",
    "switches",
    "resistors",
    "programmable",
    "enables",
    "select_drivers",
    "dacs",
    "adcs",
    "headroom",
    "stage_errors",
    "warnings",
    "engine",
    "solver",
    "wall_s",
    "s_per_image_core",
}


def test_dc_figures(dc_result):
    figures = json.loads(dc_result.to_json())
    assert set(figures) == KEYS
    assert figures["images"] == 6
    assert figures["agreement"] == 1.0
    assert 0 < figures["logit_error"] < 0.01
    assert figures["delay_s"] is None and figures["power_w"] is None and "dc analysis" in figures["delay_reason"]
    assert figures["area_m2"] == pytest.approx(sum(figures["area_parts_m2"].values()))
    assert figures["memristors"] == len(dc_result.chip.placement)
    assert figures["dacs"] == 16 and figures["adcs"] == 10
    assert "says nothing" in figures["warnings"][0]
    assert dc_result.outputs_v.shape == dc_result.reference_logits.shape == dc_result.float_logits.shape == (6, 10)


def test_transient_figures(transient_result):
    figures = json.loads(transient_result.to_json())
    assert set(figures) == KEYS
    assert figures["transitions"] == 1
    assert 1e-9 < figures["delay_s"] < 1e-5
    assert figures["energy_j"] == pytest.approx(figures["power_w"] * figures["delay_mean_s"])
    assert sum(figures["power_parts_w"].values()) == pytest.approx(figures["power_w"], rel=1e-3)
    measure = transient_result.transient
    assert measure.outputs_v.shape == (len(measure.time_s), 10)
    settled = measure.outputs_v[-1]
    assert np.abs(settled - transient_result.outputs_v[1]).max() < 0.2 / 512  # the second image's dc solution


def test_the_same_call_gives_the_same_figures(dc_result, small_digits, small_genotype):
    again = simulate(small_genotype, channels=1, dataset=small_digits, images=6, workers=1).figures()
    first = dc_result.figures()
    for name in TIMES:
        assert again.pop(name) > 0 and first.pop(name) > 0
    assert again == first


def test_flat_and_partitioned_agree_and_so_do_batches(dc_result, small_digits, small_genotype):
    batched = simulate(small_genotype, channels=1, dataset=small_digits, images=3, batch=2)
    assert np.abs(batched.outputs_v - dc_result.outputs_v[:3]).max() < 1e-6
    flat = simulate(small_genotype, channels=1, dataset=small_digits, images=3, flat=True)
    assert np.abs(flat.outputs_v - dc_result.outputs_v[:3]).max() < 1e-6
    assert flat.figures()["flat"] is True


def test_progress_names_each_step_and_ends_it(small_digits, small_genotype):
    told: dict[str, float] = {}
    simulate(small_genotype, channels=1, dataset=small_digits, images=1, progress=told.__setitem__)
    assert set(told.values()) == {1.0}
    steps = ["building the circuit", "checking voltages against limits", "sweeping 1 image", "judging class outputs"]
    assert list(told) == steps


def test_headroom_warns_where_a_limit_is_exceeded(dc_result):
    headroom, technology = dc_result.headroom, dc_result.chip.technology
    names = [stage.name for stage in dc_result.chip.deployment.plan.stages]
    assert [stage.stage for stage in headroom.train] == [stage.stage for stage in headroom.test] == names
    assert headroom.warnings(technology) == ()
    limit = technology.memristor.read_limit_v
    assert 0.5 * limit < max(stage.row_v for stage in headroom.train) <= limit
    hot = replace(headroom.test[1], row_v=1.01 * limit, middle_v=0.95)
    lines = replace(headroom, test=(headroom.test[0], hot)).warnings(technology)
    assert lines == (
        f"net/{names[1]}: a row's 0.202 V exceeds the read limit of 0.2 V; "
        "a first TIA's 0.95 V exceeds the saturation of 0.8 V on test images",
    )


def test_too_small_calibration_is_reported(small_digits, small_genotype):
    """Scales chosen on dim images must not pass unnoticed when bright ones come."""
    dim = replace(small_digits, train_images=small_digits.train_images * 0.3)
    result = simulate(small_genotype, channels=1, dataset=dim, images=1)
    assert any("exceeds the read limit" in warning and "test images" in warning for warning in result.warnings)


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"images": 0}, SetupError, "images = 0: give at least 1"),
        ({"images": 31}, DataError, "digits4x4: 31 images asked for, but it has 30 test images"),
        ({"images": 1, "analysis": "transient", "transitions": 30}, DataError, "30 transitions asked for"),
        ({"workers": 0}, SetupError, "workers = 0: give at least 1"),
        ({"analysis": "ac"}, SetupError, "unknown analysis 'ac': did you mean dc?"),
        ({"engine": "spectre"}, EngineNotFound, "unknown engine 'spectre'"),
        ({"technology": "hfox-13nm"}, TechnologyError, "did you mean hfox-130nm"),
        ({"bits": 13}, SetupError, "bits = 13: give at most 12"),
        ({"genotype": "DARTS_V3"}, GenotypeError, "did you mean DARTS_V"),
    ],
)
def test_wrong_calls_are_refused(options, kind, text, small_digits, small_genotype):
    call = {"genotype": small_genotype, "channels": 1, "dataset": small_digits, **options}
    with pytest.raises(kind) as refused:
        simulate(**call)
    assert text in str(refused.value)


def test_assertion_passes_and_returns_the_result(dc_result):
    assert assert_matches_reference(dc_result, tolerance_v=1e-3, block_tolerance_v=1e-4) is dc_result


def test_assertion_names_what_is_off(dc_result):
    wrong = dc_result.outputs_v.copy()
    wrong[2, 7] += 0.0066
    wrong[1, 3] = np.nan
    with pytest.raises(AssertionError) as failed:
        assert_matches_reference(replace(dc_result, outputs_v=wrong), tolerance_v=1e-3)
    text = str(failed.value)
    assert "class outputs: 2 of 60 deviate by more than 1 mV; the worst:" in text
    assert "class 7" in text and "image 2" in text and "off by 6.6" in text


def test_assertion_takes_a_genotype_and_its_options(small_digits, small_genotype):
    result = assert_matches_reference(
        small_genotype, images=2, channels=1, dataset=small_digits, ideal=True, tolerance_v=1e-5
    )
    assert result.images == 2
    with pytest.raises(SetupError, match="channels: given together with a finished simulation"):
        assert_matches_reference(result, channels=1)


def test_a_wrong_device_fails_its_own_block(small_digits, small_genotype):
    """Feed each block with the reference's voltages: one programmed sign fails one block, and the text names it."""
    assembly = Chip(Setup(genotype=small_genotype, channels=1, dataset=small_digits))
    block = next(block for block in assembly.circuit.blocks if block.name == "cell1/preprocess1")
    banks = tuple(
        replace(bank, siemens=np.flip(bank.siemens)) if hasattr(bank, "siemens") else bank for bank in block.banks
    )
    blocks = tuple(replace(block, banks=banks) if b is block else b for b in assembly.circuit.blocks)
    faulty = copy(assembly)
    faulty.circuit = replace(assembly.circuit, blocks=blocks)
    with pytest.raises(AssertionError) as failed:
        assert_blocks_match_reference(faulty, tolerance_v=1e-3, images=2)
    text = str(failed.value)
    (line,) = (line for line in text.splitlines() if line.startswith("  net/"))
    assert line.startswith("  net/cell1/preprocess1_c")
    assert f", in 1 of {len(blocks)} blocks; the worst of each:" in text
    column = "plus_" + line.split()[0].rpartition("_")[2]
    assert f"the memristors of {line.split()[0]} have block cell1/preprocess1 and columns {column}, minus_" in text


def test_a_failure_names_class_outputs_and_the_block_that_is_off(dc_result):
    """Both checks stand in one message: whoever asks for blocks learns which one, though class outputs fail too."""
    chip = copy(dc_result.chip)
    blocks = chip.circuit.blocks
    at = next(at for at, block in enumerate(blocks) if block.name == "stem")
    banks = tuple(
        replace(bank, siemens=bank.siemens[::-1]) if hasattr(bank, "siemens") else bank for bank in blocks[at].banks
    )
    chip.circuit = replace(chip.circuit, blocks=(*blocks[:at], replace(blocks[at], banks=banks), *blocks[at + 1 :]))
    wrong = replace(dc_result, chip=chip, outputs_v=dc_result.outputs_v + 0.01)
    with pytest.raises(AssertionError) as failed:
        assert_matches_reference(wrong, tolerance_v=1e-3, block_tolerance_v=1e-3, images=1)
    text = str(failed.value)
    assert "class outputs: 60 of 60 deviate" in text and "block outputs: " in text and "\n  net/stem" in text


@pytest.mark.parametrize("engine", ["ngspice", "embedded"])
def test_a_max_pool_of_equal_inputs_passes_them_on(engine, dc_result):
    """At an exact tie a selector must not leave its output floating; flat backgrounds tie all the time."""
    circuit, plan = dc_result.chip.circuit, dc_result.chip.deployment.plan
    pools = [part for part in partition_circuit(circuit) if "max_pool" in part.name]
    assert pools
    for part in pools:
        stage = plan.stage(part.name)
        crossings = unroll(stage.terms[0].window, plan.shape(stage.terms[0].source), stage.shape)
        (source,) = part.reads
        volts = np.random.RandomState(1).choice([-0.05, 0.0123], size=(3, len(circuit.groups[source].nets)))
        largest = np.maximum.reduceat(volts[:, crossings.rows], crossings.starts[:-1], axis=1)
        cut = excerpt(circuit, part)
        inputs = cut.of({source: volts}, part.reads)
        outcome = sweep_partition(cut, inputs, 3, list(part.drives), find_engine(engine))
        for found in outcome.volts.values():
            assert np.abs(found - largest).max() < 1e-5


def test_weights_may_be_given_as_tensors(small_digits, small_genotype, dc_result):
    assembly = dc_result.chip
    assert isinstance(assembly.deployment, Deployment)
    halved = {
        name: 0.5 * value if name == "classifier.weight" else value for name, value in assembly.weights.tensors.items()
    }
    weights = Weights(tensors=halved, origin="file", note="halved")
    result = simulate(small_genotype, channels=1, dataset=small_digits, images=2, weights=weights)
    assert np.allclose(result.float_logits, 0.5 * dc_result.float_logits[:2])


def test_a_cached_run_is_not_simulated_again(small_digits, small_genotype, tmp_path):
    run = {"channels": 1, "dataset": small_digits, "images": 2, "workers": 1, "cache": tmp_path / "kept"}
    first = simulate(small_genotype, **run)
    kept = sorted((tmp_path / "kept").glob("*"))
    written = [path.stat().st_ino for path in kept]  # a deck that runs again is written aside and renamed
    again = simulate(small_genotype, **run)
    assert kept and written == [path.stat().st_ino for path in sorted((tmp_path / "kept").glob("*"))]
    assert first.outputs_v.tobytes() == again.outputs_v.tobytes()


def test_a_technology_that_is_changed_in_python_is_named_so(small_digits, small_genotype):
    """Figures of a changed technology would pass for those of the one that it was made from."""

    def named(technology, **settings):
        return Chip.of(
            small_genotype, channels=1, dataset=small_digits, technology=technology, **settings
        ).technology.name

    loaded = load_technology("neurram-130nm")
    changed = replace(loaded, switch=replace(loaded.switch, roff_ohm=1e7), opamp=replace(loaded.opamp, gain=1e4))
    assert named(loaded) == named("neurram-130nm") == named(loaded.with_bits(4)) == "neurram-130nm"
    assert named(loaded, bits=4, ideal=True) == named(loaded.ideal()) == "neurram-130nm-ideal"
    assert named(changed) == named(changed, bits=4) == "neurram-130nm, changed: opamp.gain, switch.roff_ohm"
    assert named(replace(changed, name="mine")) == "mine"
    assert named(changed, ideal=True) == "neurram-130nm-ideal"  # which sets both
    offset = replace(loaded.ideal(), opamp=replace(loaded.ideal().opamp, offset_v=1e-4))
    assert named(offset) == "neurram-130nm-ideal, changed: opamp.offset_v"
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, technology=changed)
    assert chip.evaluate(images=1).figures()["technology"] == chip.technology.name


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("opamp", "gain", -5.0, r"technology hfox-130nm: \[opamp\] gain = -5.0 lies outside 10 to 1e\+12"),
        ("memristor", "g_max_siemens", float("nan"), r"\[memristor\] g_max_siemens = nan lies outside"),
        ("switch", "ron_ohm", None, r"\[switch\] ron_ohm = None is not a number"),
        ("memristor", "bits", 6.5, r"\[memristor\] bits = 6.5 is not a whole number"),
    ],
)
def test_impossible_values_of_a_technology_in_python_are_refused(section, key, value, said):
    loaded = load_technology()
    changed = replace(loaded, **{section: replace(getattr(loaded, section), **{key: value})})
    with pytest.raises(TechnologyError, match=said):
        Chip.of("DARTS_V1", channels=1, technology=changed)


STUCK = ("cell1/node5/edge1-dil_conv_3x3/dw", "cell0/node4/edge1-sep_conv_3x3/dw1", "cell0/node4")


@pytest.mark.parametrize("block", STUCK)
def test_a_stuck_device_is_found_in_its_own_block_and_column(block, small_digits, tmp_path):
    """Blocks after it in the same deck would amplify what is off, and be named in its place."""
    chip = Chip.of("PDARTS", channels=1, dataset=small_digits)
    chip.export(tmp_path / "table", images=1)
    header, *lines = (tmp_path / "table" / "placement.csv").read_text().splitlines()
    table = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    rows = [at for at, row in enumerate(table) if row["block"] == block and float(row["weight"]) != 0.0]
    at = max(rows, key=lambda row: float(table[row]["conductance_siemens"]))
    column = table[at]["column"]
    for row in (row for row in rows if table[row]["column"] == column):  # all of the column: some row carries a voltage
        table[row]["conductance_siemens"] = "1e-6"
    stuck = tmp_path / "stuck.csv"
    stuck.write_text("\n".join([header, *(",".join(row.values()) for row in table)]) + "\n")
    with pytest.raises(AssertionError) as failed:
        assert_blocks_match_reference(chip.change(conductances=stuck), tolerance_v=1e-4, images=3)
    first, line, said = str(failed.value).splitlines()
    assert ", in 1 of " in first and line.startswith(f"  net/{block}")
    assert f"have block {block} and columns " in said and column in said


@pytest.mark.parametrize("images", [0, 31])
def test_blocks_are_checked_with_images_that_are_there(images, dc_result):
    with pytest.raises((SetupError, DataError), match=r"images = 0: give at least 1|31 images asked for"):
        assert_blocks_match_reference(dc_result.chip, tolerance_v=1e-3, images=images)


def test_blocks_of_hypernetworks_are_refused(small_digits, small_genotype):
    options = {"on": "shared", "channels": 1, "dataset": small_digits}
    with pytest.raises(SetupError, match="blocks of a chip on shared are not checked by themselves"):
        assert_matches_reference(small_genotype, block_tolerance_v=1e-3, **options)
    with pytest.raises(SetupError, match="a chip of its own"):
        assert_blocks_match_reference(Chip.of(small_genotype, **options), tolerance_v=1e-3)
