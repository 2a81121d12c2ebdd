# SPDX-License-Identifier: GPL-3.0-or-later
"""The error gain of networks, and what is said of circuits beyond their error bound."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, primitive, whole
from needed import needs

from memnet import Chip
from memnet.commands.app import main
from memnet.deployment import SIDES, ChipDevices
from memnet.genotype.read import read_genotype
from memnet.measurement.deviation import explain_deviation
from memnet.measurement.gain import INPUT_ERROR, error_gain
from memnet.network.build import build_network
from memnet.network.datasets.load import load_dataset
from memnet.network.reference import fold, forward
from memnet.network.weights import seeded_weights
from memnet.numeric import NumericCircuit
from memnet.technology import load_technology

NOMINAL = load_technology()
NOMINAL_FILE = Path(__file__).parents[2] / "memnet" / "technologies" / "hfox-130nm.toml"


def test_the_gain_of_an_affine_network_is_that_of_its_matrix():
    made = deployed(primitive("skip_connect"))
    network, images = made.network, made.images
    parameters = fold(network, seeded_weights(network, 0, images))
    size = int(np.prod(network.image_shape))
    rows = np.eye(size).reshape(size, *network.image_shape)
    nothing = forward(network, parameters, np.zeros((1, *network.image_shape))).logits
    matrix = forward(network, parameters, rows).logits - nothing
    signs = np.random.RandomState(0).choice([-1.0, 1.0], size=images.shape).reshape(len(images), size)
    moved = np.abs(signs @ matrix).max() * np.abs(images).max()
    logits = images.reshape(len(images), size) @ matrix + nothing
    assert error_gain(network, parameters, images) == pytest.approx(moved / np.abs(logits).max(), rel=1e-4)
    assert error_gain(network, parameters, np.zeros((2, *network.image_shape))) == 0.0
    assert INPUT_ERROR < 1e-4


def _gain_and_spread(genotype, channels, layers):
    digits = load_dataset("digits")
    network = build_network(read_genotype(genotype), channels=channels, layers=layers)
    parameters = fold(network, seeded_weights(network, 0, digits.train_images[:256]))
    logits = forward(network, parameters, digits.test_images[:20]).logits
    return error_gain(network, parameters, digits.test_images), logits.std(axis=0).mean()


@pytest.mark.parametrize(("genotype", "layers"), [("random:307", 3), ("DARTS_V2", 8), ("PDARTS", 20)])
def test_seeded_networks_neither_enlarge_errors_nor_lose_the_image(genotype, layers):
    """At L=20 the gain was 23,000 while batch norms had the same biases at any depth."""
    gain, spread = _gain_and_spread(genotype, 1, layers)
    assert 0.5 < gain < 30
    assert 0.4 < spread < 1.5


@pytest.mark.long
@pytest.mark.parametrize("layers", [3, 5, 8, 12, 20, 36, 50])
@pytest.mark.parametrize("genotype", ["PDARTS", "DARTS_V1", "DARTS_V2", *(f"random:{seed}" for seed in (2, 6, 10, 11))])
def test_seeded_networks_of_any_depth(genotype, layers):
    for channels in (1, 2):
        gain, spread = _gain_and_spread(genotype, channels, layers)
        assert 0.5 < gain < 30
        assert 0.4 < spread < 1.5


@pytest.mark.parametrize(
    ("technology", "cause"),
    [
        (replace(NOMINAL, opamp=replace(NOMINAL.opamp, offset_v=1e-3)), "offset_v = 0.001"),
        (replace(NOMINAL, opamp=replace(NOMINAL.opamp, rectifier_ron_ohm=30.0)), "rectifier_ron_ohm = 30"),
        (replace(NOMINAL, opamp=replace(NOMINAL.opamp, gain=10.0)), "gain = 10"),
        (replace(NOMINAL, opamp=replace(NOMINAL.opamp, saturation_v=0.1)), "saturation_v = 0.1"),
        (replace(NOMINAL, switch=replace(NOMINAL.switch, roff_ohm=1e3)), "roff_ohm = 1000"),
    ],
)
def test_what_a_circuit_beyond_its_bound_suffers_from_is_named(technology, cause):
    result = Chip.of("DARTS_V1", channels=1, technology=technology).evaluate(images=6)
    assert result.deviation is not None
    assert result.deviation.logit_error == result.figures()["logit_error"] > result.deviation.error_bound
    assert cause in result.deviation.cause
    assert result.deviation.error_without < result.deviation.logit_error / 4
    assert result.warnings()[-1] == str(result.deviation)


def test_a_circuit_within_its_bound_has_nothing_to_explain():
    result = Chip.of("DARTS_V1", channels=1).evaluate(images=6)
    assert result.deviation is None and result.figures()["deviation"] is None
    assert 0.5 < result.figures()["error_gain"] < 30


def test_devices_that_differ_and_the_stage_that_has_them_are_named():
    made = deployed(whole())
    plan = made.deployment.plan
    nominal = ChipDevices(made.deployment)
    changed = next(stage for stage in plan.stages if stage.name == "cell1/preprocess1")
    given = {
        (stage.name, term.unit, side): listed * (1.1 if stage is changed and side == "plus" else 1.0)
        for stage in plan.stages
        for term in stage.rows
        if term.kind in ("weights", "bias")
        for side, listed in zip(SIDES, nominal.listed(stage, term), strict=True)
    }
    found = _explained(made, replace(nominal, given=given))
    assert found.stage == "cell1/preprocess1" and found.cause == "the given table of conductances"
    assert "net/cell1/preprocess1 adds most" in str(found)


def test_a_simulator_that_did_not_solve_the_circuit_is_named():
    made = deployed(whole())
    assert "the simulator" in _explained(made, ChipDevices(made.deployment), wrong=1.1).cause


def _explained(made, devices, *, wrong=1.0):
    images_v = made.images.reshape(len(made.images), -1) * made.deployment.scales["input"]
    logits = NumericCircuit(devices).run(images_v).outputs_v / made.circuit.output_scale_v * wrong
    return explain_deviation(devices, images_v, logits, made.logits, error_bound=0.01, error_gain=1.0)


def test_a_reference_of_zeros_has_no_scale():
    made = deployed(whole())
    images_v = made.images.reshape(len(made.images), -1)
    found = explain_deviation(
        ChipDevices(made.deployment), images_v, made.logits, 0 * made.logits, error_bound=0.01, error_gain=0.0
    )
    assert "logits are all 0" in str(found) and found.logit_error == float("inf")


def test_the_commands_warn_and_with_strict_fail(tmp_path, capsys):
    bad, figures = tmp_path / "bad.toml", tmp_path / "figures.json"
    source = '{ value = 1e-3, source = "assumption: untrimmed" }'
    bad.write_text(NOMINAL_FILE.read_text().replace('{ value = 0.0, source = "nominal device" }', source))
    call = ["evaluate", "DARTS_V1", "--channels", "1", "--images", "2", "--json", str(figures)]
    assert main([*call, "--technology", str(bad)]) == 0
    assert "memnet: warning: logit_error" in capsys.readouterr().err
    assert main([*call, "--technology", str(bad), "--strict"]) == 1
    assert "offset_v = 0.001" in capsys.readouterr().err
    assert json.loads(figures.read_text())["deviation"]["error_bound"] == 0.01
    assert main([*call, "--strict"]) == 0
    export = ["netlist", *call[1:-2], "-o", str(tmp_path / "export"), "--technology", str(bad)]
    assert main(export) == 0
    assert "memnet: warning: logit_error" in capsys.readouterr().err
    assert json.loads((tmp_path / "export" / "manifest.json").read_text())["logit_error"] > 0.01
    assert main([*export, "--strict"]) == 1
    capsys.readouterr()
    needs("ngspice")
    assert main(["simulate", *call[1:], "--technology", str(bad), "--strict"]) == 1
    assert "offset_v = 0.001" in capsys.readouterr().err
    assert "offset_v = 0.001" in json.loads(figures.read_text())["warnings"][-1]
