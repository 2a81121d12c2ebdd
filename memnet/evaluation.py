"""Classifies whole test sets at circuit level with the numeric engine; knows no command line and writes no file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.assembly import Setup, calibration_images, check_deployment, plan_of, technology_of
from memnet.conductances.deploy import Deployment, deploy
from memnet.conductances.rows import followed_term
from memnet.datasets import Dataset, load_dataset
from memnet.errors import DataError, SetupError
from memnet.genotype import Genotype, read_genotype
from memnet.measurement.accuracy import accuracy, judge
from memnet.measurement.area import Counts, area_parts
from memnet.measurement.cost import ChipCost, count_deployment, measure_cost
from memnet.network import Network, build_network
from memnet.numeric.disturbance import Disturbance
from memnet.numeric.engine import NumericCircuit, NumericResult, cores, single_threaded_blas
from memnet.numeric.readback import programmed_parameters
from memnet.numeric.spice_check import SpiceCheck, spice_check
from memnet.reference import Parameters, fold, forward
from memnet.simulation.base import find_engine
from memnet.stages import INPUT, followed
from memnet.technology import Technology
from memnet.weights import Weights, load_for

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]
DEFAULT_REFERENCES = 200
SPICE_IMAGES = 4
REFERENCE_BATCH = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A deployed network with its data, not yet drawn as a circuit: that would not fit in memory at CIFAR-10's size."""

    setup: Setup
    network: Network
    dataset: Dataset
    weights: Weights
    deployment: Deployment

    @property
    def title(self) -> str:
        """Return what this is in a few words, such as `PDARTS, C=16, L=8, cifar10`."""
        return f"{self.network.genotype.name}, C={self.network.channels}, L={self.network.cells}, {self.dataset.name}"

    def input_volts(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the input voltages (images, input nets) of images (images, channels, height, width)."""
        volts = np.asarray(images, dtype=np.float32).reshape(len(images), -1)
        return volts * np.float32(self.deployment.scales[INPUT])

    def logits(self, result: NumericResult) -> Floats:
        """Return the class outputs in the network's units, (images, classes)."""
        return np.asarray(result.outputs_v, dtype=np.float64) / self.deployment.scales[result.output]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One chip drawn from a seed, over all images."""

    seed: int
    accuracy: float
    logits: Floats
    peaks_v: dict[str, float]
    saturated: dict[str, int]
    build_s: float  # drawing and loading its devices
    run_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Accuracy of one or several chips over test images, with references on some of them."""

    chip: Chip
    disturbance: Disturbance
    draws: tuple[Draw, ...]
    labels: npt.NDArray[np.int64]
    reference_logits: Floats  # (references, classes), with the same levels
    float_logits: Floats
    counts: Counts
    check: SpiceCheck | None
    cost: ChipCost | None
    wall_s: float

    @property
    def accuracies(self) -> Floats:
        """Return the accuracy of each draw."""
        return np.array([draw.accuracy for draw in self.draws])

    @property
    def images_per_s(self) -> float:
        """Return the rate over all draws, without building them."""
        return len(self.labels) * len(self.draws) / sum(draw.run_s for draw in self.draws)

    def warnings(self) -> tuple[str, ...]:
        """Return what a reader must know: doubtful weights and data, voltages beyond limits."""
        chip, limit = self.chip, self.chip.deployment.technology.memristor.read_limit_v
        lines = [*chip.dataset.notes, *((chip.weights.note,) if chip.weights.origin == "seeded" else ())]
        peaks = self.row_peaks_v()
        over = {name: peak for name, peak in peaks.items() if peak > limit}
        if over:
            worst = max(over, key=lambda name: over[name])
            lines.append(f"net/{worst}: {over[worst]:.3g} V on a row exceeds the read limit of {limit:g} V "
                         f"({len(over)} of {len(peaks)} signals do)")  # fmt: skip
        for name, count in sorted(self._saturated().items(), key=lambda item: -item[1])[:1]:
            lines.append(f"net/{name}: {count} op-amp outputs in all images saturate; no stage has more")
        return tuple(lines)

    def figures(self) -> dict[str, Any]:
        """Return all figures by name, in SI units."""
        chip, network, technology = self.chip, self.chip.network, self.chip.deployment.technology
        few = len(self.reference_logits)
        judged = judge(self.draws[0].logits[:few], self.reference_logits, self.float_logits, self.labels[:few])
        return {
            "genotype": network.genotype.name, "deploy": chip.setup.deploy,
            "structure": chip.setup.structure if chip.setup.deploy == "hypernetwork" else None,
            "channels": network.channels, "layers": network.cells,
            "dataset": chip.dataset.name, "weights": chip.weights.origin,
            "technology": technology.name, "bits": technology.memristor.bits, "images": len(self.labels),
            **{name: value for name, value in asdict(self.disturbance).items() if name != "seed"},
            "seeds": [draw.seed for draw in self.draws], "accuracy": float(self.accuracies.mean()),
            "accuracy_std": float(self.accuracies.std()), "accuracy_by_seed": self.accuracies.tolist(),
            "reference_images": few, "float_accuracy": accuracy(self.float_logits, self.labels[:few]),
            "reference_accuracy": accuracy(self.reference_logits, self.labels[:few]), "agreement": judged.agreement,
            "float_agreement": judged.float_agreement, "logit_error": judged.logit_error,
            "saturated": self._saturated(), "largest_row_v": max(self.row_peaks_v().values()),
            **asdict(self.counts), "area_m2": sum(area_parts(self.counts, technology).values()),
            "engine": "numeric", "solver": "closed form", "images_per_s": self.images_per_s,
            "build_s": sum(draw.build_s for draw in self.draws), "wall_s": self.wall_s, "spice_check": self._check(),
            **({} if self.cost is None else self._cost(self.cost)), "warnings": list(self.warnings()),
        }  # fmt: skip

    def to_json(self) -> str:
        """Return `figures` as JSON."""
        return json.dumps(self.figures(), indent=2) + "\n"

    def row_peaks_v(self) -> dict[str, float]:
        """Return the largest voltage of every net group that drives rows, over images and draws."""
        plan = self.chip.deployment.plan
        # Unless they are lent, first amplifiers drive open switches, whatever they give.
        idle = {followed(stage.name) for stage in plan.stages if stage.follows and not followed_term(stage, plan)}
        names = [name for name in self.draws[0].peaks_v if name not in idle]
        return {name: max(draw.peaks_v[name] for draw in self.draws) for name in names}

    def _saturated(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for draw in self.draws:
            for name, count in draw.saturated.items():
                total[name] = total.get(name, 0) + count
        return total

    @staticmethod
    def _cost(cost: ChipCost) -> dict[str, Any]:
        found = asdict(cost)
        del found["wall_s"]  # that of the whole call stands there
        return found

    def _check(self) -> dict[str, Any] | None:
        if self.check is None:
            return None
        check = self.check
        return {
            "blocks": len(check.blocks), "stages": check.stages, "images": check.images, "engine": check.engine,
            "solver": check.solver, "largest_deviation": check.worst.deviation, "worst_block": check.worst.stage,
            "largest_deviation_v": max(block.deviation_v for block in check.blocks),
        }  # fmt: skip


def evaluate(
    setup: Setup, *, images: int | None = None, disturbance: Disturbance | None = None, seeds: int = 1,
    references: int = DEFAULT_REFERENCES, spice_blocks: int = 0, transitions: int = 0, engine: str | None = None,
    workers: int | None = None, progress: Progress | None = None,
) -> Evaluation:  # fmt: skip
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
    disturbance, workers = disturbance or Disturbance(), workers or cores()
    draws = tuple(draw(chip, replace(disturbance, seed=disturbance.seed + index), len(labels), workers,
                       _part(tell, index, seeds)) for index in range(seeds))  # fmt: skip
    few = chip.dataset.test_images[: min(references, len(labels))]
    check = None
    if simulator is not None:
        picked = np.random.default_rng(0).permutation(len(labels))[: max(2, SPICE_IMAGES)]
        volts = chip.input_volts(chip.dataset.test_images[picked]).astype(np.float64)
        check = spice_check(
            chip.deployment, volts, simulator, spice_blocks,
            progress=lambda share: tell("sampled blocks in SPICE", share),
        )  # fmt: skip
    cost = None
    if transitions:
        stepped = chip.input_volts(chip.dataset.test_images[: transitions + 1])
        said = "stepping from image to image"
        cost = measure_cost(chip.deployment, stepped, progress=lambda share: tell(said, share))
    levels, floats = programmed_parameters(chip.deployment), fold(chip.network, chip.weights.tensors)
    return Evaluation(
        chip=chip, disturbance=disturbance, draws=draws, labels=labels, counts=count_deployment(chip.deployment),
        check=check, cost=cost, reference_logits=reference_logits(chip.network, levels, few, workers),
        float_logits=reference_logits(chip.network, floats, few, workers), wall_s=time.perf_counter() - start,
    )  # fmt: skip


def prepare(setup: Setup, tell: Progress = lambda _what, _share: None) -> Chip:
    """Read data and weights, choose scales and levels."""
    tell("choosing scales and levels", 0.0)
    check_deployment(setup)
    genotype = setup.genotype if isinstance(setup.genotype, Genotype) else read_genotype(setup.genotype)
    dataset = setup.dataset if isinstance(setup.dataset, Dataset) else load_dataset(setup.dataset, setup.data)
    network = build_network(
        genotype, channels=setup.channels, layers=setup.layers, image_shape=dataset.image_shape,
        classes=len(dataset.classes),
    )  # fmt: skip
    weights = setup.weights
    if not isinstance(weights, Weights):
        weights = load_for(network, dataset, seed=setup.seed, path=None if weights is None else Path(weights))
    chip = Chip(setup=setup, network=network, dataset=dataset, weights=weights,
                deployment=redeploy(setup, network, dataset, weights, technology_of(setup)))  # fmt: skip
    tell("choosing scales and levels", 1.0)
    return chip


def redeploy(
    setup: Setup, network: Network, dataset: Dataset, weights: Weights, technology: Technology
) -> Deployment:
    """Deploy a network on the chip a setup asks for."""
    images = calibration_images(network, dataset)
    return deploy(network, plan_of(setup, network), weights.tensors, images, technology)


def draw(chip: Chip, disturbance: Disturbance, images: int, workers: int, tell: Progress) -> Draw:
    """Draw the devices of one chip and classify images with it."""
    start = time.perf_counter()
    circuit = NumericCircuit(
        chip.deployment, disturbance, dtype=np.float32, progress=lambda share: tell("loading devices", share)
    )
    built = time.perf_counter()
    volts = chip.input_volts(chip.dataset.test_images[:images])
    result = circuit.run(volts, workers=workers, progress=lambda share: tell("classifying images", share))
    logits = chip.logits(result)
    return Draw(
        seed=disturbance.seed, accuracy=accuracy(logits, chip.dataset.test_labels[:images]), logits=logits,
        peaks_v=result.peaks_v, saturated=result.saturated, build_s=built - start, run_s=time.perf_counter() - built,
    )  # fmt: skip


def _part(tell: Progress, index: int, parts: int) -> Progress:
    return lambda what, share: tell(what, (index + share) / parts)


def reference_logits(network: Network, parameters: Parameters, images: npt.NDArray[Any], workers: int) -> Floats:
    """Return the logits (images, classes) of the numeric reference, computed in threads."""
    starts = range(0, len(images), REFERENCE_BATCH)
    with single_threaded_blas(), ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda at: forward(network, parameters, images[at : at + REFERENCE_BATCH]).logits, starts)
        return np.concatenate([np.zeros((0, network.classes)), *parts])
