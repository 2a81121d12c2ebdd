# SPDX-License-Identifier: GPL-3.0-or-later
"""Circuits with wires between drivers, memristors and virtual grounds, in ngspice and in the numeric engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deployments import Deployed, deployed, hypercell, primitive, whole
from needed import needs

from memnet.circuit import Circuit, Segments, TiaPairs, WiredMemristors, build_circuit
from memnet.deployment import ChipDevices, Wiring
from memnet.devices import memristor_model
from memnet.devices.spread import DeviceSpread
from memnet.flow.reading import deck_circuit
from memnet.numeric import NumericCircuit, shut
from memnet.numeric.curved_wires import CurvedWires
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import cone, split
from memnet.simulation.sweep import sweep_images

SPLIT = Wiring(rows=8, columns=6, row_ohm=2.5, column_ohm=4.0)  # most tiles are parts of what a pixel reads
WHOLE = Wiring(rows=128, columns=128, row_ohm=2.5, column_ohm=4.0)
IDEAL, VARIED, OFFSETS = DeviceSpread(), DeviceSpread(variation=0.1), DeviceSpread(offset_v=5e-3)


def with_wires(made: Deployed, wiring: Wiring, spread: DeviceSpread = IDEAL) -> tuple[ChipDevices, Circuit]:
    """Return what stands on a chip with wires, and its circuit."""
    devices = ChipDevices(made.deployment, spread, wiring=wiring)
    return devices, build_circuit(made.deployment, devices)


def volts(made: Deployed) -> np.ndarray:
    return made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v


@pytest.mark.parametrize(
    ("network", "structure", "wiring", "spread"),
    [
        (lambda: whole("DARTS_V1", channels=1), "", WHOLE, IDEAL),
        (lambda: primitive("dil_conv_3x3", channels=4), "", SPLIT, VARIED),
        (hypercell, "shared", SPLIT, IDEAL),
        (lambda: primitive("sep_conv_3x3", channels=3), "", SPLIT, OFFSETS),
    ],
    ids=["a network", "split tiles, varied", "a hypernetwork", "offsets, which wires carry to other columns"],
)
def test_a_flat_deck_with_every_segment_gives_what_the_numeric_engine_does(network, structure, wiring, spread):
    made = deployed(network(), structure=structure)
    devices, circuit = with_wires(made, wiring, spread)
    solved = sweep_images(circuit, volts(made), find_engine(), flat=True).volts[circuit.output]
    found = NumericCircuit(devices).run(volts(made)).outputs_v
    full_scale = np.abs(solved).max()
    assert np.abs(found - solved).max() <= 1e-6 * full_scale
    bare = NumericCircuit(ChipDevices(made.deployment, devices.spread)).run(volts(made)).outputs_v
    assert np.abs(bare - solved).max() > 1e-3 * full_scale


@pytest.mark.parametrize(
    ("network", "structure", "wiring", "spread", "lifts"),
    [
        (lambda: primitive("dil_conv_3x3", channels=12), "", WHOLE, IDEAL, True),
        (lambda: primitive("dil_conv_3x3", channels=4), "", SPLIT, VARIED, False),
        (hypercell, "shared", SPLIT, IDEAL, False),
        (lambda: primitive("sep_conv_3x3", channels=3), "", SPLIT, DeviceSpread(offset_v=1e-3), False),
    ],
    ids=["long columns", "split tiles, varied", "a hypernetwork", "offsets"],
)
def test_devices_with_a_law_behind_wires_give_what_the_numeric_engine_does(
    monkeypatch, network, structure, wiring, spread, lifts
):
    """Without the correction step the engine is far off; on long rows without the lift of shut columns too."""
    needs("ngspice")
    made = deployed(network(), structure=structure)
    devices = ChipDevices(made.deployment, spread, wiring=wiring, memristor=memristor_model("sinh"))
    circuit = deck_circuit(devices, "sinh")
    solved = sweep_images(circuit, volts(made), find_engine("ngspice"), flat=True).volts[circuit.output]

    def error() -> float:
        found = NumericCircuit(devices).run(volts(made)).outputs_v
        return float(np.abs(found - solved).max() / np.abs(solved).max())

    corrected, made_of = error(), CurvedWires.of
    assert corrected < 3e-5
    monkeypatch.setattr(CurvedWires, "of", lambda *given: made_of(*given[:-2], None, given[-1]))
    without_lift = error()
    monkeypatch.setattr(CurvedWires, "of", lambda *_: None)
    assert error() > 30 * corrected
    assert lifts == (without_lift > 10 * corrected)


def test_a_cut_circuit_gives_what_a_flat_deck_does():
    made = deployed(primitive("sep_conv_3x3"))
    _, circuit = with_wires(made, WHOLE)
    cut, flat = (sweep_images(circuit, volts(made), find_engine(), flat=flat).volts[circuit.output] for flat in (0, 1))
    assert np.abs(cut - flat).max() <= 1e-6 * np.abs(flat).max()


def test_every_segment_leads_to_another_or_to_the_end_of_its_wire():
    _, circuit = with_wires(deployed(whole("DARTS_V1", channels=1)), SPLIT)
    for block in circuit.blocks:
        memristors = [bank for bank in block.banks if isinstance(bank, WiredMemristors)]
        segments = [bank for bank in block.banks if isinstance(bank, Segments)]
        assert len(segments) == 2 * bool(memristors)
        assert sum(map(len, segments)) == 2 * sum(map(len, memristors)) == block.tally().segments
        for bank, wire, end in zip(segments, ("row", "column"), ("driver", "ground"), strict=False):
            nodes = np.concatenate([getattr(each, wire) for each in memristors])
            ends = dict(zip(nodes.tolist(), np.concatenate([getattr(each, end) for each in memristors]), strict=True))
            assert sorted(bank.node.tolist()) == sorted(ends)  # each memristor has nets of its own
            for node, toward in zip(bank.node.tolist(), bank.toward.tolist(), strict=True):
                assert ends.get(toward, toward) == ends[node]  # along a wire nothing but its own end is reached


def test_wires_between_drivers_and_tiles_are_in_series_with_rows():
    made = deployed(primitive("sep_conv_3x3", side=3))
    leads = {block.name: 40.0 + 10.0 * at for at, block in enumerate(made.circuit.blocks)}
    devices, circuit = with_wires(made, replace(SPLIT, leads_ohm=leads))
    solved = sweep_images(circuit, volts(made), find_engine(), flat=True).volts[circuit.output]
    found = NumericCircuit(devices).run(volts(made)).outputs_v
    assert np.abs(found - solved).max() <= 1e-6 * np.abs(solved).max()
    short = NumericCircuit(ChipDevices(made.deployment, wiring=SPLIT)).run(volts(made)).outputs_v
    assert np.abs(short - solved).max() > 1e-3 * np.abs(solved).max()


@pytest.mark.parametrize("count", [5, 20])
def test_pieces_of_a_block_have_whole_tiles(count):
    """All columns of a pixel are on the same tiles, so a piece has all of them, and every segment between."""
    _, circuit = with_wires(deployed(whole("DARTS_V1", channels=2)), WHOLE)
    block = circuit.block("stem")  # 6 channels of 16 pixels
    pieces = split(circuit, block, count)
    assert len(pieces) == min(count, 16)
    kept = [[bank for bank in piece.banks if isinstance(bank, Segments | WiredMemristors)] for piece in pieces]
    assert sum(len(bank) for banks in kept for bank in banks) == 3 * block.tally().memristors
    for banks in kept:
        nodes = np.concatenate([bank.node for bank in banks if isinstance(bank, Segments)])
        ends = np.concatenate([np.r_[bank.driver, bank.ground] for bank in banks])
        for bank in banks:
            reached = (bank.toward,) if isinstance(bank, Segments) else (bank.row, bank.column)
            assert np.isin(np.concatenate(reached), np.r_[nodes, ends]).all()


@pytest.mark.parametrize("free", ["row_ohm", "column_ohm"])
def test_wires_of_one_direction_alone_may_have_no_resistance(free):
    made = deployed(primitive("sep_conv_3x3", side=3))
    ohms = {"row_ohm": 20.0, "column_ohm": 20.0, free: 0.0}
    devices, circuit = with_wires(made, Wiring(rows=8, columns=6, **ohms))
    solved = sweep_images(circuit, volts(made), find_engine(), flat=True).volts[circuit.output]
    found = NumericCircuit(devices).run(volts(made)).outputs_v
    assert np.abs(found - solved).max() <= 1e-6 * np.abs(solved).max()


def test_what_one_column_depends_on_is_all_that_shares_its_tiles():
    _, circuit = with_wires(deployed(whole("DARTS_V1", channels=2)), WHOLE)
    block = circuit.block("stem")
    first, second = (cone(circuit, block, np.array([at])) for at in (0, 16))  # two channels of one pixel
    for one, other in zip(first, second, strict=True):
        assert all(np.array_equal(nets, other.nets()[name]) for name, nets in one.nets().items())
    assert {len(bank) for bank in first if isinstance(bank, TiaPairs)} == {6}


@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 1e-6), (np.float32, 4e-6)])
def test_shut_columns_are_corrected_in_as_many_rounds_as_it_takes(monkeypatch, dtype, most):
    made = deployed(whole("DARTS_V1", channels=4))
    devices, _ = with_wires(made, Wiring(rows=128, columns=128, row_ohm=10.0, column_ohm=10.0))
    found = NumericCircuit(devices, dtype=dtype).run(volts(made)).outputs_v
    monkeypatch.setattr(shut, "BOUND", 1e-15)
    expected = NumericCircuit(devices).run(volts(made)).outputs_v
    assert np.abs(found - expected).max() <= most * np.abs(expected).max()
