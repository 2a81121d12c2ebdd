# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise at the read: closed form against ngspice's noise analysis, and what it makes of a network's class outputs.

    benchmarks/noise.py [--columns] [--outputs] [--two] [--whole]

By default all tables. `--columns`: columns of 9, 64 and 128 rows and a bias row of PDARTS at C=16, with each kind
of noise alone and all together. `--outputs`: PDARTS at C=4 on 360 digits with amplifiers of 2, 10 and 30 nV/sqrt(Hz),
and with a hundredth of the bandwidth. `--two`: two blocks in a row, where the second filters the noise of the first,
against samples of the engine, which add both unfiltered. `--whole`: the same for a network without pools in one deck,
some two minutes. In ngspice's noise analyses all switches are open, so no rectifier is shut; the engine then has none.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from memnet.circuit import outputs_of
from memnet.deployment import INPUT, ChipDevices, Deployment
from memnet.flow import Chip
from memnet.measurement import column_noise, integral, simulated_noise
from memnet.netlist import Spectrum, external_groups, flat_deck, voltage_vectors
from memnet.numeric import CrossbarStage, NumericCircuit, Tally
from memnet.operators import Finish
from memnet.simulation.engines import find_engine
from memnet.units import Floats

ROWS = (9, 64, 128)
QUIET = {"amplifier_v_per_rthz": 0.0, "temperature_k": 0.0, "flicker_kf": 0.0}
CASES: dict[str, dict[str, float]] = {
    "thermal": {**QUIET, "temperature_k": 300.15},
    "10 nV/rtHz": {**QUIET, "amplifier_v_per_rthz": 1e-8},
    "1/f, kf 1e-6": {**QUIET, "flicker_kf": 1e-6},
    "thermal, 10 nV": {"amplifier_v_per_rthz": 1e-8},
    "thermal, 2 nV": {"amplifier_v_per_rthz": 2e-9},
    "thermal, 10 nV, kf 1e-6": {"amplifier_v_per_rthz": 1e-8, "flicker_kf": 1e-6},
}
READS = 5_000
WITHOUT_POOLS = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('dil_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 1), "
    "('sep_conv_3x3', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], "
    "reduce=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('dil_conv_3x3', 1), "
    "('sep_conv_3x3', 0), ('dil_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], reduce_concat=[2, 3, 4, 5])"
)


def with_noise(deployment: Deployment, gbw_share: float = 1.0, **values: float) -> Deployment:
    """Return a deployment with other noise, and with a share of its op-amps' bandwidth."""
    technology = deployment.technology
    assert technology.noise is not None
    opamp = replace(technology.opamp, gbw_hz=technology.opamp.gbw_hz * gbw_share)
    return replace(deployment, technology=replace(technology, opamp=opamp, noise=replace(technology.noise, **values)))


def driven(chip: Chip, images_v: Floats) -> dict[str, Floats]:
    """Return the volts of all net groups, (images, nets)."""
    groups = [name for stage in chip.deployment.plan.stages for name in outputs_of(stage)]
    return {INPUT: images_v, **NumericCircuit(chip.devices).run(images_v, keep=groups).volts}


def columns() -> None:
    """Print the noise of one column of each size, in closed form and by a noise analysis."""
    chip = Chip.of("PDARTS", channels=16, layers=3)
    images_v = chip.input_volts(chip.dataset.test_images[:1])
    volts, engine = driven(chip, images_v), find_engine("ngspice")
    print("| weights' rows | stage | noise | closed form, uV | ngspice, uV | difference |\n|---|---|---|---|---|---|")
    for rows in ROWS:
        stage = next(
            stage
            for stage in chip.deployment.plan.stages
            if stage.kind == "crossbar"
            and sum(term.kind == "weights" for term in stage.terms)
            == len([t for t in stage.rows if t.kind != "bias"])
            == 1
            and chip.deployment.programs[stage.name].pairs[stage.rows[0].unit].plus[0].size == rows
            and (stage.raw or np.any(volts[outputs_of(stage)[0]] > 0.02))
        )
        name = outputs_of(stage)[0]
        middle = (stage.shape[1] // 2) * stage.shape[2] + stage.shape[2] // 2
        at = [channel * stage.shape[1] * stage.shape[2] + middle for channel in range(stage.shape[0])]
        column = max(at, key=lambda place: volts[name][0, place])
        for case, values in CASES.items():
            made = with_noise(chip.deployment, **values)
            closed = column_noise(ChipDevices(made), stage.name, images_v)["all"].reshape(-1)[column]
            simulated = simulated_noise(made, stage.name, column, volts, engine)
            apart = f"{closed / simulated - 1:+.2%}"
            print(
                f"| {rows} | {stage.name} | {case} | {closed * 1e6:.1f} | {simulated * 1e6:.1f} | {apart} |", flush=True
            )


def outputs() -> None:
    """Print what noise makes of the class outputs of PDARTS at C=4 on 360 digits."""
    print("| amplifier, nV/rtHz | GBW, MHz | noise, mV rms | dB | effective bits | same class | accuracy | without |")
    print("|---|---|---|---|---|---|---|---|")
    chip = Chip.of("PDARTS")
    cases = ((2e-9, 1.0), (1e-8, 1.0), (chip.technology.noise.amplifier_v_per_rthz, 1.0), (3e-8, 1.0), (1e-8, 0.01))
    for density, share in cases:
        technology = with_noise(chip.deployment, share, amplifier_v_per_rthz=density).technology
        made = chip.change(technology=technology)
        found = made.evaluate(noise=True, references=1).figures()
        noise = found["noise"]
        print(
            f"| {density * 1e9:.3g} | {technology.opamp.gbw_hz / 1e6:g} | {noise['noise_rms_v'] * 1e3:.3g} | "
            f"{noise['ratio_db']:.1f} | {noise['effective_bits']:.1f} | {noise['same_class']:.1%} | "
            f"{found['accuracy']:.1%} | {noise['accuracy_without']:.1%} |",
            flush=True,
        )


def two_blocks() -> None:
    """Print the noise behind two blocks in a row, by ngspice with both in one deck, and by samples of the engine."""
    chip = Chip.of("PDARTS", channels=1)
    images_v = chip.input_volts(chip.dataset.test_images[:1])
    volts = driven(chip, images_v)
    print("| first block | second block | ngspice, uV | samples of the engine, uV | ratio |\n|---|---|---|---|---|")
    plan = chip.deployment.plan
    for second in plan.stages:
        terms = [term for term in second.terms if term.kind == "weights"]
        firsts = [stage for stage in plan.stages if len(terms) == 1 and stage.name == terms[0].source]
        if len(firsts) != 1 or firsts[0].kind != "crossbar" or second.kind != "crossbar" or not firsts[0].raw:
            continue
        place = int(volts[outputs_of(second)[0]][0].argmax())
        if not volts[outputs_of(second)[0]][0, place] > 0.02:
            continue
        simulated = behind(chip, (firsts[0].name, second.name), place, volts)
        sampled = samples(chip, (firsts[0].name, second.name), place, images_v)
        print(
            f"| {firsts[0].name} | {second.name} | {simulated * 1e6:.1f} | {sampled * 1e6:.1f} | "
            f"{sampled / simulated:.3f} |",
            flush=True,
        )


def behind(chip: Chip, names: Sequence[str], place: int, volts: Mapping[str, Floats], *, per_decade: int = 20) -> float:
    """Return the noise at one output of the last of some blocks in one deck, volts rms."""
    noise, blocks = chip.technology.noise, [chip.circuit.block(name) for name in names]
    assert noise is not None
    deck = flat_deck(
        chip.circuit,
        blocks,
        name=names[-1],
        inputs={group: volts[group] for group in external_groups(blocks)},
        analysis=Spectrum(
            noise=noise,
            output=voltage_vectors(chip.circuit, blocks[-1].outputs[:1])[place],
            first_hz=1e3,
            last_hz=1e3 * chip.technology.opamp.gbw_hz,
            per_decade=per_decade,
        ),
        saved=("onoise_spectrum",),
        lean=True,
    )
    result = find_engine("ngspice").run(deck)
    return float(np.sqrt(integral(result.axis, np.square(result.values[:, 0]))))


def samples(chip: Chip, names: tuple[str, str], place: int, images_v: Floats) -> float:
    """Return the standard deviation of that output in the engine, with noise of these two blocks alone, volts."""
    circuit, noise = NumericCircuit(chip.devices, noisy=True), np.random.default_rng(1)
    signals = circuit.input_signals(np.repeat(images_v, READS, axis=0))
    for stage in circuit.plan.stages:
        drawn = noise if stage.name in names else None
        found = dict(circuit.run_stage(stage, signals, Tally(), READS, np.random.default_rng(0), drawn))
        if stage.name == names[1]:
            return float(found[outputs_of(stage)[0]].volts.reshape(-1, READS)[place].std())
        signals.update(found)
    raise AssertionError("the plan has both stages")


def whole_network() -> None:
    """Print the noise of a class output of a whole network, by ngspice in one deck and by samples of the engine."""
    chip = Chip.of(WITHOUT_POOLS, channels=1)
    wide = replace(chip.technology.opamp, saturation_v=90.0, vdd_v=100.0, vss_v=-100.0)  # nothing is rectified
    circuit = NumericCircuit(chip.change(technology=replace(chip.technology, opamp=wide)).devices, noisy=True)
    for run in circuit.stages.values():
        if isinstance(run, CrossbarStage):
            run.slope, run.finish = Finish(), Finish(constant=run.constant)
    for copy in circuit.copies.values():
        copy.finish = replace(copy.finish, slope=None)
    images_v = chip.input_volts(chip.dataset.test_images[:1])
    sampled = float(circuit.run(np.repeat(images_v, READS, axis=0), noise_seed=0).outputs_v[:, 0].std())
    names = [block.name for block in chip.circuit.blocks]
    simulated = behind(chip, names, 0, {INPUT: images_v}, per_decade=5)
    print("| memristors | ngspice, uV | samples of the engine, uV | ratio |\n|---|---|---|---|")
    counts = chip.counts
    print(
        f"| {counts.memristors:,} | {simulated * 1e6:.0f} | {sampled * 1e6:.0f} | {sampled / simulated:.2f} |",
        flush=True,
    )


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tables = {"columns": columns, "outputs": outputs, "two": two_blocks, "whole": whole_network}
    for name in tables:
        parser.add_argument(f"--{name}", action="store_true")
    given = vars(parser.parse_args())
    for name, table in tables.items():
        if given[name] or not any(given.values()):
            table()
            print()


if __name__ == "__main__":
    main()
