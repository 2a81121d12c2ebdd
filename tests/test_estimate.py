"""Predictions against what circuits really hold, and against what decks really take."""

import json
import time

import numpy as np
import pytest
from deployments import deployed, whole

from memnet.assembly import Setup
from memnet.cli import main
from memnet.errors import SetupError
from memnet.estimate import estimate
from memnet.netlist.flat import Sweep, flat_deck
from memnet.simulation.base import find_engine
from memnet.simulation.cost import TEXT_BYTES, all_devices, devices
from memnet.simulation.sweep import sweep_images


def test_devices_are_those_of_the_circuit(small_digits, small_genotype):
    from memnet.assembly import assemble

    setup = Setup(genotype=small_genotype, channels=1, dataset=small_digits)
    made, circuit = estimate(setup), assemble(setup).circuit
    counted = all_devices(circuit)
    assert made.devices.amplifiers == counted.amplifiers and made.devices.selectors == counted.selectors
    # The plan counts one bias row a column, and feedback resistors with the others.
    assert made.memristors == pytest.approx(sum(block.memristors() for block in circuit.blocks), rel=0.1)
    assert counted.resistors < made.devices.resistors < counted.resistors + 2 * counted.amplifiers


def test_text_is_as_long_as_predicted():
    circuit = deployed(whole("PDARTS", channels=2)).circuit
    inputs = {"input": np.zeros((1, int(np.prod(circuit.groups["input"].shape))))}
    text = flat_deck(circuit, circuit.blocks, name="net", inputs=inputs, analysis=Sweep(images=1), saved=()).text
    assert len(text) == pytest.approx(all_devices(circuit).times(TEXT_BYTES), rel=0.3)


def test_time_is_of_the_predicted_order():
    made = deployed(whole("PDARTS", channels=2), images=3)
    images_v = np.repeat(made.images.reshape(3, -1) * made.circuit.input_scale_v, 20, axis=0)
    start = time.perf_counter()
    found = sweep_images(made.circuit, images_v, find_engine("ngspice"))
    took = time.perf_counter() - start
    predicted = sum(devices(block).parse_s() + 60 * devices(block).image_s() for block in made.circuit.blocks)
    assert found.decks < 60 and predicted / 10 < took < predicted * 10  # other work may share the cores


def test_estimates_grow_with_the_network():
    small, large = (estimate(Setup(genotype="PDARTS", channels=c, dataset="cifar10")) for c in (4, 16))
    assert 8 < large.memristors / small.memristors < 17
    assert large.flat.memory_bytes > large.partitioned.memory_bytes
    hyper = estimate(Setup(genotype="PDARTS", deploy="hypernetwork"))
    assert hyper.devices.resistors > estimate(Setup(genotype="PDARTS")).devices.resistors


def test_an_unknown_data_set_is_refused():
    with pytest.raises(SetupError, match="unknown data set 'digit': did you mean digits"):
        estimate(Setup(genotype="PDARTS", dataset="digit"))


def test_the_command_prints_and_writes(tmp_path, capsys):
    file = tmp_path / "estimate.json"
    size = ["--channels", "16", "--layers", "8", "--dataset", "cifar10"]
    assert main(["estimate", "PDARTS", *size, "--json", str(file)]) == 0
    said = capsys.readouterr().out
    assert "memristors" in said and "one flat deck" in said
    assert json.loads(file.read_text())["memristors"] > 10_000_000
