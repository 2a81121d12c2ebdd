# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise at the read: closed forms against noise analyses in ngspice, integrals, random signals and samples."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from deployments import cell, deployed, primitive, whole
from needed import needs
from scipy.integrate import quad
from scipy.signal import lfilter

from memnet.circuit.banks import Memristors, TiaPairs
from memnet.circuit.build import build_block
from memnet.circuit.layout import signal
from memnet.commands.app import main
from memnet.deployment.chip_devices import ChipDevices
from memnet.errors import SetupError
from memnet.flow.chip import Chip
from memnet.flow.settings import EvaluationSettings
from memnet.measurement.noise import OutputNoise, column_noise, integral, noise_check, simulated_noise
from memnet.netlist.flat import Spectrum, flat_deck, voltage_vectors
from memnet.numeric.crossbar import CrossbarStage
from memnet.numeric.engine import NumericCircuit
from memnet.numeric.noise import flicker_share, telegraph_share, white_hz
from memnet.numeric.signals import Tally
from memnet.sections import BOLTZMANN
from memnet.simulation.engines import find_engine
from memnet.simulation.partitions import column_partition, excerpt
from memnet.technology import load_technology

LIMIT = 2e-3  # of the rms: 20 frequencies a decade, up to 1e4 GBW
QUIET = {"amplifier_v_per_rthz": 0.0, "temperature_k": 0.0, "flicker_kf": 0.0}
KINDS = {
    "thermal": {**QUIET, "temperature_k": 340.0},
    "amplifier": {**QUIET, "amplifier_v_per_rthz": 1e-8},
    "flicker": {**QUIET, "flicker_kf": 1e-6, "flicker_low_hz": 10.0},
    "together": {"amplifier_v_per_rthz": 2e-9, "temperature_k": 300.15, "flicker_kf": 1e-7},
}


def with_noise(deployment, **values):
    technology = deployment.technology
    return replace(deployment, technology=replace(technology, noise=replace(technology.noise, **values)))


@cache
def separable(channels: int):
    return deployed(primitive("sep_conv_3x3", channels=channels, side=3), images=1).deployment


def closed_and_simulated(made, name: str, volts, column: int) -> tuple[float, float]:
    """Return the noise of one column of a stage whose rows have these volts, in closed form and by ngspice."""
    stage = made.plan.stage(name)
    run = CrossbarStage(stage, ChipDevices(made), np.float64, noisy=True)
    names = [(term, signal(term.source, term.rectified)) for term in run.sources]
    sources = [volts[each].reshape(made.plan.shape(term.source)[0], -1, 1) for term, each in names]
    closed = np.sqrt(run.variance(sources, 1)).reshape(-1)[column]
    return closed, simulated_noise(made, name, column, volts, find_engine("ngspice"))


def row_volts(made, name: str, scale: float = 0.2):
    circuit, random = build_block(made, name), np.random.default_rng(7)
    groups = circuit.blocks[0].inputs
    return {group: random.uniform(-scale, scale, (1, len(circuit.groups[group].nets))) for group in groups}


def devices_of(circuit, side: str, column: int):
    """Return rows and conductances of the memristors of one column of a block's circuit."""
    net = circuit.groups[f"{circuit.blocks[0].name}/{side}"].nets[column]
    banks = [bank for bank in circuit.blocks[0].banks if isinstance(bank, Memristors)]
    found = [(bank.row[bank.column == net], bank.siemens[bank.column == net]) for bank in banks]
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("channels", "name", "rows"), [(8, "node2/edge0-sep_conv_3x3/dw1", 9), (63, "node2", 64), (128, "node2", 129)]
)
def test_columns_of_9_to_129_rows_have_the_noise_of_a_noise_analysis(kind, channels, name, rows):
    needs("engine")
    made = with_noise(separable(channels), **KINDS[kind])
    column = 4  # the middle of a map of 3x3, which sees all nine pixels
    assert len(devices_of(build_block(made, name), "plus", column)[0]) == rows
    closed, simulated = closed_and_simulated(made, name, row_volts(made, name), column)
    assert closed == pytest.approx(simulated, rel=LIMIT)
    assert 1e-6 < simulated < 1e-2


def test_bias_rows_alone_have_the_noise_of_a_noise_analysis():
    needs("engine")
    made = with_noise(separable(8), **KINDS["flicker"])
    closed, simulated = closed_and_simulated(made, "node2", row_volts(made, "node2", 0.0), 4)
    assert closed == pytest.approx(simulated, rel=LIMIT) and closed > 1e-7


def telegraph_case(hertz: float):
    """Return the closed form of one column with telegraph noise alone, its devices, and what is around them.

    Devices are (column's side, net of the row, siemens, volts of the row).
    """
    made = with_noise(separable(8), **QUIET, telegraph_share=0.3, telegraph_amplitude=0.2, telegraph_hz=hertz)
    volts, circuit = row_volts(made, "node2"), build_block(made, "node2")
    nets = np.zeros(circuit.nets + 1)
    nets[circuit.groups["bias"].nets] = circuit.bias_v
    for name, values in volts.items():
        nets[circuit.groups[name].nets] = values[0]
    listed = {side: devices_of(circuit, side, 4) for side in ("plus", "minus")}
    devices = [
        (side, siemens, nets[row]) for side, found in listed.items() for row, siemens in zip(*found, strict=True)
    ]
    run = CrossbarStage(made.plan.stage("node2"), ChipDevices(made), np.float64, noisy=True)
    (source,) = (volts[term.source].reshape(8, -1, 1) for term in run.sources)
    return run.variance([source], 1).reshape(-1)[4], devices, made, circuit, volts


def test_slow_telegraph_noise_is_the_sum_over_devices():
    """Rf G v d/2 of each device, of whose squares a share counts: poles pass it all."""
    closed, devices, _, circuit, _ = telegraph_case(1.0)
    (pairs,) = (bank for bank in circuit.blocks[0].banks if isinstance(bank, TiaPairs))
    ohm = {"minus": pairs.feedback_minus[4]}
    ohm["plus"] = ohm["minus"] * pairs.feedback_plus[4] / pairs.coupling[4]
    total = sum(0.3 * (ohm[side] * siemens * volts * 0.2 / 2) ** 2 for side, siemens, volts in devices)
    assert closed == pytest.approx(total, rel=1e-3)


def test_telegraph_noise_passes_poles_as_in_a_noise_analysis():
    """In ngspice each device has a current whose spectrum is that of a resistor's noise behind an RC element."""
    needs("engine")
    corner, ohm, kelvin = 3e7, 1e6, 300.15
    closed, devices, made, circuit, volts = telegraph_case(corner)
    farad, lines = 1 / (2 * np.pi * ohm * corner), []
    cut = excerpt(circuit, column_partition(circuit, circuit.blocks[0], np.array([4])))
    for number, (side, siemens, row_v) in enumerate(devices):
        amperes = np.sqrt(0.3) * siemens * row_v * 0.2 / 2
        (net,) = cut.circuit.groups[f"node2/{side}"].nets
        lines += [f"rq{number} q{number} 0 {ohm}", f"cq{number} q{number} 0 {farad}"]
        lines += [f"gq{number} 0 n{net} q{number} 0 {amperes / np.sqrt(BOLTZMANN * kelvin / farad)}"]
    (output,) = voltage_vectors(cut.circuit, circuit.blocks[0].outputs)
    deck = flat_deck(
        cut.circuit,
        cut.partition.blocks,
        name="telegraph",
        inputs=cut.of(volts, cut.partition.reads),
        analysis=Spectrum(noise=made.technology.noise, output=output, first_hz=1.0, last_hz=1e12),
        saved=("onoise_spectrum",),
        lean=True,
    )
    result = find_engine("ngspice").run(replace(deck, text=deck.text.replace(".noise", "\n".join([*lines, ".noise"]))))
    simulated = integral(result.axis, result.values[:, 0] ** 2)
    assert closed == pytest.approx(simulated, rel=2 * LIMIT)
    assert closed < 0.5 * telegraph_case(1.0)[0]


def test_averages_and_buffers_have_the_noise_of_a_noise_analysis():
    """Samples of the engine against ngspice: standard deviations of 4,000 reads of one image, which scatter by 1.1 %.

    Of buffers the closed form stands here: in a noise analysis of ngspice 46 both switches of a selector are open.
    """
    needs("engine")
    made = deployed(cell(side=3), images=1)
    deployment = with_noise(made.deployment, temperature_k=330.0)
    opamp, density = deployment.technology.opamp, deployment.technology.noise.amplifier_v_per_rthz
    reads = np.repeat(made.images.reshape(1, -1) * made.circuit.input_scale_v, 4000, axis=0)
    circuit, random = NumericCircuit(ChipDevices(deployment), noisy=True), np.random.default_rng(5)
    signals, seen = circuit.input_signals(reads), set()
    for stage in circuit.plan.stages:
        given = dict(circuit.run_stage(stage, signals, Tally(), len(reads), random, np.random.default_rng(3)))
        settled = dict(circuit.run_stage(stage, signals, Tally(), len(reads), random))
        if stage.kind != "crossbar":
            rows = {each: driven.volts[..., 0].reshape(1, -1) for each, driven in signals.items()}
            expected = density * np.sqrt(np.pi / 2 * opamp.gbw_hz)
            if stage.kind == "average":
                expected = simulated_noise(deployment, stage.name, 0, rows, find_engine("ngspice"))
            assert given[stage.name].volts[0, 0].std() == pytest.approx(expected, rel=0.04)
            seen.add(stage.kind)
        signals.update(settled)
    assert seen == {"average", "max_pool"}


def test_samples_have_the_variance_of_the_closed_form():
    made = deployed(primitive("skip_connect", channels=8), images=1)
    deployment = with_noise(made.deployment, flicker_kf=1e-6, telegraph_share=0.5, telegraph_amplitude=0.1)
    devices = ChipDevices(deployment)
    reads = np.repeat(made.images.reshape(1, -1) * made.circuit.input_scale_v, 2000, axis=0)
    circuit = NumericCircuit(devices, noisy=True)
    stem = signal("stem", False)
    out = circuit.run(reads, keep=[stem], noise_seed=1).volts[stem]
    expected = column_noise(devices, "stem", reads[:1])
    assert set(expected) == {"amplifiers", "thermal", "flicker", "telegraph", "all"}
    squares = sum(expected[part] ** 2 for part in ("amplifiers", "thermal", "flicker", "telegraph"))
    np.testing.assert_allclose(squares, expected["all"] ** 2, rtol=1e-9)
    assert all(np.all(values > 0) for values in expected.values())
    open_ = circuit.run(reads[:1], keep=[stem]).volts[stem][0] > 0.01  # far from the rectifier
    assert open_.sum() > 5
    np.testing.assert_allclose(out.std(axis=0)[open_], expected["all"].reshape(-1)[open_], rtol=0.1)


def test_shares_are_the_integrals_of_their_spectra():
    for first, second in ((3e6, 2e7), (2e7, 3e6), (5e6, 5e6), (5e6, 5e6 * (1 + 1e-9)), (None, 4e6)):

        def passed(f, first=first, second=second):
            return 1 / ((1 + (f / second) ** 2) * (1 + (f / first) ** 2 if first else 1))

        def over(spectrum, low, passed=passed):
            logs = np.linspace(np.log(low), np.log(1e13), 200_001)
            return np.trapezoid(spectrum(np.exp(logs)) * passed(np.exp(logs)) * np.exp(logs), logs)

        assert white_hz(second, first) == pytest.approx(over(np.ones_like, 1e-3), rel=1e-5)
        assert flicker_share(10.0, second, first) == pytest.approx(over(lambda f: 1 / f, 10.0), rel=1e-5)
        density = over(lambda f: 2e-6 / np.pi / (1 + (f / 1e6) ** 2), 1e-3)
        assert telegraph_share(1e6, second, first) == pytest.approx(density, rel=1e-5)


def test_a_filtered_telegraph_signal_has_the_variance_of_its_share():
    random, step = np.random.default_rng(4), 1e-9
    first, second, corner = 8e6, 5e6, 6e6
    flips = random.random(2_000_000) < (1 - np.exp(-2 * np.pi * corner * step)) / 2  # rate up = rate down = pi corner
    signal = np.where(np.cumsum(flips) % 2, 1.0, -1.0)
    for pole in (first, second):
        decay = np.exp(-2 * np.pi * pole * step)
        signal = lfilter([1 - decay], [1, -decay], signal)
    assert signal.var() == pytest.approx(telegraph_share(corner, second, first), rel=0.03)


def test_integrals_are_those_of_powers():
    hertz = np.geomspace(1, 1e6, 30)
    assert integral(hertz, hertz**-1) == pytest.approx(np.log(1e6), rel=1e-9)
    assert integral(hertz, np.full(30, 2.0)) == pytest.approx(quad(lambda _: 2.0, 1, 1e6)[0], rel=1e-9)


def test_first_amplifiers_that_are_lent_have_the_noise_of_a_buffer():
    made = deployed(whole("PDARTS", channels=1), structure="shared", images=1)
    deployment = with_noise(made.deployment, temperature_k=0.0)
    circuit = NumericCircuit(ChipDevices(deployment), noisy=True)
    lent = [run for run in circuit.stages.values() if isinstance(run, CrossbarStage) and run.follow]
    opamp, noise = deployment.technology.opamp, deployment.technology.noise
    assert lent
    for run in lent:
        expected = noise.amplifier_v_per_rthz**2 * np.pi / 2 * opamp.gbw_hz
        np.testing.assert_allclose(run.noise.lent_v2, expected, rtol=1e-3)


@cache
def chip():
    return Chip.of("PDARTS", channels=1)


def test_the_same_call_gives_the_same_noise_and_another_seed_another():
    made = chip()
    one, again, other = (made.evaluate(images=40, references=2, noise=True, noise_seed=seed) for seed in (1, 1, 2))
    plain = made.evaluate(images=40, references=2)
    np.testing.assert_array_equal(one.samples[0].logits, again.samples[0].logits)
    assert np.any(one.samples[0].logits != other.samples[0].logits)
    np.testing.assert_array_equal(one.samples[0].quiet_logits, plain.samples[0].logits)
    figures, noise = one.figures(), one.figures()["noise"]
    apart = (one.samples[0].logits - plain.samples[0].logits) * made.deployment.scales["classifier"]
    assert noise["noise_rms_v"] == pytest.approx(np.sqrt(np.mean(apart**2))) and noise["noise_rms_v"] > 1e-4
    assert noise["seed"] == 1 and noise["check"] is None and "noise" not in plain.figures()
    assert figures["logit_error"] == plain.figures()["logit_error"]
    assert any("without noise" in line for line in one.warnings())


def test_a_chip_says_the_noise_of_its_columns():
    made = chip()
    found = made.noise("stem", images=2)
    np.testing.assert_array_equal(
        found["all"], column_noise(made.devices, "stem", made.input_volts(made.dataset.test_images[:2]))["all"]
    )
    assert found["all"].shape == (2, *made.deployment.plan.stage("stem").shape[:1], 64) and found["flicker"].max() == 0


def test_ratio_and_bits_follow_from_volts():
    quiet = np.array([[0.3, -0.1], [0.1, 0.2]])
    found = OutputNoise.of(quiet + np.array([[0.01, -0.01], [0.01, 0.01]]), quiet)
    assert found.noise_rms_v == pytest.approx(0.01) and found.range_v == pytest.approx(0.4) and found.same_class == 1
    assert found.ratio_db == pytest.approx(10 * np.log10(np.mean(quiet**2) / 1e-4))
    assert found.effective_bits == pytest.approx(np.log2(0.4 / (0.01 * 12**0.5)))
    assert OutputNoise.of(quiet, quiet).ratio_db == np.inf


def test_the_command_says_how_large_noise_is(tmp_path, capsys):
    needs("engine")
    path = tmp_path / "a.json"
    assert main(["evaluate", "PDARTS", "--channels", "1", "--images", "8", "--noise", "--spice-check", "3", "--engine",
                 "ngspice", "--json", str(path)]) == 0  # fmt: skip
    said, noise = capsys.readouterr().out, json.loads(path.read_text())["noise"]
    assert "noise of class outputs" in said and "effective bits over" in said and "noise in SPICE" in said
    assert noise["check"]["columns"] <= 3 and noise["check"]["largest_deviation"] < LIMIT


def test_noise_that_is_not_known_is_refused():
    made = chip()
    silent = replace(load_technology(), noise=None)
    with pytest.raises(SetupError, match=r"has no section \[noise\]"):
        made.change(technology=silent).evaluate(images=2, noise=True)
    with pytest.raises(SetupError, match=r"noise behind wires|noise and wires"):
        made.change(wires=True).evaluate(images=2, noise=True)
    with pytest.raises(SetupError, match="noise and wires"):
        made.change(wires=True).noise("stem")
    with pytest.raises(SetupError, match="noise_seed = 3 has no effect without noise"):
        EvaluationSettings(noise_seed=3)
    with pytest.raises(SetupError, match=r"net/stemm: no crossbar has that name"):
        column_noise(made.devices, "stemm", made.input_volts(made.dataset.test_images[:1]))
    needs("engine")
    with pytest.raises(SetupError, match="noise analyses are run in ngspice"):
        noise_check(made.deployment, made.input_volts(made.dataset.test_images[:2]), _Foreign(), 1)


class _Foreign:
    name = "embedded"
