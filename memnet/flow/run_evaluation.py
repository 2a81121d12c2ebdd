"""Classifies whole test sets at circuit level with the numeric engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import programmed_parameters
from memnet.devices import DeviceSpread
from memnet.errors import DataError, SetupError
from memnet.flow.chip import DeployedNetwork, prepare
from memnet.flow.evaluation import Evaluation, SampledChip
from memnet.flow.setup import Setup
from memnet.measurement import accuracy, count_deployment, measure_cost, spice_check
from memnet.network import Network, Parameters, fold, forward
from memnet.numeric import NumericCircuit, cores, single_threaded_blas
from memnet.simulation.engines import find_engine
from memnet.units import Floats

Progress = Callable[[str, float], None]
DEFAULT_REFERENCES = 200
SPICE_IMAGES = 4
REFERENCE_BATCH = 25


def evaluate(
    setup: Setup,
    *,
    images: int | None = None,
    disturbance: DeviceSpread | None = None,
    seeds: int = 1,
    references: int = DEFAULT_REFERENCES,
    spice_blocks: int = 0,
    transitions: int = 0,
    engine: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Classify test images with the circuit of a genotype, in closed form.

    Parameters
    ----------
    images : from the first; all by default
    disturbance : how devices are off; every seed from its own on draws another chip. None for nominal devices
    seeds : how many chips to draw
    references : images, from the first, on which the quantised and the float network are computed too
    spice_blocks : sampled blocks to hold against a simulator, on the nominal chip
    transitions : from test image to test image, of which power and delay are taken, for nominal devices; 0 for neither
    engine : which simulator; by default the first that is here
    workers : threads; by default one a core

    Raises
    ------
    MemnetError
        with what is wrong, where, and what to do
    """
    start, tell = time.perf_counter(), progress or (lambda _what, _share: None)
    if seeds < 1:
        raise SetupError(f"seeds = {seeds}: give at least 1")
    simulator = find_engine(engine) if spice_blocks else None  # a missing one is found before an hour's work
    chip = prepare(setup, tell)
    labels = chip.dataset.test_labels[:images]
    if images is not None and not 1 <= images <= len(chip.dataset.test_labels):
        there = len(chip.dataset.test_labels)
        raise DataError(f"{chip.dataset.name}: {images} images asked for, but it has {there} test images")
    if transitions >= len(chip.dataset.test_labels):
        raise DataError(f"{chip.dataset.name}: {transitions} transitions need {transitions + 1} test images")
    disturbance, workers = disturbance or DeviceSpread(), workers or cores()
    draws = tuple(
        draw(chip, replace(disturbance, seed=disturbance.seed + index), len(labels), workers, _part(tell, index, seeds))
        for index in range(seeds)
    )
    few = chip.dataset.test_images[: min(references, len(labels))]
    check = None
    if simulator is not None:
        picked = np.random.default_rng(0).permutation(len(labels))[: max(2, SPICE_IMAGES)]
        volts = chip.input_volts(chip.dataset.test_images[picked]).astype(np.float64)
        check = spice_check(
            chip.deployment,
            volts,
            simulator,
            spice_blocks,
            progress=lambda share: tell("sampled blocks in SPICE", share),
        )
    cost = None
    if transitions:
        stepped = chip.input_volts(chip.dataset.test_images[: transitions + 1])
        said = "stepping from image to image"
        cost = measure_cost(chip.deployment, stepped, progress=lambda share: tell(said, share))
    levels, floats = programmed_parameters(chip.deployment), fold(chip.network, chip.weights.tensors)
    return Evaluation(
        chip=chip,
        disturbance=disturbance,
        draws=draws,
        labels=labels,
        counts=count_deployment(chip.deployment),
        check=check,
        cost=cost,
        reference_logits=reference_logits(chip.network, levels, few, workers),
        float_logits=reference_logits(chip.network, floats, few, workers),
        wall_s=time.perf_counter() - start,
    )


def draw(chip: DeployedNetwork, disturbance: DeviceSpread, images: int, workers: int, tell: Progress) -> SampledChip:
    """Draw the devices of one chip and classify images with it."""
    start = time.perf_counter()
    circuit = NumericCircuit(
        chip.deployment, disturbance, dtype=np.float32, progress=lambda share: tell("loading devices", share)
    )
    built = time.perf_counter()
    volts = chip.input_volts(chip.dataset.test_images[:images])
    result = circuit.run(volts, workers=workers, progress=lambda share: tell("classifying images", share))
    logits = chip.logits(result)
    return SampledChip(
        seed=disturbance.seed,
        accuracy=accuracy(logits, chip.dataset.test_labels[:images]),
        logits=logits,
        peaks_v=result.peaks_v,
        saturated=result.saturated,
        build_s=built - start,
        run_s=time.perf_counter() - built,
    )


def _part(tell: Progress, index: int, parts: int) -> Progress:
    return lambda what, share: tell(what, (index + share) / parts)


def reference_logits(network: Network, parameters: Parameters, images: npt.NDArray[Any], workers: int) -> Floats:
    """Return the logits (images, classes) of the numeric reference, computed in threads."""
    starts = range(0, len(images), REFERENCE_BATCH)
    with single_threaded_blas(), ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda at: forward(network, parameters, images[at : at + REFERENCE_BATCH]).logits, starts)
        return np.concatenate([np.zeros((0, network.classes)), *parts])
