# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristors with a law: the numeric engine against Kirchhoff's law at every column, device by device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from deployments import conducting, deployed, whole

from memnet.circuit import build_circuit
from memnet.circuit.banks import Memristors, ScaleResistors, TiaPairs
from memnet.deployment import SIDES, ChipDevices, buffered_term
from memnet.devices import MODELS, DeviceSpread, memristor_model
from memnet.errors import LimitWarning, SetupError
from memnet.flow import Chip, crossbar
from memnet.numeric import NumericCircuit
from memnet.numeric.offsets import CurvedOffsets
from memnet.sections import Noise

VARIED = DeviceSpread(variation=0.1, stuck=0.002, seed=2)
OFFSETS = DeviceSpread(offset_v=1e-3, variation=0.1, seed=3)
SMALL = "PDARTS"


RANGES = {"jart-vcm-v1b": (2e-5, 2e-4), "milo": (5e-5, 2.25e-4)}  # uS; else those of the default technology


@cache
def network(structure: str, siemens=(1e-6, 1e-4)):
    return deployed(whole("DARTS_V2", channels=1), structure=structure, technology=conducting(*siemens))


def volts_of(made) -> np.ndarray:
    return made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v


def largest_error(name: str, spread: DeviceSpread, structure: str, *, law=None) -> float:
    """Return the largest error of a pair's outputs, as a share of full scale, with the inputs that the engine gives.

    A column is `u = offset - out / gain` from ground; each of its memristors conducts what the model says at `v - u`.
    """
    made = network(structure, RANGES.get(name, (1e-6, 1e-4)))
    model = memristor_model(name)
    devices = ChipDevices(made.deployment, spread, memristor=model if law is None else law)
    engine = NumericCircuit(devices)
    circuit = build_circuit(made.deployment, devices if name in RANGES else replace(devices, memristor=None))
    driven = [name for name in engine.last_use_of if name in circuit.groups and name != "input"]
    result = engine.run(volts_of(made), keep=driven)
    assert not result.saturated  # clamps are another test's
    nets = np.zeros((circuit.nets + 1, len(volts_of(made))))
    for group, values in result.volts.items():
        nets[circuit.groups[group].nets] = values.T
    nets[circuit.groups["bias"].nets] = circuit.bias_v
    nets[circuit.groups["input"].nets] = volts_of(made).T
    errors = [0.0]
    for block in circuit.blocks:
        for pairs in (bank for bank in block.banks if isinstance(bank, TiaPairs) and bank.on(circuit.selects)):
            if not buffered_term(made.deployment.plan.stage(block.name), made.deployment.plan):
                out = outputs(block.banks, pairs, nets, circuit, model)
                errors.append(np.abs(out - nets[pairs.out]).max() / np.abs(nets[pairs.out]).max(initial=1e-3))
    assert len(errors) > 5
    return max(errors)


def outputs(banks, pairs, nets, circuit, model):
    """Return the outputs of pairs, (pairs, images) volts."""
    selects, technology = circuit.selects, circuit.technology
    gain, out = technology.opamp.gain, None
    none = np.zeros(len(pairs))
    for column, feedback, offset in (
        (pairs.plus, pairs.feedback_plus, none if pairs.offset_plus is None else pairs.offset_plus),
        (pairs.minus, pairs.feedback_minus, none if pairs.offset_minus is None else pairs.offset_minus),
    ):
        middle, out = out, np.zeros((len(pairs), nets.shape[1]))
        for _ in range(4):  # each round is a hundred times nearer
            at = np.zeros_like(nets)
            at[column] = offset[:, None] - out / gain
            total = np.zeros_like(nets)
            for bank in banks:
                if isinstance(bank, Memristors | ScaleResistors):
                    siemens = 1.0 / bank.effective_ohm(selects, technology)[:, None]
                    across = nets[bank.row] - at[bank.column]
                    curved = isinstance(bank, Memristors) and bank.on(selects)
                    current = model.current(across, model.state_of(siemens)) if curved else siemens * across
                    np.add.at(total, bank.column, current)
            amperes = total[column]
            if middle is not None:
                amperes = amperes + (middle - at[column]) / pairs.coupling[:, None]
            out = at[column] - feedback[:, None] * amperes
    return np.maximum(out, 0.0) if pairs.rectified else out


CASES = [
    ("sinh", DeviceSpread(), ""),
    ("sinh", VARIED, "shared"),
    ("cubic", DeviceSpread(), ""),
    ("yakopcic:aguirre", VARIED, ""),
    ("sinh", OFFSETS, ""),
    ("yakopcic:aguirre", OFFSETS, "shared"),
    ("jart-vcm-v1b", DeviceSpread(), ""),
    ("jart-vcm-v1b", VARIED, ""),
    ("jart-vcm-v1b", DeviceSpread(), "shared"),
    ("milo", DeviceSpread(), ""),
    ("milo", VARIED, "shared"),
]


@pytest.mark.parametrize(("name", "spread", "structure"), CASES)
def test_columns_have_the_currents_of_their_devices(name, spread, structure):
    assert largest_error(name, spread, structure) < (8e-5 if name in RANGES else 2e-5)


def test_offsets_without_the_slopes_of_curves_are_noticed(monkeypatch):
    monkeypatch.setattr(CurvedOffsets, "_bent", lambda _self, volts: (0 * volts, 0 * volts))
    assert largest_error("sinh", OFFSETS, "") > 1e-3


class Wrong:
    """A law that is not the devices'."""

    separable = True

    def __init__(self, shape):
        self.shape = shape


@pytest.mark.parametrize("wrong", [lambda v: v, lambda v: -0.4 * np.sinh(v / 0.4), lambda v: 0.41 * np.sinh(v / 0.41)])
def test_another_law_is_noticed(wrong):
    assert largest_error("sinh", DeviceSpread(), "", law=Wrong(wrong)) > 1e-4


@pytest.mark.parametrize("name", [name for name, kind in MODELS.items() if kind.separable])
def test_a_level_is_the_conductance_at_small_voltages(name):
    model, volts = memristor_model(name), np.array([1e-6, 0.1, -0.15], dtype=np.float32)
    shape = model.shape(volts)
    assert shape[0] == pytest.approx(1e-6, rel=1e-4)
    state = model.state_of(np.asarray(5e-5))
    np.testing.assert_allclose(5e-5 * shape, model.current(volts, state), rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"memristor": "jart-vcm-v1b"},
            "reaches 1.38002e-05 to 0.000645668 S, and technology",
        ),
        ({"memristor": "linear"}, "memristor = 'linear' has no effect: its law is I = G V"),
        ({"memristor": "vteam"}, "reaches 0.001 to 0.02 S, and technology hfox-130nm has levels from 1e-06 to 0.0001"),
        ({"memristor": "sinh:none"}, "has no set 'none'"),
    ],
)
def test_memristors_that_networks_cannot_have_are_refused(settings, message):
    with pytest.raises(SetupError, match=message):
        Chip.of(SMALL, channels=1, **settings)


JART = conducting(*RANGES["jart-vcm-v1b"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"wires": True}, "memristor jart-vcm-v1b and wires: give one"),
        ({"devices": DeviceSpread(offset_v=1e-3)}, "memristor jart-vcm-v1b and offset_v: give one"),
    ],
)
def test_what_is_not_computed_where_the_shape_of_a_law_moves_is_refused(settings, message):
    with pytest.raises(SetupError, match=message):
        Chip.of(SMALL, channels=1, memristor="jart-vcm-v1b", technology=JART, **settings)


def test_voltages_beyond_those_that_a_law_is_computed_at_are_refused_with_the_figure():
    low = replace(JART, memristor=replace(JART.memristor, read_limit_v=0.02))
    chip = Chip.of(SMALL, channels=1, memristor="jart-vcm-v1b", technology=low, devices=DeviceSpread(variation=1.5))
    said = r"reaches [\d.]+ V, and memristors of jart-vcm-v1b are computed up to 0\.1 V"
    matrix = crossbar(np.eye(3), technology=low, memristor="jart-vcm-v1b")
    asked: list[Callable[[], object]] = [
        lambda: chip.evaluate(images=8),
        lambda: chip.disturb(inferences=1.0, images=8),
        lambda: chip.ac("classifier", "global_pool"),
    ]
    for ask in asked:
        with pytest.raises(SetupError, match=said):
            ask()
    with pytest.warns(LimitWarning), pytest.raises(SetupError, match=said):
        matrix.compute(np.full((1, 3), 10.0))


def test_outputs_may_be_beyond_the_voltages_that_a_law_is_computed_at():
    low = replace(JART, memristor=replace(JART.memristor, read_limit_v=0.02))
    small = np.array([[1.0, 1.0, 1.0, -1.0, -1.0]])  # columns add up all rows, of which these nearly cancel
    matrix = crossbar(np.ones((1, 5)), technology=low, memristor="jart-vcm-v1b", inputs=small)
    with pytest.warns(LimitWarning, match="beyond the read limit"):
        outputs_v = matrix.compute(2.0 * np.abs(small)) * matrix.output_scale_v
    assert np.abs(outputs_v).max() > matrix.devices.moving.most_read_v


def test_a_table_of_conductances_gives_the_chip_that_it_lists():
    made, model = network("", RANGES["jart-vcm-v1b"]), memristor_model("jart-vcm-v1b")
    sampled = ChipDevices(made.deployment, VARIED, memristor=model)
    given = {
        (stage.name, term.unit, side): siemens
        for stage in made.deployment.plan.stages
        for term in stage.rows
        if term.kind in ("weights", "bias")
        for side, siemens in zip(SIDES, sampled.listed(stage, term), strict=True)
    }
    listed = ChipDevices(made.deployment, given=given, memristor=model)
    expected = NumericCircuit(sampled).run(volts_of(made)).outputs_v
    found = NumericCircuit(listed).run(volts_of(made)).outputs_v
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    place = max(given, key=lambda at: given[at].size)
    beyond = replace(listed, given={**given, place: np.full_like(given[place], 1e-3)})
    with pytest.raises(SetupError, match=r"jart-vcm-v1b: no state has a conductance of 0\.001 S"):
        NumericCircuit(beyond)


def test_noise_of_devices_is_that_of_the_current_of_each():
    """The variances in the first stage, by products of pairs of products and device by device."""
    made, model = network("", RANGES["milo"]), memristor_model("milo")
    noise = Noise(
        amplifier_v_per_rthz=1e-8, temperature_k=300.0, flicker_kf=1e-6, flicker_low_hz=1.0, telegraph_share=0.0,
        telegraph_amplitude=0.0, telegraph_hz=1.0,
    )  # fmt: skip
    technology = replace(made.deployment.technology, noise=noise)
    deployment = replace(made.deployment, technology=technology)
    devices = ChipDevices(deployment, DeviceSpread(read_noise=0.1), memristor=model)
    engine, circuit, volts = NumericCircuit(devices, noisy=True), build_circuit(deployment, devices), volts_of(made)
    stage = made.deployment.plan.stages[0]
    run, signals = engine.stages[stage.name], engine.input_signals(volts)
    sources = [engine.read(term, number, signals).volts for term, number in zip(run.sources, run.numbers, strict=True)]
    assert len(run.noises) == 6  # of three products
    found = sum(each.volts(sources[each.first] * sources[each.second]) for each in run.noises)
    nets = np.zeros((circuit.nets + 1, len(volts)))
    nets[circuit.groups["input"].nets] = volts.T  # the bias rows, at 0 V here, have a variance of their own
    banks = circuit.block(stage.name).banks
    pairs = next(bank for bank in banks if isinstance(bank, TiaPairs))
    power = np.zeros_like(nets)
    for bank in (each for each in banks if isinstance(each, Memristors)):
        np.add.at(power, bank.column, model.current_a(nets[bank.row], bank.siemens[:, None]) ** 2)
    plus, minus = (power[column].reshape(found.shape) for column in (pairs.plus, pairs.minus))
    gains = run.gains
    expected = gains.plus_ohm[:, :, None] ** 2 * plus + gains.second_ohm[:, :, None] ** 2 * minus
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * expected.max())
    for side, squares in enumerate((plus, minus)):
        sums = sum(maps[side](sources[one] * sources[two]) for one, two, maps in run.noise.squares)
        np.testing.assert_allclose(sums, squares, rtol=1e-5, atol=1e-7 * squares.max())


def test_an_evaluation_says_its_memristor_and_what_it_leaves_out():
    chip = Chip.of(SMALL, channels=1, memristor="cubic")
    found = chip.evaluate(images=4)
    assert found.figures()["memristor"] == "cubic" and "memristor_products" not in found.figures()
    assert "the law of memristors" in found.deviation.cause
    assert "memristors are cubic" in " ".join(found.warnings())
    with pytest.raises(SetupError, match="transitions = 1 has no effect with memristor cubic"):
        chip.evaluate(images=4, transitions=1)
