# SPDX-License-Identifier: GPL-3.0-or-later
"""Remedies against the drop on wires: in ngspice with every segment, in the numeric engine, and what each wins back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deployments import Deployed, deployed, hypercell, primitive, whole

from memnet.arrays import EffectiveTargets, wire_stage
from memnet.circuit import FarSegments, Segments, Straps, build_circuit
from memnet.deployment import REMEDIES, ChipDevices, Wiring, program_stage
from memnet.devices.spread import DeviceSpread
from memnet.numeric import NumericCircuit
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images

IDEAL, VARIED = DeviceSpread(), DeviceSpread(variation=0.1)
MOST = {"feedback": 0.3, "conductances": 0.02, "both-ends": 0.99, "strapped": 0.6}  # error left, of that without


def remedied(made: Deployed, *remedies: str, spread: DeviceSpread = IDEAL, size: int = 128) -> ChipDevices:
    """Return what stands on a chip with wires of 5 and 8 ohm."""
    ohms = {"row_ohm": 5.0, "column_ohm": 8.0, "strap_ohm": 3.0}
    wiring, deployment = Wiring(rows=size, columns=size, remedies=frozenset(remedies), **ohms), made.deployment
    if "conductances" not in remedies:
        return ChipDevices(deployment, spread, wiring=wiring)
    programs = {name: replace(program, full_share=0.8) for name, program in deployment.programs.items()}
    deployment = replace(deployment, programs=programs)
    return ChipDevices(deployment, spread, wiring=wiring, programming=EffectiveTargets(deployment, wiring))


def volts(made: Deployed) -> np.ndarray:
    return made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v


@pytest.mark.parametrize(
    ("network", "structure", "remedies", "spread"),
    [
        (lambda: whole("DARTS_V1", channels=1), "", ("feedback",), IDEAL),  # with scale resistors beside memristors
        *((lambda: primitive("sep_conv_3x3"), "", (each,), IDEAL) for each in REMEDIES if each != "feedback"),
        (lambda: primitive("dil_conv_3x3", channels=4), "", REMEDIES, VARIED),
        (hypercell, "shared", REMEDIES, IDEAL),
    ],
    ids=[*REMEDIES, "all on split tiles, varied", "all on a hypernetwork"],
)
def test_a_flat_deck_with_remedies_gives_what_the_numeric_engine_does(network, structure, remedies, spread):
    made = deployed(network(), structure=structure)
    devices = remedied(made, *remedies, spread=spread, size=8 if spread.variation else 128)
    circuit = build_circuit(devices.deployment, devices)
    solved = sweep_images(circuit, volts(made), find_engine(), flat=True).volts[circuit.output]
    found = NumericCircuit(devices).run(volts(made)).outputs_v
    bare = NumericCircuit(remedied(made, spread=spread, size=devices.wiring.rows)).run(volts(made)).outputs_v
    full_scale = np.abs(solved).max()
    assert np.abs(found - solved).max() <= 1e-6 * full_scale
    assert np.abs(bare - solved).max() > 1e-4 * full_scale  # which is what the remedies change


@pytest.fixture(scope="module")
def network() -> Deployed:
    return deployed(whole("DARTS_V1", channels=2))


@pytest.mark.parametrize("remedy", REMEDIES)
def test_each_remedy_wins_something_back(network, remedy):
    expected = NumericCircuit(ChipDevices(network.deployment)).run(volts(network)).outputs_v
    without, left = (
        np.abs(NumericCircuit(remedied(network, *each)).run(volts(network)).outputs_v - expected).max()
        for each in ((), (remedy,))
    )
    assert left <= MOST[remedy] * without


def test_effective_conductances_are_the_targets(network):
    """But for devices at Gmax, which cannot make up for more; weights of 0.8 of the range leave none of these."""
    devices = remedied(network, "conductances")
    stage = network.deployment.plan.stage("stem")
    wired = wire_stage(stage, program_stage(stage, devices), devices, devices.wiring).programmed
    for group in wired.groups:
        for found, target in zip((group.plus, group.minus), devices.targets(stage, group.term), strict=True):
            there, wanted = found > 0, np.broadcast_to(target.reshape(len(target), -1), found.shape)
            assert np.abs(found - wanted)[there].max() <= 1e-5 * wanted.max()


def test_programmed_conductances_are_listed_as_targets_and_as_what_stands_there(network):
    devices, stage = remedied(network, "conductances"), network.deployment.plan.stage("stem")
    for term in (term for term in stage.rows if term.kind in ("weights", "bias")):
        real, aimed = devices.listed(stage, term), devices.listed(stage, term, target=True)
        plain = ChipDevices(devices.deployment).listed(stage, term)
        for each, aim, target in zip(real, aimed, plain, strict=True):
            assert np.array_equal(each, aim)
            assert (each >= target).all()
            assert (each > 1.001 * target).any()
        sampled = replace(devices, spread=VARIED)
        assert not np.array_equal(sampled.listed(stage, term)[0], real[0])
        assert np.array_equal(sampled.listed(stage, term, target=True)[0], real[0])


def test_second_drivers_and_straps_are_pieces_of_wire(network):
    devices = remedied(network, "both-ends", "strapped", size=16)
    circuit = build_circuit(devices.deployment, devices)
    for block in circuit.blocks:
        pieces = [bank for bank in block.banks if isinstance(bank, Segments)]
        assert sum(map(len, pieces)) == block.tally().segments
        far = [bank for bank in pieces if isinstance(bank, FarSegments)]
        for bank in far:
            assert np.array_equal(bank.toward, bank.driver)
            assert len(np.unique(bank.node)) == len(bank)
        assert len(far) == sum(isinstance(bank, Straps) for bank in pieces) == bool(pieces)
