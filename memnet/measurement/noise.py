# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise of columns in closed form, the same in a simulator's noise analysis, and what it makes of class outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from memnet.circuit import build_block, outputs_of
from memnet.deployment import INPUT, ChipDevices, Deployment, Stage
from memnet.errors import SetupError, choices
from memnet.netlist import DECK_DIALECT, Spectrum, flat_deck, voltage_vectors
from memnet.numeric import CrossbarStage, NumericCircuit, Signal, Tally, noise_of
from memnet.sections import Noise
from memnet.simulation import column_partition, excerpt
from memnet.simulation.engines import Engine
from memnet.units import Floats

Progress = Callable[[float], None]
SETTLED_V = 1e-3  # a rectifying output below this may be shut in the simulator
LAST_POLES = 1e4  # the analysis goes on to this many times GBW: a pole's noise beyond is 6e-5 of its variance
PARTS = ("amplifiers", "thermal", "flicker", "telegraph")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputNoise:
    """The noise of class outputs: one read with a sample of it an image, held against the same read without it.

    Attributes
    ----------
    noise_rms_v : root mean square, over images and classes, of the class outputs with noise minus those without
    signal_rms_v : root mean square of those without
    range_v : their largest minus their smallest value
    same_class : share of images that both name the same class of
    """

    noise_rms_v: float
    signal_rms_v: float
    range_v: float
    same_class: float

    @staticmethod
    def of(noisy_v: Floats, quiet_v: Floats) -> OutputNoise:
        """Compare class outputs (images, classes), volts."""
        quiet = np.asarray(quiet_v, dtype=np.float64)
        return OutputNoise(
            noise_rms_v=float(np.sqrt(np.mean(np.square(noisy_v - quiet)))),
            signal_rms_v=float(np.sqrt(np.mean(np.square(quiet)))),
            range_v=float(np.ptp(quiet)),
            same_class=float(np.mean(noisy_v.argmax(axis=1) == quiet.argmax(axis=1))),
        )

    @property
    def ratio_db(self) -> float:
        """Return the signal-to-noise ratio, 20 log10(signal_rms_v / noise_rms_v)."""
        return 20 * math.log10(self.signal_rms_v / self.noise_rms_v) if self.noise_rms_v else math.inf

    @property
    def effective_bits(self) -> float:
        """Return log2(range_v / (sqrt(12) noise_rms_v)): steps of 2^-bits of the range have as much noise."""
        return math.log2(self.range_v / (math.sqrt(12) * self.noise_rms_v)) if self.noise_rms_v else math.inf


def column_noise(devices: ChipDevices, name: str, images_v: Floats) -> dict[str, Floats]:
    """Return the noise at the outputs of a crossbar's pairs, by what makes it, (images, channels, pixels) volts rms.

    It is that of the pairs alone, before a rectifier, with rows that have none; `all` is the root of the sum of
    squares of the others.

    Parameters
    ----------
    name : of the stage
    images_v : (images, input nets) volts

    Raises
    ------
    SetupError
        no crossbar has that name, or the technology has no section [noise]
    """
    noise = noise_of(devices.deployment.technology)
    known = [stage.name for stage in devices.deployment.plan.stages if stage.kind == "crossbar"]
    if name not in known:
        raise SetupError(f"net/{name}: no crossbar has that name; {choices(name, known)}")
    circuit, rms = NumericCircuit(devices, noisy=True), dict[str, Floats]()
    for stage, _, sources in _crossbars(circuit, images_v):
        if stage.name == name:
            for part, only in {**_parts(noise), "all": noise}.items():
                run = CrossbarStage(stage, _with(devices, only), circuit.dtype, noisy=True)
                variance = run.variance(sources, len(images_v))
                rms[part] = np.sqrt(np.moveaxis(variance, -1, 0))
            return rms
    raise SetupError(f"net/{name}: it has no power with these select nets, and so no noise")


def _parts(noise: Noise) -> dict[str, Noise]:
    """Return the same noise by what makes it, each without all others."""
    none = replace(noise, amplifier_v_per_rthz=0.0, temperature_k=0.0, flicker_kf=0.0, telegraph_share=0.0)
    return {
        "amplifiers": replace(none, amplifier_v_per_rthz=noise.amplifier_v_per_rthz),
        "thermal": replace(none, temperature_k=noise.temperature_k),
        "flicker": replace(none, flicker_kf=noise.flicker_kf),
        "telegraph": replace(none, telegraph_share=noise.telegraph_share),
    }


def _with(devices: ChipDevices, noise: Noise) -> ChipDevices:
    technology = replace(devices.deployment.technology, noise=noise)
    return replace(devices, deployment=replace(devices.deployment, technology=technology))


def _crossbars(circuit: NumericCircuit, images_v: Floats) -> Iterator[tuple[Stage, CrossbarStage, list[Floats]]]:
    """Yield each crossbar that has power, with the volts of its sources on a read without noise."""
    signals, count, random = circuit.input_signals(images_v), len(images_v), np.random.default_rng(0)
    for stage in circuit.plan.stages:
        run = circuit.stages.get(stage.name)
        if isinstance(run, CrossbarStage):
            yield stage, run, _read(circuit, run, signals)
        signals.update(circuit.run_stage(stage, signals, Tally(), count, random))


def _read(circuit: NumericCircuit, run: CrossbarStage, signals: dict[str, Signal]) -> list[Floats]:
    """Return what the rows of each term of a crossbar carry, (channels, pixels, images) volts each."""
    terms = zip(run.sources, run.numbers, strict=True)
    return [circuit.read(term, number, signals).volts for term, number in terms]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCheck:
    """The noise of one column at one image: in closed form and in a simulator, volts rms."""

    stage: str
    column: int
    closed_v: float
    simulated_v: float

    @property
    def deviation(self) -> float:
        """Return by how much the closed form differs, as a share of the simulator's."""
        return abs(self.closed_v / self.simulated_v - 1.0)


def noise_check(
    deployment: Deployment,
    images_v: Floats,
    engine: Engine,
    blocks: int,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[ColumnCheck, ...]:
    """Hold the closed form of sampled columns of nominal devices against noise analyses in ngspice.

    Telegraph noise is left out of both, since noise analyses have no element for it. Every crossbar that has power is
    sampled once before any is sampled twice. A rectifying column is taken at an image at which it is not shut.

    Parameters
    ----------
    images_v : (images, input nets) volts
    blocks : number of columns to sample
    seed : of the sampling

    Raises
    ------
    SimulationError
        a deck failed
    SetupError
        the engine is not ngspice, or the technology has no section [noise]
    """
    if not engine.name.startswith(DECK_DIALECT):
        raise SetupError(f"engine {engine.name}: noise analyses are run in ngspice; leave --noise or --spice-check out")
    noise = replace(noise_of(deployment.technology), telegraph_share=0.0)
    devices = _with(ChipDevices(deployment), noise)
    circuit, random = NumericCircuit(devices, noisy=True), np.random.default_rng([seed, blocks])
    groups = [name for stage in circuit.plan.stages for name in outputs_of(stage)]
    volts = {INPUT: images_v, **circuit.run(images_v, keep=groups).volts}
    crossbars = [(stage, run.variance(sources, len(images_v))) for stage, run, sources in _crossbars(circuit, images_v)]
    order = np.concatenate([random.permutation(len(crossbars)) for _ in range(-(-blocks // len(crossbars)))])[:blocks]
    checks = []
    for done, index in enumerate(np.sort(order).tolist()):
        stage, variance = crossbars[index]
        open_at = volts[outputs_of(stage)[0]] > (-math.inf if stage.raw else SETTLED_V)
        places = np.argwhere(open_at)
        if len(places):
            image, column = random.choice(places).tolist()
            closed = float(np.sqrt(variance.reshape(-1, len(images_v))[column, image]))
            rows = {name: value[image : image + 1] for name, value in volts.items()}
            simulated = simulated_noise(devices.deployment, stage.name, column, rows, engine)
            checks.append(ColumnCheck(stage=stage.name, column=column, closed_v=closed, simulated_v=simulated))
        if progress:
            progress((done + 1) / blocks)
    return tuple(checks)


def simulated_noise(
    deployment: Deployment, stage: str, column: int, volts: Mapping[str, Floats], engine: Engine
) -> float:
    """Return the noise of one output of a stage by a noise analysis in ngspice, volts rms.

    Parameters
    ----------
    column : flat position of the output in the stage's map
    volts : by net group that the stage reads, (1, nets) volts
    """
    technology = deployment.technology
    noise, circuit = noise_of(technology), build_block(deployment, stage)
    block = circuit.blocks[0]
    cut = excerpt(circuit, column_partition(circuit, block, np.array([column])))
    spectrum = Spectrum(
        noise=noise,
        output=voltage_vectors(cut.circuit, block.outputs[:1])[0],
        first_hz=noise.flicker_low_hz,
        last_hz=LAST_POLES * technology.opamp.gbw_hz,
    )
    deck = flat_deck(
        cut.circuit,
        cut.partition.blocks,
        name=stage,
        inputs=cut.of(volts, cut.partition.reads),
        analysis=spectrum,
        saved=("onoise_spectrum",),
        lean=True,
    )
    result = engine.run(deck)
    return math.sqrt(integral(result.axis, np.square(result.values[:, 0])))


def integral(hertz: Floats, density: Floats) -> float:
    """Return the integral of a density over frequencies (points,), taking it for a power of f between two of them."""
    ratio, total = np.log(hertz[1:] / hertz[:-1]), np.log(density[1:] * hertz[1:] / (density[:-1] * hertz[:-1]))
    flat = np.abs(total) < 1e-9
    mean = np.where(flat, 1.0, np.expm1(total) / np.where(flat, 1.0, total))
    return float(np.sum(density[:-1] * hertz[:-1] * mean * ratio))
