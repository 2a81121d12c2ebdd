# SPDX-License-Identifier: GPL-3.0-or-later
"""A matrix of one's own as a crossbar: the circuit multiplies by it, in SPICE, in the numeric engine and exported."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import memnet
from memnet.deployment.quantise import LEAST_GAIN
from memnet.devices import DeviceSpread
from memnet.errors import LimitWarning, MemnetError, SetupError
from memnet.flow.matrix import REFUSED, SETTINGS
from memnet.flow.settings import Setup
from memnet.netlist import DIALECTS
from memnet.netlist.reading import read_export
from memnet.simulation.engines import find_engine

RANDOM = np.random.default_rng(0)
W, B = RANDOM.normal(size=(4, 9)), RANDOM.normal(size=4)
X = RANDOM.uniform(-1, 1, (5, 9))


def share(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"devices": DeviceSpread(variation=0.1, offset_v=1e-3, seed=3)},
        {"wires": True, "wire_ohm": 5.0, "array": "8x8"},
        {"memristor": "sinh"},
        {"technology": "rram-65nm", "bits": 5},
        {"memristor": "sinh", "compensated": True},
        {"cell": "1T1R"},
        {"bias_rail_ohm": 100.0},
        {"wires": True, "wire_ohm": 5.0, "array": "8x8", "remedies": "feedback,both-ends"},
        {"wires": True, "wire_ohm": 5.0, "array": "8x8", "driver_wires": True, "driver_ohm": 50.0},
    ],
)
def test_circuit_and_numeric_engine_agree(options):
    made = memnet.crossbar(W, B, **options)
    computed = made.compute(X)
    assert share(made.simulate(X, engine="ngspice"), computed) < 1e-6
    plain = share(computed, made.reference(X, quantised=True))
    assert plain < 1e-6 if options.keys() <= {"technology", "bits"} else plain > 1e-4


@given(
    st.integers(1, 6).flatmap(
        lambda inputs: st.lists(st.lists(st.floats(-5, 5), min_size=inputs, max_size=inputs), min_size=1, max_size=5)
    )
)
@settings(max_examples=15, deadline=None)
def test_any_matrix_is_carried_to_half_a_level(rows):
    weights = np.array(rows)
    made = memnet.crossbar(weights, technology="hfox-130nm")
    x = RANDOM.uniform(-1, 1, (4, weights.shape[1]))
    # The largest weight of an output has the largest conductance, unless it is tiny beside those of other outputs.
    least = LEAST_GAIN * made.input_scale_v / made.output_scale_v
    level = np.maximum(np.abs(weights).max(axis=1), least) / 255
    assert (np.abs(made.compute(x) - made.reference(x)) <= 0.51 * level * weights.shape[1] + 1e-9).all()


def test_calibration_inputs_give_small_inputs_a_larger_voltage():
    small = memnet.crossbar(W, B, inputs=0.1 * X)
    assert small.input_scale_v > 5 * memnet.crossbar(W, B).input_scale_v
    assert share(small.compute(0.1 * X), small.reference(0.1 * X, quantised=True)) < 1e-6


@pytest.mark.parametrize("dialect", DIALECTS)
def test_its_netlist_is_one_text_with_every_device(dialect):
    made = memnet.crossbar(W, B)
    text = made.netlist(dialect)
    assert "include" not in text
    assert text.count("in0_c8 plus_c3") == 1
    assert "network" in text


def test_its_export_gives_what_it_computes(tmp_path):
    made = memnet.crossbar(W, B, devices=DeviceSpread(variation=0.2, seed=1))
    manifest = made.export(tmp_path / "x", X)
    found = find_engine("ngspice").run(read_export(tmp_path / "x")).values
    assert share(found / made.output_scale_v, made.compute(X)) < 1e-5
    assert json.loads((tmp_path / "x" / "manifest.json").read_text(encoding="utf-8")) == manifest


def test_it_counts_what_stands_there():
    made = memnet.crossbar(W, B)
    assert made.counts.opamps == 8
    assert made.counts.memristors >= 2 * W.size
    assert "4 outputs, 9 inputs" in repr(made)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: memnet.crossbar([1.0, 2.0]), "weights: has the shape .2,."),
        (lambda: memnet.crossbar([[1.0, np.nan]]), "weights: 1 values are not finite"),
        (lambda: memnet.crossbar([["a"]]), "weights: no array of numbers"),
        (lambda: memnet.crossbar(np.zeros((0, 3))), "weights: has the shape .0, 3."),
        (lambda: memnet.crossbar(W, B[:2]), "bias: 2 offsets for 4 outputs"),
        (lambda: memnet.crossbar(W, inputs=X[:, :3]), "samples of 3 values for a matrix of 9 columns"),
        (lambda: memnet.crossbar(W).compute(X[0]), "inputs: has the shape"),
        (lambda: memnet.crossbar(W, channel=3), "crossbar: unknown setting 'channel'"),
        (lambda: memnet.crossbar(W, wire_ohm=1.0), "wire_ohm = 1.0 has no effect"),
    ],
)
def test_what_it_cannot_be_is_refused(make, message):
    with pytest.raises(SetupError, match=message) as caught:
        make()
    assert isinstance(caught.value, MemnetError)


def test_it_has_each_setting_of_a_chip_or_says_why_not():
    weights = "weights"  # its matrix
    assert sorted((*SETTINGS, *REFUSED, weights)) == sorted(each.name for each in fields(Setup))
    for name, why in REFUSED.items():
        with pytest.raises(SetupError, match=f"crossbar: it cannot have the setting {name}: {why[:20]}"):
            memnet.crossbar(W, **{name: None})


def test_a_remedy_wins_back_what_wires_cost():
    wires = {"wires": True, "wire_ohm": 5.0, "array": "8x8"}
    drop, left = (memnet.crossbar(W, B, **wires, remedies=name) for name in (None, "conductances"))
    assert share(left.compute(X), left.reference(X, quantised=True)) < 1e-6
    assert share(drop.compute(X), drop.reference(X, quantised=True)) > 1e-3


def test_nets_on_wires_are_called_after_the_memristor_that_stands_there():
    text = memnet.crossbar(W, B, wires=True, wire_ohm=2.0, array="32x32").netlist()
    assert "rp0_c1_in0_c3 row_wires_p0_c1_in0_c3 column_wires_p0_c1_in0_c3 " in text
    ends = [line.split()[1:3] for line in text.splitlines() if line.startswith("rw_row_wires_")]
    first = [pair for pair in ends if pair[0] == "in0_c3"]
    assert len(first) == 1, "one piece of wire leads from a driver to the first crosspoint of its row"


def test_inputs_beyond_the_limits_are_warned_of(tmp_path):
    """Twice the inputs that it was made for are beyond the read limit, thirty times saturate; as `inputs=` neither."""
    made = memnet.crossbar(W, B)
    calls = (made.compute, made.simulate, made.noise, lambda inputs: made.export(tmp_path / "beyond", inputs))
    for call in (*calls, lambda inputs: made.ac(inputs[0], last_hz=1e3)):
        with pytest.warns(
            LimitWarning, match=r"^inputs put 0\.\d+ V on rows, beyond the read limit of 0\.2 V: make"
        ) as found:
            call(2.0 * X)
        assert {Path(each.filename).name for each in found} == {"test_crossbar.py"}
    with pytest.warns(
        LimitWarning, match=r"limit of 0\.2 V, and op-amps saturate .*outputs: 13, samples: 5\): make the"
    ):
        assert share(made.simulate(30.0 * X), made.reference(30.0 * X)) > 0.2
    wider = memnet.crossbar(W, B, inputs=30.0 * X)
    assert share(wider.simulate(30.0 * X), wider.reference(30.0 * X)) < 0.02


def test_devices_are_named_where_they_clip_inputs_within_limits():
    zeros, offsets = np.zeros((1, 40)), DeviceSpread(offset_v=0.02, seed=1, read_noise=0.1)
    with pytest.warns(LimitWarning, match="^op-amps saturate .*devices and offsets nearer to their targets"):
        memnet.crossbar(np.ones((1, 40)), inputs=zeros, devices=offsets).compute(zeros)


def test_spice_simulates_what_the_numeric_engine_does_not_reach():
    """A law whose shape moves is computed up to 5 times the read limit; circuits go on."""
    made = memnet.crossbar([[1.0, -0.5], [0.25, 0.5]], technology="jart-130nm")
    with pytest.warns(LimitWarning, match="beyond the read limit"):
        assert np.isfinite(made.simulate([[8.0, 8.0]])).all()
    with pytest.warns(LimitWarning), pytest.raises(SetupError, match=r"are computed up to 0\.8 V"):
        made.compute([[8.0, 8.0]])
