# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulates a chip in SPICE on test images, and measures it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from memnet.errors import SetupError
from memnet.flow.chosen import headroom_images
from memnet.flow.deployed import DeployedChip
from memnet.flow.memristors import WITHOUT_CONDITIONS
from memnet.flow.reading import refuse_moving_transient
from memnet.flow.results import Simulation
from memnet.flow.settings import REFERENCES, Run
from memnet.measurement import (
    ChipCost,
    Headroom,
    StageError,
    TransientMeasure,
    component_areas,
    judge,
    kept_group,
    law_shift,
    measure_cost,
    measure_headroom,
    measure_stage_errors,
    measure_transients,
)
from memnet.network import forward
from memnet.simulation import SweepResult, needed_for, partition_circuit, sweep_images, workers_of
from memnet.simulation.engines import INSTALL_HINT, Engine, cached, find_engine, why_no_transients
from memnet.units import Floats

MOST_KEPT_BYTES = 2**28  # of voltages of stages; a larger run drops them as soon as no deck needs them


def run_simulation(chip: DeployedChip, run: Run) -> Simulation:
    """Sweep the test images, step from image to image if asked to, and compare with the references.

    Raises
    ------
    MemnetError
        with what is wrong, where, and what to do; `exit_status` tells wrong input (2) from a failed job (1)
    """
    return _SimulationRun(chip, run, engine_of(chip, run)).result()


def engine_of(chip: DeployedChip, run: Run) -> Engine:
    """Return the engine of a run; `SetupError` where it or SPICE cannot do what is asked for."""
    if chip.setup.devices.read_noise:
        raise SetupError("read_noise has no effect in SPICE, where all images see the same devices; use evaluate")
    engine = find_engine(run.engine)
    if run.analysis == "transient" and why_no_transients(engine):
        raise SetupError(
            f"engine {engine.name} runs dc analyses only: {why_no_transients(engine)}; leave the transient out, or "
            f"{INSTALL_HINT}"
        )
    if run.analysis == "cost":
        _refuse_cost(chip)
    if chip.memristor is not None:
        _refuse_law(chip, run, engine)
    return engine if run.cache is None else cached(engine, Path(run.cache))


def _refuse_law(chip: DeployedChip, run: Run, engine: Engine) -> None:
    """Raise `SetupError` for what a simulation with a curved law of memristors cannot do."""
    name = chip.law_name
    refuse_moving_transient(run.analysis, chip.devices, name)
    if chip.memristor is not None and chip.memristor.moves and engine.name in WITHOUT_CONDITIONS:
        raise SetupError(
            f"{name} cannot be simulated in {engine.name}: {WITHOUT_CONDITIONS[engine.name]}; give engine "
            "ngspice or xyce"
        )


def _refuse_cost(chip: DeployedChip) -> None:
    """Raise `SetupError` for a chip whose delay and power the numeric engine does not compute."""
    left_out = {
        "wires": chip.wiring is not None,
        "a drop on the bias rail": chip.devices.bias_share < 1.0,
        chip.law_name: chip.memristor is not None,
    }
    instead = "dc, or counts only in a comparison" if chip.devices.moving else "transient"
    for what, there in left_out.items():
        if there:
            raise SetupError(
                f"analysis cost with {what}: delay and power of the numeric engine leave that out; use analysis "
                f"{instead}"
            )


class _SimulationRun:
    """One run of one chip; each method is one step."""

    def __init__(self, chip: DeployedChip, run: Run, engine: Engine) -> None:
        self.chip, self.run, self.engine = chip, run, engine
        self.workers = workers_of(run.executor, run.workers)
        self.transitions = 0 if run.analysis == "dc" else run.transitions or 1
        self.tell = run.progress or (lambda _what, _share: None)

    def result(self) -> Simulation:
        """Return all figures."""
        start, chip, images = time.perf_counter(), self.chip, self.run.images
        chip.refuse_too_many(images, self.transitions)
        pictures, labels = chip.dataset.test_images[:images], chip.dataset.test_labels[:images]
        self.tell("building the circuit", 0.0)
        circuit = chip.circuit
        self.tell("building the circuit", 1.0)
        headroom = self._headroom()
        reference = forward(chip.network, chip.parameters, pictures).logits
        float_logits = forward(chip.network, chip.float_parameters, pictures).logits
        sweep = self._sweep()
        solutions_v = sweep.volts[circuit.output]
        outputs_v = solutions_v[:images]
        logits = outputs_v / circuit.output_scale_v
        stage_errors = self._stage_errors(sweep)
        transient = self._transient(solutions_v) if self.run.analysis == "transient" else None
        cost = self._cost() if self.run.analysis == "cost" else None
        counts, judged = chip.counts, judge(logits, reference, float_logits, labels)
        self.tell("judging class outputs", 0.0)
        deviation = chip.explain(logits, reference)
        self.tell("judging class outputs", 1.0)
        return Simulation(
            chip=chip,
            analysis=self.run.analysis,
            flat=self.run.flat,
            outputs_v=outputs_v,
            logits=logits,
            reference_logits=reference,
            float_logits=float_logits,
            labels=labels,
            accuracy=judged,
            error_gain=chip.error_gain,
            law_shift=law_shift(chip.devices, chip.input_volts(pictures[:REFERENCES])),
            deviation=deviation,
            counts=counts,
            area_parts_m2=component_areas(counts, chip.technology),
            headroom=headroom,
            stage_errors=stage_errors,
            transient=transient,
            warnings=(*self._warnings(headroom), *(() if deviation is None else (str(deviation),))),
            engine=sweep.engine,
            solver=sweep.solver,
            wall_s=chip.deploy_s + time.perf_counter() - start,
            sweep_s=sweep.wall_s,
            core_s=sweep.engine_s + sweep.own_s,
            engine_s=sweep.engine_s,
            swept=len(solutions_v),
            cost=cost,
        )

    def _headroom(self) -> Headroom:
        chip = self.chip
        self.tell("checking voltages against limits", 0.0)
        train = headroom_images(chip.network, chip.dataset)
        test = chip.dataset.test_images[: len(train)]
        headroom = measure_headroom(chip.deployment, chip.parameters, train, test)
        self.tell("checking voltages against limits", 1.0)
        return headroom

    def _sweep(self) -> SweepResult:
        """Return the dc solutions of the images asked for, and of all that transitions step to."""
        images = max(self.run.images, self.transitions + 1 if self.run.analysis == "transient" else 0)
        what = f"sweeping {images} image{'s' * (images > 1)}"
        return sweep_images(
            self.chip.circuit,
            self.chip.input_volts(self.chip.dataset.test_images[:images]),
            self.engine,
            flat=self.run.flat,
            workers=self.workers,
            batch=self.run.batch,
            keep=self._kept(images),
            executor=self.run.executor,
            progress=lambda share: self.tell(what, share),
        )

    def _kept(self, images: int) -> list[str]:
        """Return the net groups to keep for the errors of stages: those that later decks read, if they are few enough.

        Nothing more is simulated or saved for them. A flat deck saves the class outputs alone.
        """
        circuit, stages = self.chip.circuit, self.chip.deployment.plan.stages
        if self.run.flat:
            return []
        read = {name for cut in needed_for(partition_circuit(circuit), {circuit.output}) for name in cut.reads}
        kept = [name for stage in stages if (name := kept_group(stage, read | {circuit.output})) is not None]
        nets = sum(len(circuit.groups[name].nets) for name in kept)
        return kept if 8 * images * nets <= MOST_KEPT_BYTES else []

    def _stage_errors(self, sweep: SweepResult) -> tuple[StageError, ...]:
        """Return how far each stage's outputs are from the reference; nothing where their voltages were not kept."""
        if set(sweep.volts) == {self.chip.circuit.output}:
            return ()
        pictures = self.chip.dataset.test_images[: self.run.images]
        volts = {name: values[: self.run.images] for name, values in sweep.volts.items()}
        return measure_stage_errors(self.chip.deployment, self.chip.parameters, pictures, volts)

    def _transient(self, solutions_v: Floats) -> TransientMeasure:
        """Return delay and power of the steps; the dc solutions of the sweep are those that they settle to."""
        shown = self.transitions + 1
        what = f"stepping from image to image, {self.transitions} time{'s' * (self.transitions > 1)}"
        return measure_transients(
            self.chip.circuit,
            self.chip.input_volts(self.chip.dataset.test_images[:shown]),
            self.engine,
            dc_outputs_v=solutions_v[:shown],
            flat=self.run.flat,
            workers=self.workers,
            executor=self.run.executor,
            progress=lambda share: self.tell(what, share),
        )

    def _cost(self) -> ChipCost:
        """Return delay and power of the steps by the numeric engine, for devices at their targets."""
        return measure_cost(
            self.chip.deployment,
            self.chip.input_volts(self.chip.dataset.test_images[: self.transitions + 1], np.float32),
            progress=lambda share: self.tell("delay and power by the numeric engine", share),
        )

    def _warnings(self, headroom: Headroom) -> tuple[str, ...]:
        setup = self.chip.setup
        spread: tuple[str, ...] = ()
        if not setup.devices.ideal:
            spread = ("devices are not at their targets; the references have the targets",)
        if self.run.analysis == "cost" and not (setup.devices.ideal and setup.conductances is None):
            spread += ("delay, energy and power are those of nominal devices, unlike the accuracy",)
        return (*self.chip.notes, *spread, *headroom.warnings(self.chip.technology))
