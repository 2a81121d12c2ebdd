# SPDX-License-Identifier: GPL-3.0-or-later
"""From a genotype to figures in one call; the one module that sees every stage, and does none of their work."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from memnet.errors import DataError, SetupError, choices
from memnet.flow.chip import Assembly, assemble
from memnet.flow.results import Simulation
from memnet.flow.setup import Setup, headroom_images
from memnet.genotype import Genotype
from memnet.measurement import (
    Headroom,
    TransientMeasure,
    component_areas,
    count_components,
    judge,
    measure_headroom,
    measure_transients,
)
from memnet.netlist import with_conductances
from memnet.network import Weights, forward
from memnet.network.datasets import Dataset
from memnet.simulation import SweepResult, sweep_images, workers_of
from memnet.simulation.engines import Engine, cached, find_engine
from memnet.technology import DEFAULT_TECHNOLOGY, Technology

Analysis = Literal["dc", "transient"]
Progress = Callable[[str, float], None]  # what is being done, and which share of it is
DEFAULT_IMAGES = 20


def simulate(
    genotype: str | Genotype,
    *,
    channels: int = 4,
    layers: int = 3,
    dataset: str | Dataset = "digits",
    data: Path | str | None = None,
    seed: int = 0,
    weights: Path | str | Weights | None = None,
    technology: str | Technology = DEFAULT_TECHNOLOGY,
    bits: int | None = None,
    ideal: bool = False,
    images: int = DEFAULT_IMAGES,
    analysis: Analysis = "dc",
    transitions: int = 1,
    engine: str | Engine | None = None,
    flat: bool = False,
    workers: int | None = None,
    batch: int | None = None,
    deploy: str = "individual",
    structure: str = "shared",
    placement: Path | str | None = None,
    cache: Path | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Deploy a genotype as a circuit, simulate it on test images and measure it.

    Parameters
    ----------
    genotype, channels, layers, dataset, data, seed, weights, technology, bits, ideal, deploy, structure :
        see `Setup`
    images : how many test images, from the first
    analysis : `dc` sweeps the images; `transient` also steps from image to image, for delay, energy and power
    transitions : how many such steps
    engine : name of an engine, or an engine; by default the first that is here
    flat : one deck for the whole network instead of one a stage: a proof, not a way of working
    workers : worker processes; by default one a core, or as many as the executor has
    batch : images in one deck; by default as many as fit
    placement : placement table (CSV or Parquet) whose conductances are simulated instead of the targets; the
        references and the headroom stay those of the targets
    cache : folder that keeps finished decks, so that an interrupted or changed run simulates only what is missing
    executor : where decks run, such as `dask_executor(address)` gives; by default worker processes of its own
    progress : called now and then with what is being done and which share of it is

    Raises
    ------
    MemnetError
        with what is wrong, where, and what to do; `exit_status` tells wrong input (2) from a failed job (1)
    """
    setup = Setup(
        genotype=genotype,
        channels=channels,
        layers=layers,
        dataset=dataset,
        data=data,
        seed=seed,
        weights=weights,
        technology=technology,
        bits=bits,
        ideal=ideal,
        deploy=deploy,
        structure=structure,
    )
    _check_counts(images=images, transitions=transitions, batch=batch, workers=1 if workers is None else workers)
    if analysis not in get_args(Analysis):
        raise SetupError(f"unknown analysis {analysis!r}: {choices(analysis, get_args(Analysis))}")
    found = find_engine(engine) if engine is None or isinstance(engine, str) else engine
    if cache is not None:
        found = cached(found, cache)
    tell = progress or (lambda _what, _share: None)
    start = time.perf_counter()
    tell("building the circuit", 0.0)
    assembly = assemble(setup)
    if placement is not None:
        assembly = replace(assembly, circuit=with_conductances(assembly.circuit, Path(placement)))
    tell("building the circuit", 1.0)
    run = _SimulationRun(
        assembly, found, flat=flat, workers=workers or workers_of(executor), executor=executor, tell=tell
    )
    result = run.simulate(images, batch, transitions if analysis == "transient" else 0, start)
    if placement is None:
        return result
    return replace(result, warnings=(*result.warnings, f"conductances of {placement}; the references have the targets"))


class _SimulationRun:
    """One assembly on one engine; each method is one step."""

    def __init__(
        self, assembly: Assembly, engine: Engine, *, flat: bool, workers: int, executor: Executor | None, tell: Progress
    ) -> None:
        self.assembly, self.engine, self.flat, self.tell = assembly, engine, flat, tell
        self.workers, self.executor = workers, executor

    def simulate(self, images: int, batch: int | None, transitions: int, start: float) -> Simulation:
        assembly = self.assembly
        available = len(assembly.dataset.test_images)
        if max(images, transitions + 1) > available:
            wanted = f"{images} images" if images > available else f"{transitions} transitions"
            raise DataError(f"{assembly.dataset.name}: {wanted} asked for, but it has {available} test images")
        pictures, labels = assembly.dataset.test_images[:images], assembly.dataset.test_labels[:images]
        headroom = self._headroom()
        reference = forward(assembly.network, assembly.parameters, pictures).logits
        float_logits = forward(assembly.network, assembly.float_parameters, pictures).logits
        sweep = self._sweep(images, batch)
        outputs_v = sweep.volts[assembly.circuit.output]
        logits = outputs_v / assembly.circuit.output_scale_v
        transient = self._transient(transitions) if transitions else None
        counts = count_components(assembly.circuit)
        return Simulation(
            assembly=assembly,
            analysis="transient" if transitions else "dc",
            flat=self.flat,
            outputs_v=outputs_v,
            logits=logits,
            reference_logits=reference,
            float_logits=float_logits,
            labels=labels,
            accuracy=judge(logits, reference, float_logits, labels),
            counts=counts,
            area_parts_m2=component_areas(counts, assembly.technology),
            headroom=headroom,
            transient=transient,
            warnings=self._warnings(headroom),
            engine=sweep.engine,
            solver=sweep.solver,
            wall_s=time.perf_counter() - start,
            sweep_s=sweep.wall_s,
            core_s=sweep.engine_s + sweep.own_s,
            engine_s=sweep.engine_s,
        )

    def _headroom(self) -> Headroom:
        assembly = self.assembly
        self.tell("checking voltages against limits", 0.0)
        train = headroom_images(assembly.network, assembly.dataset)
        test = assembly.dataset.test_images[: len(train)]
        headroom = measure_headroom(assembly.deployment, assembly.parameters, train, test)
        self.tell("checking voltages against limits", 1.0)
        return headroom

    def _sweep(self, images: int, batch: int | None) -> SweepResult:
        volts = self.assembly.input_volts(self.assembly.dataset.test_images[:images])
        what = f"sweeping {images} image{'s' * (images > 1)}"
        return sweep_images(
            self.assembly.circuit,
            volts,
            self.engine,
            flat=self.flat,
            workers=self.workers,
            batch=batch,
            executor=self.executor,
            progress=lambda share: self.tell(what, share),
        )

    def _transient(self, transitions: int) -> TransientMeasure:
        volts = self.assembly.input_volts(self.assembly.dataset.test_images[: transitions + 1])
        what = f"stepping from image to image, {transitions} time{'s' * (transitions > 1)}"
        return measure_transients(
            self.assembly.circuit,
            volts,
            self.engine,
            flat=self.flat,
            workers=self.workers,
            executor=self.executor,
            progress=lambda share: self.tell(what, share),
        )

    def _warnings(self, headroom: Headroom) -> tuple[str, ...]:
        assembly = self.assembly
        seeded = (assembly.weights.note,) if assembly.weights.origin == "seeded" else ()
        return (*assembly.dataset.notes, *seeded, *headroom.warnings(assembly.technology))


def _check_counts(**counts: int | None) -> None:
    for name, count in counts.items():
        if count is not None and count < 1:
            raise SetupError(f"{name} = {count}: give at least 1")
