# SPDX-License-Identifier: GPL-3.0-or-later
"""Deploys architectures individually and on hypernetworks, by the same means; leaves ratios to the comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path

from memnet.deployment import individual_plan
from memnet.deployment.hypernetwork import STRUCTURES, large_members
from memnet.errors import SetupError
from memnet.flow.comparison import BOUNDED, ComparedChip, Comparison, Measured
from memnet.flow.results import Simulation
from memnet.flow.run_simulation import simulate
from memnet.flow.setup import Setup, check_deployment, plan_of, technology_of
from memnet.genotype import Genotype, read_genotype
from memnet.measurement import component_areas, count_plan
from memnet.network import Network, build_network
from memnet.network.datasets import Dataset, load_dataset
from memnet.simulation.engines import Engine
from memnet.technology import DEFAULT_TECHNOLOGY, Technology

Progress = Callable[[str, float], None]
Chosen = tuple[str, str | None]  # a genotype and a structure, None for a chip of its own


def compare(
    genotypes: Sequence[str | Genotype],
    *,
    structures: Sequence[str] = tuple(STRUCTURES),
    channels: int = 4,
    layers: int = 3,
    dataset: str | Dataset = "digits",
    data: Path | str | None = None,
    seed: int = 0,
    technology: str | Technology = DEFAULT_TECHNOLOGY,
    bits: int | None = None,
    counts_only: bool = False,
    images: int = 4,
    transitions: int = 1,
    engine: str | Engine | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare every architecture on every structure with a chip of its own.

    Power and delay come from partitioned transients over the same images, parts from the circuits simulated.

    Parameters
    ----------
    channels, layers, dataset, data, seed, technology, bits : see `Setup`
    counts_only : parts and areas alone, from plans: nothing is built, so that any C and L will do
    images : test images swept in dc, for agreement with the reference
    transitions : steps from image to image
    executor : where decks run; by default worker processes of its own
    progress : called with which chip is simulated and what share of that is done

    Raises
    ------
    MemnetError
        with what is wrong, where, and what to do; an architecture that a structure cannot hold is refused first
    """
    if not genotypes or not structures:
        raise SetupError("nothing to compare: give at least one genotype and one structure")
    shown = load_dataset(dataset, data) if isinstance(dataset, str) else dataset
    found = [read_genotype(each) if isinstance(each, str) else each for each in genotypes]
    setups = {
        (genotype.name, structure): Setup(
            genotype=genotype,
            channels=channels,
            layers=layers,
            dataset=shown,
            seed=seed,
            technology=technology,
            bits=bits,
            deploy="hypernetwork" if structure else "individual",
            structure=structure or "shared",
        )
        for genotype in found
        for structure in (None, *structures)
    }
    planned = {chosen: _planned(chosen, setup, shown) for chosen, setup in setups.items()}
    if counts_only:
        chips = planned
    else:
        run = _ComparisonRuns(images, transitions, engine, workers, executor, progress or (lambda _what, _share: None))
        chips = {chosen: run.chip(chosen, setup) for chosen, setup in setups.items()}
    first = next(iter(setups.values()))
    return Comparison(
        channels=channels,
        layers=layers,
        dataset=shown.name,
        technology=technology_of(first).name,
        individual=tuple(chip for (_, structure), chip in chips.items() if structure is None),
        hypernetworks=tuple(chip for (_, structure), chip in chips.items() if structure is not None),
        bounds={structure: _bounds(structure, first, shown) for structure in structures},
    )


def _network(setup: Setup, genotype: Genotype, dataset: Dataset) -> Network:
    return build_network(
        genotype,
        channels=setup.channels,
        layers=setup.layers,
        image_shape=dataset.image_shape,
        classes=len(dataset.classes),
    )


def _planned(chosen: Chosen, setup: Setup, dataset: Dataset) -> ComparedChip:
    """Return a chip's parts from its plan alone."""
    check_deployment(setup)
    genotype = setup.genotype if isinstance(setup.genotype, Genotype) else read_genotype(setup.genotype)
    counts = count_plan(plan_of(setup, _network(setup, genotype, dataset)))
    return ComparedChip(
        genotype=chosen[0],
        structure=chosen[1],
        counts=counts,
        area_parts_m2=component_areas(counts, technology_of(setup)),
    )


def _bounds(structure: str, setup: Setup, dataset: Dataset) -> dict[str, ComparedChip]:
    """Return for each bounded figure the member of a structure's space that has most of it, deployed individually."""
    chips = []
    for genotype in large_members(structure):
        counts = count_plan(individual_plan(_network(setup, genotype, dataset)))
        areas = component_areas(counts, technology_of(setup))
        chips.append(ComparedChip(genotype=genotype.name, structure=structure, counts=counts, area_parts_m2=areas))
    return {figure: max(chips, key=lambda chip: chip.figure(figure) or 0.0) for figure in BOUNDED}


class _ComparisonRuns:
    """Simulates chips one after the other, each in the same way."""

    def __init__(
        self,
        images: int,
        transitions: int,
        engine: str | Engine | None,
        workers: int | None,
        executor: Executor | None,
        tell: Progress,
    ) -> None:
        self.images, self.transitions, self.engine, self.workers = images, transitions, engine, workers
        self.executor, self.tell = executor, tell

    def chip(self, chosen: Chosen, setup: Setup) -> ComparedChip:
        where = f"{chosen[0]}, {chosen[1] or 'individual'}"
        result = simulate(
            setup.genotype,
            channels=setup.channels,
            layers=setup.layers,
            dataset=setup.dataset,
            seed=setup.seed,
            technology=setup.technology,
            bits=setup.bits,
            deploy=setup.deploy,
            structure=setup.structure,
            images=self.images,
            analysis="transient",
            transitions=self.transitions,
            engine=self.engine,
            workers=self.workers,
            executor=self.executor,
            progress=lambda what, share: self.tell(f"{where}: {what}", share),
        )
        return ComparedChip(
            genotype=chosen[0],
            structure=chosen[1],
            counts=result.counts,
            area_parts_m2=result.area_parts_m2,
            measured=_measured(result),
        )


def _measured(result: Simulation) -> Measured:
    transient = result.transient
    if transient is None:
        raise SetupError("a comparison needs transients; run them or count parts only")
    return Measured(
        delay_s=transient.delay_s,
        power_w=transient.power_w,
        energy_j=transient.energy_j,
        power_parts_w=transient.power_parts_w,
        logit_error=result.accuracy.logit_error,
        agreement=result.accuracy.agreement,
        images=result.images,
        transitions=transient.transitions,
        engine=f"{result.engine}, {result.solver}",
        wall_s=result.wall_s,
    )
