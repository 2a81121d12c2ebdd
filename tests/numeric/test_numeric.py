# SPDX-License-Identifier: GPL-3.0-or-later
"""The numeric engine computes what the simulator computes, net by net; knows no accuracy."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from deployments import whole
from needed import needs

from memnet.circuit.banks import Memristors
from memnet.circuit.build import build_circuit
from memnet.deployment.chip_devices import ChipDevices
from memnet.deployment.deploying import deploy
from memnet.deployment.hypernetwork.plan import STRUCTURES, hypernetwork_plan
from memnet.deployment.individual import individual_plan
from memnet.deployment.kernels import programmed_parameters
from memnet.deployment.placing import place
from memnet.deployment.programmed import program_stage
from memnet.deployment.readback import quantised_parameters
from memnet.deployment.row_groups import DenseRows
from memnet.devices.levels import level_conductances
from memnet.devices.spread import DeviceSpread
from memnet.errors import SetupError
from memnet.genotype.read import read_genotype
from memnet.measurement.cross_check import spice_check
from memnet.network.build import build_network
from memnet.network.weights import seeded_weights
from memnet.numeric.crossbar import CrossbarStage
from memnet.numeric.engine import NumericCircuit, numeric_sweep
from memnet.numeric.laws import AmplifierLaw
from memnet.operators import ChannelMap, Window, dense_pieces, extremes, unroll
from memnet.operators.patches import patches
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.technology import load_technology

FULL_SCALE = 1e-5
LARGE = {"channels": 4, "image_shape": (1, 8, 8)}


@pytest.fixture
def simulator():
    needs("ngspice")
    return find_engine("ngspice")


@lru_cache
def chip(genotype="random-derived:11", structure="", ideal=False, large=False, offset_v=0.0):
    network = build_network(read_genotype(genotype), **LARGE) if large else whole(genotype)
    technology = load_technology().ideal() if ideal else load_technology()
    technology = replace(technology, opamp=replace(technology.opamp, offset_v=offset_v))
    images = np.random.RandomState(1).standard_normal((64, *network.image_shape))
    plan = hypernetwork_plan(network, structure) if structure else individual_plan(network)
    return deploy(network, plan, seeded_weights(network, 0, images), images, technology)


def some_volts(deployment, images=3, gain=1.0, seed=5):
    shape = deployment.network.image_shape
    drawn = np.random.RandomState(seed).standard_normal((images, int(np.prod(shape))))
    return gain * drawn * deployment.scales["input"]


def compare(deployment, volts, simulator, *, spread=None, circuit=None):
    """Return the largest difference of each group over its own largest voltage, and the numeric result."""
    circuit, plan = circuit or build_circuit(deployment), deployment.plan
    # A tree of comparators without power and without amplifiers behind it floats.
    floating = {stage.name for stage in plan.stages if not stage.buffered and not plan.on(stage.gate)}
    groups = [name for block in circuit.blocks if block.name not in floating for name in block.outputs]
    found = NumericCircuit(ChipDevices(deployment, spread or DeviceSpread())).run(volts, keep=groups)
    spice = sweep_images(circuit, volts, simulator, keep=groups)
    return {
        name: np.abs(found.volts[name] - spice.volts[name]).max() / (np.abs(spice.volts[name]).max() or 1.0)
        for name in groups
    }, found


@pytest.mark.parametrize(
    ("genotype", "structure", "ideal"),
    [
        ("random-derived:11", "", False),
        ("DARTS_V2", "", True),
        ("random:2", "", False),
        ("PDARTS", "shared", False),
        ("DARTS_V1", "slotted", True),
    ],
)
def test_every_net_group_agrees_with_spice(simulator, genotype, structure, ideal):
    deployment = chip(genotype, structure, ideal)
    deviations, _ = compare(deployment, some_volts(deployment), simulator)
    assert max(deviations.values()) < FULL_SCALE, max(deviations, key=deviations.get)


# One of each kind of chip, with every operation in a normal and in a reduction cell between them.
USUAL = (("random:2", ""), ("random:1", "shared"), ("PDARTS", "slotted"))
MANY = ("DARTS_V1", "DARTS_V2", "PDARTS", "random-derived:3", "random:1", "random:2")


@pytest.mark.parametrize(
    ("genotype", "structure"),
    [
        pytest.param(genotype, structure, marks=() if (genotype, structure) in USUAL else pytest.mark.long)
        for structure in ("", *STRUCTURES)
        for genotype in (MANY[:4] if structure == "slotted" else MANY)  # slots take two edges a node
    ],
)
def test_every_net_group_of_digits_networks_agrees_with_spice(simulator, genotype, structure):
    deployment = chip(genotype, structure, large=True)
    deviations, _ = compare(deployment, some_volts(deployment), simulator)
    assert max(deviations.values()) < FULL_SCALE, max(deviations, key=deviations.get)


def test_saturation_and_offsets_agree_with_spice(simulator):
    deployment = chip(offset_v=1e-3)
    deviations, found = compare(deployment, some_volts(deployment, gain=8.0), simulator)
    assert sum(found.saturated.values()) > 20
    assert max(deviations.values()) < FULL_SCALE, max(deviations, key=deviations.get)


def test_saturating_first_amplifiers_agree_with_spice(simulator):
    deployment = chip("DARTS_V2")
    opamp = replace(deployment.technology.opamp, saturation_v=0.2)  # after scales were chosen for 0.8 V
    low = replace(deployment, technology=replace(deployment.technology, opamp=opamp))
    deviations, found = compare(low, some_volts(deployment), simulator)
    assert sum(found.saturated.values()) > 20
    assert max(deviations.values()) < FULL_SCALE, max(deviations, key=deviations.get)


def test_max_pools_are_within_a_fifth_of_a_microvolt(simulator):
    deployment = chip("random:2")
    pools = [stage.name for stage in deployment.plan.stages if stage.kind == "max_pool"]
    volts = some_volts(deployment, images=4)
    spice = sweep_images(build_circuit(deployment), volts, simulator, keep=pools).volts
    found = numeric_sweep(deployment, volts, keep=pools).volts
    # What neighbouring windows draw through shared switches is left out; the solver's pivoting must not add to it.
    assert max(np.abs(found[name] - spice[name]).max() for name in pools) < 2e-7


def test_real_devices_agree_with_spice(simulator):
    deployment = chip("PDARTS")
    spread = DeviceSpread(variation=0.2, stuck=0.05, seed=3)
    circuit = build_circuit(deployment)
    blocks = tuple(replace(block, banks=real_banks(deployment, block, spread)) for block in circuit.blocks)
    deviations, _ = compare(
        deployment, some_volts(deployment), simulator, spread=spread, circuit=replace(circuit, blocks=blocks)
    )
    nominal, _ = compare(deployment, some_volts(deployment), simulator, spread=spread)
    assert max(deviations.values()) < FULL_SCALE, max(deviations, key=deviations.get)
    assert max(nominal.values()) > 0.1


def real_banks(deployment, block, spread):
    """Give the memristors of a block the conductances that were drawn for it."""
    stage = deployment.plan.stage(block.name)
    if block.kind != "crossbar":
        return block.banks
    groups = {group.term.unit: group for group in program_stage(stage, ChipDevices(deployment, spread)).groups}
    terms = [term for term in stage.terms for _ in range(2 if term.kind in ("weights", "bias") else 1)]
    banks, seen = [], set()
    for index, bank in enumerate(block.banks):
        if isinstance(bank, Memristors):
            term = terms[index]
            side = "minus" if term.unit in seen else "plus"
            seen.add(term.unit)
            if term.kind == "bias":
                pair = deployment.programs[stage.name].pairs[term.unit]
                device = deployment.technology.memristor
                levels = pair.plus if side == "plus" else pair.minus
                target = level_conductances(device, levels)
                pixels = stage.shape[1] * stage.shape[2]
                wide = np.broadcast_to(target, (stage.shape[0], pixels, target.shape[2]))
                real = spread.programmed(wide, device, stage.name, term.unit, side).reshape(-1)
            else:
                real = _in_order(getattr(groups[term.unit], side), groups[term.unit].rows, deployment, stage, term)
            bank = replace(bank, siemens=real.astype(np.float64))
        banks.append(bank)
    return tuple(banks)


def _in_order(siemens, rows, deployment, stage, term):
    """Return drawn conductances in the order in which a circuit lists its crossings."""
    if not isinstance(rows, DenseRows):
        return siemens
    crossings = unroll(term.window, deployment.plan.shape(term.source), stage.shape)
    channel, pixel = np.divmod(crossings.columns, stage.shape[1] * stage.shape[2])
    return siemens[pixel, channel, crossings.weight - channel * siemens.shape[2]]


def test_float32_keeps_within_the_bound():
    deployment = chip("PDARTS", large=True)
    volts = some_volts(deployment, images=8)
    double = numeric_sweep(deployment, volts).outputs_v
    single = NumericCircuit(ChipDevices(deployment), dtype=np.float32).run(volts).outputs_v
    assert 0 < np.abs(single - double).max() < FULL_SCALE * np.abs(double).max()


def test_chunks_and_threads_change_nothing():
    deployment = chip()
    circuit = NumericCircuit(ChipDevices(deployment, DeviceSpread(variation=0.1)))
    volts = some_volts(deployment, images=7)
    whole_run, parts = circuit.run(volts, chunk=7), circuit.run(volts, chunk=2, workers=2)
    np.testing.assert_allclose(parts.outputs_v, whole_run.outputs_v, rtol=0, atol=1e-15)
    assert parts.peaks_v == pytest.approx(whole_run.peaks_v)


def test_a_shut_rectifier_is_a_microvolt_below_zero():
    law = AmplifierLaw.of(load_technology())
    above, below = law.rectifying_follower()
    assert above == pytest.approx(1.0, abs=2e-5)
    assert -0.2 * below == pytest.approx(-1e-6, rel=1e-3)


def test_a_rectifier_keeps_nothing_of_the_image_before(simulator):
    """An output of microvolts is there although the rectifier was shut at the image before: no hysteresis."""
    deployment = chip(ideal=True)
    first = (stage.name for stage in deployment.plan.stages if stage.name.endswith("sep_conv_3x3/pw1"))
    name = f"{next(first)}/rectified"
    drawn = some_volts(deployment, images=8)
    there = numeric_sweep(deployment, drawn, keep=[name]).volts[name]
    output = int(np.argmax((there.min(axis=0) < 0) * there.max(axis=0)))
    shut, open_ = drawn[there[:, output].argmin()], drawn[there[:, output].argmax()]
    low, high, middle_v = 0.0, 1.0, 1.0
    while not 1e-6 < middle_v < 3e-6:
        edge = shut + (low + high) / 2 * (open_ - shut)
        middle_v = numeric_sweep(deployment, edge[None], keep=[name]).volts[name][0, output]
        low, high = (low, (low + high) / 2) if middle_v > 1e-6 else ((low + high) / 2, high)
    spice = sweep_images(build_circuit(deployment), np.stack([shut, edge]), simulator, keep=[name]).volts[name]
    assert spice[0, output] < 1e-9 and spice[1, output] == pytest.approx(middle_v, abs=1e-7)


def test_the_clamp_is_soft_and_odd():
    law = AmplifierLaw.of(load_technology())
    linear = np.array([0.5, 0.79, 2.0, -2.0])
    held = law.clamped(linear, 1e-4)
    current = 1e-14 * np.expm1((held[:3] - law.clamp_v) / (0.05 * 0.0258649))
    np.testing.assert_allclose(1e-4 * (linear[:3] - held[:3]), current, rtol=1e-3, atol=1e-15)
    assert held[2] < 0.83 and held[3] == -held[2]


def test_draws_have_the_spread_that_was_asked_for():
    device = load_technology().memristor
    target = np.full(200_000, 5e-5)
    lognormal = DeviceSpread(variation=0.1).programmed(target, device, "a")
    normal = DeviceSpread(variation=0.1, distribution="normal").programmed(target, device, "a")
    assert np.std(np.log(lognormal)) == pytest.approx(0.1, rel=0.02)
    assert np.median(lognormal) == pytest.approx(5e-5, rel=0.01)
    assert np.std(normal) == pytest.approx(5e-6, rel=0.02)
    stuck = DeviceSpread(stuck=0.02).programmed(target, device, "a")
    assert np.mean(stuck == np.float32(device.g_min_siemens)) == pytest.approx(0.01, rel=0.1)
    assert np.mean(stuck == np.float32(device.g_max_siemens)) == pytest.approx(0.01, rel=0.1)
    again, other = (DeviceSpread(variation=0.1, seed=seed).programmed(target, device, "a") for seed in (0, 1))
    assert np.array_equal(again, lognormal) and not np.array_equal(other, lognormal)


def test_read_noise_spreads_a_stage_as_as_many_noisy_devices_do():
    deployment = chip()
    stem = deployment.plan.stages[0]
    volts = some_volts(deployment, images=1).reshape(1, -1, 1)
    random = np.random.default_rng(0)

    def outputs(images, **spread):
        made = CrossbarStage(stem, ChipDevices(deployment, DeviceSpread(distribution="normal", **spread)), np.float64)
        return made([np.repeat(volts, images, axis=2)], [extremes(volts)], images, random)[0]

    noisy = outputs(400, read_noise=0.05)
    chips = np.concatenate([outputs(1, variation=0.05, seed=seed) for seed in range(200)], axis=2)
    clear = chips.mean(axis=2) > 5 * chips.std(axis=2)  # of the output limit
    assert clear.sum() > 20
    assert np.median((noisy.std(axis=2) / chips.std(axis=2))[clear]) == pytest.approx(1.0, abs=0.05)


def test_read_noise_of_several_bias_rows_adds_up_as_that_of_sampled_devices_does():
    """Without signals, all noise is that of bias rows; a sum of squares is not the square of a sum."""
    deployment = chip("PDARTS", "shared")
    rows = {
        term.unit: (stage, deployment.programs[stage.name].pairs[term.unit].plus.shape[2])
        for stage in deployment.plan.stages
        for term in stage.terms
        if term.kind == "bias" and stage.raw and deployment.plan.on(stage.gate) and deployment.plan.on(term.select)
    }
    stage, most = max(rows.values(), key=lambda each: each[1])
    assert most > 1
    sources = [np.zeros((*deployment.plan.shape(term.source),)) for term in stage.rows if term.kind != "bias"]
    random = np.random.default_rng(0)

    def outputs(images, **spread):
        made = CrossbarStage(stage, ChipDevices(deployment, DeviceSpread(distribution="normal", **spread)), np.float64)
        dark = [np.zeros((each.shape[0], each.shape[1] * each.shape[2], images)) for each in sources]
        return made(dark, [extremes(each) for each in dark], images, random)[0]

    noisy = outputs(400, read_noise=0.02)
    chips = np.concatenate([outputs(1, variation=0.02, seed=seed) for seed in range(200)], axis=2)
    assert np.median(noisy.std(axis=2) / chips.std(axis=2)) == pytest.approx(1.0, abs=0.05)


def test_a_net_group_that_is_not_there_is_named():
    deployment = chip()
    with pytest.raises(SetupError, match="net/stemm"):
        numeric_sweep(deployment, some_volts(deployment), keep=("stemm",))


@pytest.mark.parametrize("bad", [{"variation": -0.1}, {"stuck": 1.5}, {"read_noise": 9.0}, {"distribution": "flat"}])
def test_impossible_devices_are_refused(bad):
    with pytest.raises(SetupError, match=next(iter(bad))):
        DeviceSpread(**bad)


def test_sampled_columns_agree_with_spice(simulator):
    deployment = chip("random:2", large=True)
    found = spice_check(ChipDevices(deployment), some_volts(deployment), simulator, 40, columns=6)
    assert found.stages == 40 and found.worst.deviation < FULL_SCALE


def test_sampling_sees_a_wrong_conductance(simulator, monkeypatch):
    deployment = chip()
    listed = ChipDevices.listed  # what the circuit has; the numeric engine computes with `targets`
    monkeypatch.setattr(ChipDevices, "listed", lambda *place: tuple(1.01 * side for side in listed(*place)))
    assert spice_check(ChipDevices(deployment), some_volts(deployment), simulator, 10).worst.deviation > 1e-3


def test_levels_read_back_are_those_of_the_placement_table():
    for structure in ("", "shared"):
        deployment = chip("PDARTS", structure)
        table, read = quantised_parameters(deployment.network, place(deployment)), programmed_parameters(deployment)
        assert set(read.kernels) == set(table.kernels)
        for name, kernel in table.kernels.items():
            seen = kernel != 0.0  # taps that always fall on padding have no device
            np.testing.assert_allclose(read.kernels[name][seen], kernel[seen], rtol=1e-12)
        for name, bias in read.biases.items():
            np.testing.assert_allclose(bias, table.biases[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("window", "source", "target"),
    [
        (Window.square(3, padding=1, dense=True), (2, 4, 6), (3, 4, 6)),
        (Window.square(5, padding=4, dilation=2, stride=2, dense=True), (2, 8, 8), (2, 4, 4)),
        (Window(offsets=((0, 0), (1, 1)), stride=2, dense=True, per_output=True), (3, 4, 4), (4, 2, 2)),
        (Window.square(5, padding=2), (2, 6, 4), (2, 6, 4)),
    ],
)
def test_windows_are_those_that_unroll_gives(window, source, target):
    random = np.random.RandomState(0)
    values = random.standard_normal((source[0], source[1] * source[2], 3))
    crossings = unroll(window, source, target)
    kernel_taps = 1 if window.per_output else len(window.offsets)
    kernel = random.standard_normal((target[0], source[0] if window.dense else 1, kernel_taps))
    expected = np.zeros((int(np.prod(target)), 3))
    weights, flat = kernel.reshape(-1)[crossings.weight], values.reshape(-1, 3)
    np.add.at(expected, crossings.columns, weights[:, None] * flat[crossings.rows])
    if window.dense:
        parts = [
            np.tensordot(
                kernel[piece.first : piece.last].reshape(piece.last - piece.first, -1),
                patches(piece.window, source, target, values),
                axes=1,
            )
            for piece in dense_pieces(window, target[0])
        ]
        found = np.concatenate(parts).reshape(expected.shape)
    else:
        found = ChannelMap(window, kernel[:, 0], source, target)(values).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, atol=1e-12)
