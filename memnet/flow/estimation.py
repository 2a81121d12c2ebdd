# SPDX-License-Identifier: GPL-3.0-or-later
"""Predicts devices, netlist size, time and memory of simulating a network from its plan, without building a circuit.

The coefficients are those of `simulation.effort`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from os import PathLike

from memnet.circuit import Tally, tally_stage
from memnet.flow.chosen import check_on, plan_of, sizes_of
from memnet.flow.fields import refuse_without_effect
from memnet.flow.settings import Run, Setup
from memnet.flow.tables import as_html
from memnet.genotype import Genotype, read_genotype
from memnet.measurement import Counts, count_tally
from memnet.network import Network, build_network
from memnet.network.datasets import data_source, is_own_file, load_dataset
from memnet.simulation import (
    FLAT_FACTOR,
    FLAT_PARSE_FACTOR,
    FLAT_STEPS,
    MOST_DECK_BYTES,
    PROCESS_BYTES,
    STEP_FACTOR,
    TEXT_BYTES,
    TYPICAL_STEPS,
    Devices,
    available_bytes,
    cut_bytes,
    record_bytes,
)

# An estimate counts devices, which follow from these settings of a chip alone; all others would change nothing.
COUNTED = ("genotype", "channels", "layers", "dataset", "on")
WITHOUT_EFFECT = tuple(each.name for each in fields(Setup) if each.name not in COUNTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedRun:
    """Predicted time and memory of one way to simulate.

    >>> estimate("DARTS_V1", images=20).partitioned.core_s > 0
    True
    """

    core_s: float  # summed over workers
    wall_s: float  # core_s divided by the number of workers
    memory_bytes: float
    fits: bool | None  # into the memory that is free now; None where the system does not tell how much is free


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Estimate:
    """Effort of simulating a network; on an idle core dc times hold within a factor of two, transients within three.

    All counts are taken from the plan, without weights. Where these decide how many bias rows there are, one row is
    counted, so that `counts.memristors` is a lower bound (`counts.lower_bound`).

    >>> found = estimate("DARTS_V1", images=20)
    >>> found.images, found.counts.opamps
    (20, 18004)
    """

    title: str
    images: int
    workers: int
    counts: Counts  # components of the chip
    devices: Devices  # what the effort depends on; here `resistors` are memristors, scale resistors and switches
    deck_bytes: float  # of one flat deck
    partitioned: PredictedRun
    flat: PredictedRun
    partitioned_transition: PredictedRun  # one step from image to image
    flat_transition: PredictedRun

    def __repr__(self) -> str:
        """Return devices, time and memory in a few lines."""
        runs = {
            "partitioned": (self.partitioned, self.partitioned_transition),
            "one flat deck": (self.flat, self.flat_transition),
        }
        lines = [
            f"Estimate of {self.title}: {self.memristors:,} memristors, {self.devices.amplifiers:,} op-amps, "
            f"{self.devices.selectors:,} comparators"
        ]
        lines += [
            f"  {name}: dc of {self.images} images {sweep.core_s:.3g} core seconds, a transition "
            f"{transition.core_s:.3g} core seconds, {transition.memory_bytes / 1e9:.2g} GB"
            for name, (sweep, transition) in runs.items()
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        return as_html(repr(self))

    @property
    def memristors(self) -> int:
        """Return the number of memristors, which is a lower bound if `counts.lower_bound`.

        >>> found.memristors
        147892
        """
        return self.counts.memristors


def estimate(chosen: Setup | str | PathLike[str] | Genotype, *, images: int = 20, workers: int = 1) -> Estimate:
    """Predict time and memory of a dc sweep over `images` images, and of one image transition.

    Parameters
    ----------
    chosen : an architecture and the chip that it is for, or an architecture alone, with the usual sizes
    workers : processes that simulate partitions at the same time

    Raises
    ------
    MemnetError
        the genotype, the deployment, the sizes or the numbers are not right, or a setting of the chip changes nothing

    Examples
    --------
    >>> found = estimate("PDARTS", images=20)
    >>> found.counts.memristors
    205396
    """
    setup = chosen if isinstance(chosen, Setup) else Setup(chosen)
    run = Run(images=images, workers=workers)  # refuses numbers that no simulation can have
    refuse_without_effect(setup, WITHOUT_EFFECT, "on an estimate, which only counts devices")
    check_on(setup.on)
    network = _network(setup)
    plan = plan_of(network, setup.on)
    tallies = [tally_stage(stage, plan) for stage in plan.stages]
    by_stage, tally = [Devices.of(each) for each in tallies], sum(tallies, Tally())
    total = Devices.of(tally)
    parse_s = sum(devices.parse_s() for devices in by_stage)
    largest = min(max(devices.run_bytes() for devices in by_stage) - PROCESS_BYTES, MOST_DECK_BYTES)
    memory = cut_bytes(total, largest, workers)
    step_s, flat_parse_s = STEP_FACTOR * total.image_s(), FLAT_PARSE_FACTOR * total.parse_s()
    sizes = "x".join(map(str, network.image_shape))
    return Estimate(
        title=f"{network.genotype.name}, C={network.channels}, L={network.cells}, {sizes} input",
        images=run.images,
        workers=workers,
        counts=count_tally(tally, plan),
        devices=total,
        deck_bytes=total.times(TEXT_BYTES),
        partitioned=_run(parse_s + images * total.image_s(), workers, memory),
        flat=_run(flat_parse_s + FLAT_FACTOR * images * total.image_s(), 1, total.run_bytes()),
        partitioned_transition=_run(parse_s + TYPICAL_STEPS * step_s, workers, memory),
        flat_transition=_run(flat_parse_s + FLAT_STEPS * step_s, 1, total.run_bytes() + record_bytes(total)),
    )


def _run(core_s: float, workers: int, memory_bytes: float) -> PredictedRun:
    available = available_bytes()
    return PredictedRun(
        core_s=core_s,
        wall_s=core_s / workers,
        memory_bytes=memory_bytes,
        fits=None if available is None else memory_bytes <= available,
    )


def _network(setup: Setup) -> Network:
    genotype = setup.genotype if isinstance(setup.genotype, Genotype) else read_genotype(setup.genotype)
    channels, layers = sizes_of(setup)
    if isinstance(setup.dataset, str) and not is_own_file(setup.dataset):
        source = data_source(setup.dataset)  # an estimate does not load the data set
        shape, classes = source.image_shape, source.classes
    else:
        dataset = load_dataset(setup.dataset) if isinstance(setup.dataset, str) else setup.dataset
        shape, classes = dataset.image_shape, len(dataset.classes)
    return build_network(genotype, channels=channels, layers=layers, image_shape=shape, classes=classes)
