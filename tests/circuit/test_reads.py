# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristors with a law I = G f(V) in simulation decks: sources of f(V) at rows, and the devices themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deployments import deployed, hypercell, primitive
from needed import needs

from memnet.circuit import Circuit, ReadMemristors, ReadSources, at_crosspoints, build_circuit
from memnet.deployment import ChipDevices
from memnet.devices import DeviceSpread, memristor_model
from memnet.devices.memristors.sinh import Sinh
from memnet.flow import Chip
from memnet.flow.reading import deck_circuit, devices_circuit
from memnet.measurement import measure_transients
from memnet.netlist import TEMPLATES
from memnet.netlist.templates import environment
from memnet.numeric import NumericCircuit
from memnet.numeric.offsets import CurvedOffsets
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import split
from memnet.simulation.sweep import sweep_images

IDEAL, VARIED = DeviceSpread(), DeviceSpread(variation=0.1, stuck=0.002)


def chip_of(made, name: str, spread: DeviceSpread = IDEAL) -> tuple[ChipDevices, Circuit, np.ndarray]:
    """Return what stands on a chip, its circuit, and volts."""
    devices = ChipDevices(made.deployment, spread, memristor=memristor_model(name))
    volts = made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v
    return devices, build_circuit(made.deployment, devices), volts


def error_of(circuit: Circuit, devices: ChipDevices, volts: np.ndarray, *, flat: bool = False) -> float:
    """Return the largest difference between ngspice and the numeric engine, as a share of full scale."""
    needs("ngspice")
    solved = sweep_images(circuit, volts, find_engine("ngspice"), flat=flat).volts[circuit.output]
    return float(np.abs(NumericCircuit(devices).run(volts).outputs_v - solved).max() / np.abs(solved).max())


@pytest.mark.parametrize(
    ("network", "structure", "name", "spread"),
    [
        (lambda: primitive("dil_conv_3x3", channels=4), "", "cubic", VARIED),
        (hypercell, "shared", "sinh", VARIED),
    ],
    ids=["varied", "a hypernetwork"],
)
def test_sources_at_rows_give_what_the_numeric_engine_does(network, structure, name, spread):
    devices, circuit, volts = chip_of(deployed(network(), structure=structure), name, spread)
    assert error_of(circuit, devices, volts) < 2e-6
    assert error_of(circuit, replace(devices, memristor=None), volts) > 1e-3


@pytest.mark.parametrize("name", ["sinh", "yakopcic:aguirre"])
def test_sources_at_rows_give_what_a_device_at_each_crosspoint_does(name):
    made = deployed(primitive("sep_conv_3x3"))
    devices, _, volts = chip_of(made, name)
    assert error_of(at_crosspoints(made.circuit, name), devices, volts) < 1e-5


@pytest.mark.parametrize(
    ("network", "structure"), [(lambda: primitive("sep_conv_3x3"), ""), (hypercell, "shared")], ids=["one", "shared"]
)
def test_offsets_are_seen_through_the_slopes_of_curves(monkeypatch, network, structure):
    """Each device stands at its crosspoint then, between its row and a virtual ground at the offset of its op-amp."""
    made = deployed(network(), structure=structure)
    devices, _, volts = chip_of(made, "sinh", DeviceSpread(offset_v=1e-3, seed=4))
    circuit = deck_circuit(devices, "sinh")
    assert not any(isinstance(bank, ReadSources) for block in circuit.blocks for bank in block.banks)
    assert error_of(circuit, devices, volts) < 1e-5
    monkeypatch.setattr(CurvedOffsets, "of", lambda *_: None)
    assert error_of(circuit, devices, volts) > 3e-4


def test_transients_of_sources_at_rows_have_the_power_of_devices_at_crosspoints():
    """Power to 1e-4; delay to 2 %, since noise gains have the slopes of curves where devices stand at crosspoints."""
    needs("ngspice")
    made, engine = deployed(primitive("sep_conv_3x3")), find_engine("ngspice")
    devices, circuit, volts = chip_of(made, "sinh")
    read, apart, linear = (
        measure_transients(each, volts[:2], engine)
        for each in (circuit, devices_circuit(devices, "sinh", switches=False), made.circuit)
    )
    assert read.imbalance < 1e-9 and apart.imbalance < 1e-5
    assert read.delay_s == pytest.approx(apart.delay_s, rel=0.02)
    for part, watts in apart.power_parts_w.items():
        assert read.power_parts_w[part] == pytest.approx(watts, rel=1e-3), part
    assert read.power_w == pytest.approx(apart.power_w, rel=1e-4)
    assert linear.power_parts_w["crossbars"] < 0.95 * apart.power_parts_w["crossbars"]


class WrongSinh(Sinh):
    """The parameters of sinh with expressions of another law."""

    @classmethod
    def expressions(cls) -> str:
        return "wrong_sinh"


@pytest.mark.parametrize(
    ("law", "least"),
    [("sinh(v(p,n)/V)", 0.0), ("-sinh(v(p,n)/V)", 0.1), ("1.001*sinh(v(p,n)/V)", 1e-4), ("tanh(v(p,n)/V)", 1e-2)],
)
def test_another_law_in_the_deck_is_noticed(monkeypatch, law, least):
    devices, circuit, volts = chip_of(deployed(primitive("sep_conv_3x3")), "sinh")
    text = f"{{% set quantities = [] %}}{{% macro current() %}}{{g}}*V*{law}{{% endmacro %}}".replace("V", "{{ v0_v }}")
    monkeypatch.setitem(TEMPLATES, "memristors/wrong_sinh.j2", text)
    environment.cache_clear()  # it keeps templates by name
    error = error_of(replace(circuit, memristor=WrongSinh.of()), devices, volts)
    assert error > least if least else error < 2e-6


def test_a_block_in_pieces_has_the_sources_that_each_piece_reads():
    _, circuit, _ = chip_of(deployed(primitive("sep_conv_3x3")), "sinh")
    block = next(each for each in circuit.blocks if each.kind == "crossbar")
    whole_rows = len(block.banks[0])
    for piece in split(circuit, block, 3):
        sources = [bank for bank in piece.banks if isinstance(bank, ReadSources)]
        read = np.concatenate([bank.read for bank in piece.banks if isinstance(bank, ReadMemristors)])
        assert sorted(np.concatenate([bank.read for bank in sources])) == sorted(set(read.tolist()))
        assert sum(map(len, sources)) <= whole_rows


def test_a_network_simulated_says_its_memristor_and_agrees_with_its_evaluation():
    needs("ngspice")
    chip = Chip.of("PDARTS", channels=1, memristor="yakopcic:aguirre")
    result, evaluated = chip.simulate(images=2, engine="ngspice"), chip.evaluate(images=2)
    figures, logits = result.figures(), evaluated.samples[0].logits
    assert np.abs(result.logits - logits).max() < 1e-5 * np.abs(logits).max()
    assert np.abs(result.reference_logits - logits).max() > 0.01 * np.abs(logits).max()
    assert figures["memristor"] == "yakopcic:aguirre"
    assert "memristors are yakopcic:aguirre" in " ".join(figures["warnings"])
    assert "the law of memristors" in figures["deviation"]["cause"]
