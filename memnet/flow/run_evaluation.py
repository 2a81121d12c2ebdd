# SPDX-License-Identifier: GPL-3.0-or-later
"""Classifies whole test sets at circuit level with the numeric engine."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import ChipDevices
from memnet.devices import DeviceSpread
from memnet.errors import SetupError
from memnet.flow.deployed import DeployedChip
from memnet.flow.evaluation import Evaluation
from memnet.flow.fields import refuse_without_effect
from memnet.flow.reading import refuse_beyond
from memnet.flow.sampled import SampledChip
from memnet.flow.settings import REFERENCES, EvaluationSettings, Progress
from memnet.measurement import (
    ChipCost,
    ColumnCheck,
    SpiceCheck,
    accuracy,
    column_noise,
    judge,
    law_shift,
    measure_cost,
    noise_check,
    spice_check,
)
from memnet.network import Network, Parameters, forward
from memnet.numeric import NumericCircuit, single_threaded_blas
from memnet.simulation import available_bytes, cores
from memnet.simulation.engines import Engine, find_engine
from memnet.units import Floats

SPICE_IMAGES = 4
REFERENCE_BATCH = 25


def run_evaluation(chip: DeployedChip, test: EvaluationSettings) -> Evaluation:
    """Classify test images with one or several samples of a chip, in closed form.

    The first sample has the device seed of the chip's settings, each further one the next seed.

    Raises
    ------
    MemnetError
        with what is wrong, where, and what to do
    """
    start, tell = time.perf_counter(), test.progress or (lambda _what, _share: None)
    spread, images = chip.setup.devices, len(chip.dataset.test_labels) if test.images is None else test.images
    if test.seeds > 1 and spread.ideal:
        raise SetupError(f"seeds = {test.seeds} has no effect where no device differs from its target")
    _refuse_left_out(chip, test)
    if test.noise:
        chip.refuse_noise()
    _refuse_large_maps(chip)
    chip.refuse_too_many(images, test.transitions)
    references = _references(test.references, images)
    simulator = find_engine(test.engine) if test.spice_blocks else None  # a missing one is found before hours of work
    workers = test.workers or cores()
    samples = tuple(
        sample_chip(
            chip,
            replace(spread, seed=spread.seed + index),
            images,
            workers,
            _share_of(tell, index, test.seeds),
            noise_seed=test.noise_seed if test.noise else None,
        )
        for index in range(test.seeds)
    )
    check = None if simulator is None else _spice_check(chip, simulator, test, images, tell)
    cost = _cost(chip, test.transitions, tell) if test.transitions else None
    return Evaluation(
        chip=chip,
        samples=samples,
        labels=chip.dataset.test_labels[:images],
        counts=chip.counts,
        check=check,
        noise_seed=test.noise_seed if test.noise else None,
        noise_check=() if simulator is None or not test.noise else _noise_check(chip, simulator, test, images, tell),
        cost=cost,
        wall_s=chip.deploy_s + time.perf_counter() - start,
        **_judged(chip, samples[0].quiet_logits[:references], workers, tell),
    )


def _refuse_left_out(chip: DeployedChip, test: EvaluationSettings) -> None:
    """Raise `SetupError` for what an evaluation of a chip with wires, a rail that drops or a law does not compute."""
    dropping = {"wires": chip.wiring is not None, "a drop on the bias rail": chip.devices.bias_share < 1.0}
    for what in (name for name, given in dropping.items() if given):
        reason = f"with {what}, which SPICE check, delay and power of an evaluation leave out; use simulate"
        refuse_without_effect(test, ["spice_blocks", "transitions"], reason)
    if chip.memristor is not None:
        _refuse_law(chip, test)


def _refuse_law(chip: DeployedChip, test: EvaluationSettings) -> None:
    """Raise `SetupError` for what an evaluation with a curved law of memristors does not compute."""
    reason = f"with {chip.law_name}: delay and power of an evaluation are those of linear devices"
    refuse_without_effect(test, ["transitions"], reason)
    # Only a law I = G f(V) on amplifiers without offsets has decks with one source a row.
    if chip.devices.moving is not None or chip.technology.opamp.offset_v or test.noise:
        reason = f"with {chip.law_name}: SPICE check is for laws I = G f(V), without noise or a technology's offset"
        refuse_without_effect(test, ["spice_blocks"], reason)


def _refuse_large_maps(chip: DeployedChip) -> None:
    """Raise `SetupError` where wires, a law and devices that all differ need more memory than is free.

    `arrays.CurvedTiles` has rows + 2 columns values for each crosspoint of a tile, which are kept in double and in
    single precision. Tiles of devices at their targets are few, since most are equal.
    """
    devices, tiles, free = chip.devices, chip.tiles, available_bytes()
    if tiles is None or free is None or chip.memristor is None or not devices.own_devices:
        return
    if devices.wiring is None or not devices.wiring.resists:
        return
    needed = sum(12 * rows * columns * (rows + 2 * columns) * count for (rows, columns), count in tiles.shapes.items())
    if needed > free:
        raise SetupError(
            f"wires and {chip.law_name} on devices that all differ: maps of {tiles.tiles:,} tiles take "
            f"{needed / 1e9:.3g} GB, and {free / 1e9:.3g} GB are free; give fewer channels, smaller arrays, or devices "
            "at their targets"
        )


def _references(given: int | None, images: int) -> int:
    """Return on how many of the images the references run."""
    if given is not None and given > images:
        raise SetupError(f"references = {given}: only {images} images are classified; give at most {images}")
    if given is None:
        return min(images, REFERENCES)
    return given


def _judged(chip: DeployedChip, logits: Floats, workers: int, tell: Progress) -> dict[str, Any]:
    """Return the fields of an evaluation that compare the logits of the first images with the references."""
    tell("judging class outputs", 0.0)
    images, labels = chip.dataset.test_images[: len(logits)], chip.dataset.test_labels[: len(logits)]
    reference = reference_logits(chip.network, chip.level_parameters, images, workers)
    float_logits = reference_logits(chip.network, chip.float_parameters, images, workers)
    judged = judge(logits, reference, float_logits, labels)
    found = {"judged": judged, "error_gain": chip.error_gain, "deviation": chip.explain(logits, reference)}
    found["law_shift"] = law_shift(chip.devices, chip.input_volts(images, np.float32), workers=workers)
    tell("judging class outputs", 1.0)
    return {**found, "reference_logits": reference, "float_logits": float_logits}


def noise_of_columns(chip: DeployedChip, stage: str, images: int) -> dict[str, Floats]:
    """Return the noise at the outputs of a crossbar on the first test images; see `measurement.column_noise`."""
    chip.refuse_noise()
    chip.refuse_too_many(images)
    return column_noise(chip.devices, stage, chip.input_volts(chip.dataset.test_images[:images]))


def _picked(chip: DeployedChip, images: int) -> Floats:
    """Return the input volts of the few images that samples are held against a simulator on, (images, input nets)."""
    picked = np.random.default_rng(0).permutation(images)[: max(2, SPICE_IMAGES)]
    return chip.input_volts(chip.dataset.test_images[picked], np.float32).astype(np.float64)


def _spice_check(
    chip: DeployedChip, simulator: Engine, test: EvaluationSettings, images: int, tell: Progress
) -> SpiceCheck:
    """Compare sampled blocks of the nominal chip, with its law of memristors, with a simulator, on a few images."""
    volts, say = _picked(chip, images), lambda share: tell("sampled blocks in SPICE", share)
    nominal = ChipDevices(chip.deployment, memristor=chip.memristor)
    return spice_check(nominal, volts, simulator, test.spice_blocks, progress=say)


def _noise_check(
    chip: DeployedChip, simulator: Engine, test: EvaluationSettings, images: int, tell: Progress
) -> tuple[ColumnCheck, ...]:
    """Compare the noise of sampled columns of the nominal chip with noise analyses, on a few images."""
    volts, say = _picked(chip, images), lambda share: tell("noise of sampled columns in SPICE", share)
    return noise_check(chip.deployment, volts, simulator, test.spice_blocks, progress=say)


def _cost(chip: DeployedChip, transitions: int, tell: Progress) -> ChipCost:
    """Return power and delay of steps from image to image, for nominal devices."""
    stepped = chip.input_volts(chip.dataset.test_images[: transitions + 1], np.float32)
    return measure_cost(chip.deployment, stepped, progress=lambda share: tell("stepping from image to image", share))


def sample_chip(
    chip: DeployedChip,
    spread: DeviceSpread,
    images: int,
    workers: int,
    tell: Progress,
    *,
    noise_seed: int | None = None,
) -> SampledChip:
    """Sample the devices of one chip and classify images with it; with a noise seed once more, with noise."""
    start, noisy = time.perf_counter(), noise_seed is not None
    circuit = NumericCircuit(
        replace(chip.devices, spread=spread),
        dtype=np.float32,
        noisy=noisy,
        progress=lambda share: tell("loading devices", share),
    )
    built = time.perf_counter()
    volts = chip.input_volts(chip.dataset.test_images[:images], np.float32)
    result = circuit.run(volts, workers=workers, progress=lambda share: tell("classifying images", share))
    refuse_beyond(circuit.devices, result.peaks_v)
    quiet_logits = logits = np.asarray(result.outputs_v, dtype=np.float64) / chip.deployment.scales[result.output]
    if noisy:
        say = lambda share: tell("classifying images with noise", share)  # noqa: E731
        result = circuit.run(volts, workers=workers, noise_seed=noise_seed, progress=say)
        logits = np.asarray(result.outputs_v, dtype=np.float64) / chip.deployment.scales[result.output]
    return SampledChip(
        seed=spread.seed,
        accuracy=accuracy(logits, chip.dataset.test_labels[:images]),
        logits=logits,
        quiet_logits=quiet_logits,
        peaks_v=result.peaks_v,
        saturated=result.saturated,
        build_s=built - start,
        run_s=time.perf_counter() - built,
    )


def _share_of(tell: Progress, index: int, chips: int) -> Progress:
    """Return a progress function for one of several chips."""
    return lambda what, share: tell(what, (index + share) / chips)


def reference_logits(network: Network, parameters: Parameters, images: npt.NDArray[Any], workers: int) -> Floats:
    """Return the logits (images, classes) of the numeric reference, computed in threads."""
    starts = range(0, len(images), REFERENCE_BATCH)
    with single_threaded_blas(), ThreadPoolExecutor(workers) as pool:
        batches = pool.map(lambda at: forward(network, parameters, images[at : at + REFERENCE_BATCH]).logits, starts)
        return np.concatenate([np.zeros((0, network.classes)), *batches])
