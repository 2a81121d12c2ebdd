# SPDX-License-Identifier: GPL-3.0-or-later
"""The drop of bias and supply rails: closed forms against a resistor in a deck, and in every engine alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deployments import deployed, primitive

from memnet.circuit import Memristors, build_circuit
from memnet.deployment import ChipDevices
from memnet.errors import SetupError
from memnet.flow.chip import Chip
from memnet.netlist import Sweep, flat_deck, voltage_vectors
from memnet.numeric import Loads
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import partition_circuit
from memnet.units import number

OHM = 5.0  # bias rows take some milliamperes together


@pytest.fixture(scope="module")
def plain(small_digits, small_genotype):
    return Chip.of(small_genotype, channels=1, dataset=small_digits)


@pytest.fixture(scope="module")
def dropped(plain):
    return plain.change(bias_rail_ohm=OHM)


def test_the_rail_feeds_the_bias_devices_of_the_circuit(plain, dropped):
    rail = plain.circuit.groups["bias"].first
    banks = [bank for block in plain.circuit.blocks for bank in block.banks if isinstance(bank, Memristors)]
    siemens = sum(bank.siemens[bank.row == rail].sum() for bank in banks)
    assert dropped.circuit.bias_v == pytest.approx(plain.circuit.bias_v / (1.0 + OHM * siemens), rel=1e-12)
    assert siemens * OHM > 5e-3


def swept(circuit, images_v, source_ohm=0.0):
    """Return class outputs and bias voltage of one flat deck, with a resistor at the source of the bias voltage."""
    deck = flat_deck(
        circuit,
        partition_circuit(circuit, flat=True)[0].blocks,
        name="net",
        inputs={"input": images_v},
        analysis=Sweep(images=len(images_v)),
        saved=(*voltage_vectors(circuit, [circuit.output]), "v(n1)"),
    )
    source = f"vbias n1 0 {number(circuit.bias_v)}"
    assert source in deck.text
    resisting = f"vbias rail 0 {number(circuit.bias_v)}\nrrail rail n1 {source_ohm}" if source_ohm else source
    values = find_engine().run(replace(deck, text=deck.text.replace(source, resisting))).values
    return values[:, :-1], values[:, -1]


def test_the_drop_is_that_of_a_resistor_in_the_deck():
    made = deployed(primitive("sep_conv_3x3", side=3))
    images_v = made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v
    ohm = 20 * OHM  # this circuit is small
    share = 1.0 / (1.0 + ohm * Loads.of(made.deployment).bias_siemens)
    dropped = build_circuit(made.deployment, ChipDevices(made.deployment, bias_share=share))
    expected, rail_v = swept(made.circuit, images_v, ohm)
    found, before = (swept(circuit, images_v)[0] for circuit in (dropped, made.circuit))
    # Columns whose amplifiers are shut are not at 0 V, and take less.
    np.testing.assert_allclose(1.0 - rail_v / made.circuit.bias_v, 1.0 - share, rtol=0.02)
    effect = np.abs(expected - before).max()
    assert effect > 1e-3 and np.abs(found - expected).max() < 0.02 * effect


def test_spice_and_the_numeric_engine_have_the_same_bias(plain, dropped):
    simulated, evaluated = dropped.simulate(images=2), dropped.evaluate(images=2).samples[0].logits
    full_scale = np.abs(simulated.logits).max()
    assert np.abs(simulated.logits - evaluated).max() < 2e-5 * full_scale  # single precision
    assert np.abs(plain.evaluate(images=2).samples[0].logits - evaluated).max() > 1e-3 * full_scale
    figures = simulated.figures()
    assert figures["bias_rail_v"] == dropped.circuit.bias_v
    assert "supply_drop_v" not in figures and "bias_rail_v" not in plain.array_figures()


def test_supplies_drop_by_the_quiescent_currents_of_what_has_power(plain):
    technology, counts = plain.technology, plain.counts
    quiescent_a = counts.opamps * technology.opamp.quiescent_a
    quiescent_a += counts.comparators * technology.comparator.quiescent_a
    figures = plain.change(supply_rail_ohm=2.0).array_figures()
    assert figures["supply_drop_v"] == pytest.approx(2.0 * quiescent_a)
    assert figures["swing_v"] == pytest.approx(technology.opamp.saturation_v - 2.0 * quiescent_a)
    with pytest.raises(SetupError, match=r"supply_rail_ohm = 1e\+06: .* amplifiers swing 0.8 V; give less"):
        plain.change(supply_rail_ohm=1e6)


def test_what_rails_leave_out_is_refused(plain, dropped):
    with pytest.raises(SetupError, match="transitions = 1 has no effect with a drop on the bias rail"):
        dropped.evaluate(images=2, transitions=1)
    with pytest.raises(SetupError, match="bias_rail_ohm and a law of memristors"):
        _ = plain.change(bias_rail_ohm=OHM, memristor="sinh").devices
    assert plain.change(bias_rail_ohm=0.0).devices.bias_share == 1.0
