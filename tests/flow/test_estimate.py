# SPDX-License-Identifier: GPL-3.0-or-later
"""Predictions against what circuits really hold, and against what decks really take."""

import ctypes
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, whole
from hyper import hyper
from needed import needs

from memnet.circuit.banks import Crosspoints, Switches
from memnet.commands.app import main
from memnet.deployment.stages import INPUT
from memnet.errors import DataError
from memnet.flow.estimation import estimate
from memnet.flow.settings import Setup
from memnet.netlist.deck import Deck
from memnet.netlist.flat import Sweep, flat_deck
from memnet.simulation.effort import PROCESS_BYTES, TEXT_BYTES, all_devices, devices
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import excerpt, partition_circuit
from memnet.simulation.sweep import sweep_images, sweep_partition


def test_devices_are_those_of_the_circuit(small_digits, small_genotype):
    from memnet.flow.chip import Chip

    setup = Setup(genotype=small_genotype, channels=1, dataset=small_digits)
    made, circuit = estimate(setup), Chip(setup).circuit
    counted = all_devices(circuit)
    assert made.devices.amplifiers == counted.amplifiers and made.devices.selectors == counted.selectors
    # The plan has one bias row a column; but for these, an estimate counts what the scheduler counts.
    assert made.counts.lower_bound and made.memristors == made.counts.memristors
    more = sum(block.memristors() for block in circuit.blocks) - made.memristors
    assert counted.resistors == made.devices.resistors + more and abs(more) < 0.1 * made.memristors


@pytest.mark.parametrize("structure", ["shared", "duplicated"])
def test_devices_of_a_hypernetwork_are_exactly_those_of_the_circuit(small_digits, small_genotype, structure):
    chip = hyper(small_genotype, structure, small_digits)
    made = estimate(chip.setup)
    banks = [bank for block in chip.circuit.blocks for bank in block.banks]
    in_decks = [
        len(bank) for bank in banks if isinstance(bank, Crosspoints) or (isinstance(bank, Switches) and bank.select)
    ]
    assert made.devices == all_devices(chip.circuit) and made.devices.resistors == sum(in_decks)
    assert made.counts == chip.counts and not made.counts.lower_bound


def test_text_is_as_long_as_predicted():
    circuit = deployed(whole("PDARTS", channels=2)).circuit
    inputs = {"input": np.zeros((1, int(np.prod(circuit.groups["input"].shape))))}
    text = flat_deck(circuit, circuit.blocks, name="net", inputs=inputs, analysis=Sweep(images=1), saved=()).text
    assert len(text) == pytest.approx(all_devices(circuit).times(TEXT_BYTES), rel=0.3)


def added_bytes(work):
    """Return how much memory some work adds at its highest to a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ctypes.CDLL(None).malloc_trim(0)  # else it would fill what this process has freed
            Path("/proc/self/clear_refs").write_text("5")  # the highest so far is that of this process, before the trim
            before = status_bytes("VmRSS")
            work()
            os.write(writing, str(status_bytes("VmHWM") - before).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        found = float(stream.read())
    os.waitpid(child, 0)
    return found


def status_bytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith(name))


@pytest.mark.parametrize("on", ["individual", "shared"])
def test_memory_is_predicted_within_a_factor_of_two(on, small_digits):
    needs("proc")
    needs("ngspice")
    from memnet.flow.chip import Chip

    setup = Setup(genotype="PDARTS", channels=6 if on == "individual" else 2, dataset=small_digits, on=on)
    made = Chip(setup)
    images_v = made.input_volts(small_digits.test_images[:1])
    parts = partition_circuit(made.circuit, flat=True)
    cut = excerpt(made.circuit, parts[0])
    find_engine("ngspice").run(Deck(name="warm", text="warm\nv1 a 0 1\n.op\n.end\n", vectors=("v(a)",), points=None))
    measured = added_bytes(
        lambda: sweep_partition(cut, {INPUT: images_v}, 1, [made.circuit.output], find_engine("ngspice"))
    )
    predicted = estimate(setup, images=1).flat.memory_bytes - PROCESS_BYTES
    assert measured > 3e7 and predicted / 2 < measured < predicted * 2


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
    hyper = estimate(Setup(genotype="PDARTS", on="shared"))
    assert hyper.devices.resistors > estimate(Setup(genotype="PDARTS")).devices.resistors


def test_an_unknown_data_set_is_refused():
    with pytest.raises(DataError, match="unknown data set 'digit': did you mean digits"):
        estimate(Setup(genotype="PDARTS", dataset="digit"))


def test_the_command_prints_and_writes(tmp_path, capsys):
    file = tmp_path / "estimate.json"
    size = ["--channels", "16", "--layers", "8", "--dataset", "cifar10"]
    assert main(["estimate", "PDARTS", *size, "--json", str(file)]) == 0
    said = capsys.readouterr().out
    assert "memristors" in said and "one flat deck" in said
    assert json.loads(file.read_text())["counts"]["memristors"] > 10_000_000
