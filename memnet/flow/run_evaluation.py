# SPDX-License-Identifier: GPL-3.0-or-later
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
from memnet.numeric import NumericCircuit, single_threaded_blas
from memnet.simulation import cores
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
    spread: DeviceSpread | None = None,
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
    spread : how devices are off; every seed from its own on gives another chip. None for nominal devices
    seeds : how many chips to sample
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
    deployed = prepare(setup, tell)
    labels = deployed.dataset.test_labels[:images]
    if images is not None and not 1 <= images <= len(deployed.dataset.test_labels):
        there = len(deployed.dataset.test_labels)
        raise DataError(f"{deployed.dataset.name}: {images} images asked for, but it has {there} test images")
    if transitions >= len(deployed.dataset.test_labels):
        raise DataError(f"{deployed.dataset.name}: {transitions} transitions need {transitions + 1} test images")
    spread, workers = spread or DeviceSpread(), workers or cores()
    chips = tuple(
        sample_chip(
            deployed, replace(spread, seed=spread.seed + index), len(labels), workers, _share_of(tell, index, seeds)
        )
        for index in range(seeds)
    )
    few = deployed.dataset.test_images[: min(references, len(labels))]
    check = None
    if simulator is not None:
        picked = np.random.default_rng(0).permutation(len(labels))[: max(2, SPICE_IMAGES)]
        volts = deployed.input_volts(deployed.dataset.test_images[picked]).astype(np.float64)
        check = spice_check(
            deployed.deployment,
            volts,
            simulator,
            spice_blocks,
            progress=lambda share: tell("sampled blocks in SPICE", share),
        )
    cost = None
    if transitions:
        stepped = deployed.input_volts(deployed.dataset.test_images[: transitions + 1])
        said = "stepping from image to image"
        cost = measure_cost(deployed.deployment, stepped, progress=lambda share: tell(said, share))
    levels, floats = programmed_parameters(deployed.deployment), fold(deployed.network, deployed.weights.tensors)
    return Evaluation(
        deployed=deployed,
        spread=spread,
        chips=chips,
        labels=labels,
        counts=count_deployment(deployed.deployment),
        check=check,
        cost=cost,
        reference_logits=reference_logits(deployed.network, levels, few, workers),
        float_logits=reference_logits(deployed.network, floats, few, workers),
        wall_s=time.perf_counter() - start,
    )


def sample_chip(
    deployed: DeployedNetwork, spread: DeviceSpread, images: int, workers: int, tell: Progress
) -> SampledChip:
    """Sample the devices of one chip and classify images with it."""
    start = time.perf_counter()
    circuit = NumericCircuit(
        deployed.deployment, spread, dtype=np.float32, progress=lambda share: tell("loading devices", share)
    )
    built = time.perf_counter()
    volts = deployed.input_volts(deployed.dataset.test_images[:images])
    result = circuit.run(volts, workers=workers, progress=lambda share: tell("classifying images", share))
    logits = deployed.logits(result)
    return SampledChip(
        seed=spread.seed,
        accuracy=accuracy(logits, deployed.dataset.test_labels[:images]),
        logits=logits,
        peaks_v=result.peaks_v,
        saturated=result.saturated,
        build_s=built - start,
        run_s=time.perf_counter() - built,
    )


def _share_of(tell: Progress, index: int, chips: int) -> Progress:
    return lambda what, share: tell(what, (index + share) / chips)


def reference_logits(network: Network, parameters: Parameters, images: npt.NDArray[Any], workers: int) -> Floats:
    """Return the logits (images, classes) of the numeric reference, computed in threads."""
    starts = range(0, len(images), REFERENCE_BATCH)
    with single_threaded_blas(), ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda at: forward(network, parameters, images[at : at + REFERENCE_BATCH]).logits, starts)
        return np.concatenate([np.zeros((0, network.classes)), *parts])
