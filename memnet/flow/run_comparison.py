# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts and simulates architectures on hypernetworks and individually, for a comparison of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from os import PathLike

from memnet.arrays import ChipTiles, lay_out
from memnet.deployment import Plan
from memnet.deployment.hypernetwork import large_members
from memnet.errors import SetupError
from memnet.flow.cells import has_transistors, with_cells
from memnet.flow.chip import Chip, taking
from memnet.flow.chosen import check_on, network_of, plan_of, sizes_of
from memnet.flow.compared import ARRAY_BOUNDED, BOUNDED, ComparedChip, Measured, OnArrays
from memnet.flow.comparison import Comparison
from memnet.flow.comparison_settings import ComparisonSettings
from memnet.flow.memristor_settings import MemristorSettings
from memnet.flow.reading import memristor_name
from memnet.flow.results import Simulation
from memnet.flow.settings import INDIVIDUAL, Setup, known_chip
from memnet.flow.technologies import technology_of
from memnet.flow.wiring import array_of, line_area_m2
from memnet.genotype import Genotype, read_genotype
from memnet.measurement import CONVERTERS, component_areas, count_plan
from memnet.network import shipped_file
from memnet.network.datasets import Dataset, load_dataset
from memnet.technology import Technology

Chosen = tuple[str, str]  # a genotype's name and the kind of chip, as `Setup.on` has it


@taking(ComparisonSettings)
def compare(genotypes: Sequence[str | PathLike[str] | Genotype], settings: ComparisonSettings) -> Comparison:
    """Compare every architecture on every hypernetwork structure in `on` with a chip of its own.

    Power and delay come from partitioned transients over the same images, or with analysis `cost` from the numeric
    engine; accuracy from a dc sweep in SPICE, counts from the chips simulated. With
    `counts_only` counts come from plans, and nothing is built. An architecture that a structure cannot hold is refused
    before anything is simulated.

    Examples
    --------
    >>> found = compare(["DARTS_V1"], on=["shared"], counts_only=True, channels=1)
    >>> found.individual[0].counts.memristors, found.hypernetworks[0].counts.memristors
    (20860, 163392)
    """
    if not genotypes or not settings.on:
        raise SetupError("nothing to compare: give at least one genotype and one structure")
    if isinstance(genotypes, str | PathLike) or isinstance(settings.on, str):
        raise SetupError("give genotypes and structures as sequences, such as on=('shared',)")
    settings = replace(settings, on=tuple(dict.fromkeys(known_chip(structure) for structure in settings.on)))
    for structure in settings.on:
        check_on(structure)
        if structure == INDIVIDUAL:
            raise SetupError("individual chips are what structures are compared with: leave individual out of on")
    dataset = settings.dataset
    dataset = load_dataset(dataset, settings.data) if isinstance(dataset, str) else dataset
    read = [each if isinstance(each, Genotype) else read_genotype(each) for each in genotypes]
    for genotype in read:
        if any(genotype.name == other.name and genotype != other for other in read):
            raise SetupError(f"two different genotypes are called {genotype.name}: give them different names")
    setups = {
        (genotype.name, on): _setup(settings, genotype, on, dataset)
        for genotype in read
        for on in (INDIVIDUAL, *settings.on)
    }
    planned = {chosen: _planned(setup, dataset) for chosen, setup in setups.items()}
    chips = planned if settings.counts_only else {key: _simulated(setup, settings) for key, setup in setups.items()}
    channels, layers = sizes_of(settings)
    technology = technology_of(settings)
    return Comparison(
        channels=channels,
        layers=layers,
        dataset=dataset.name,
        technology=technology.name,
        bits=technology.memristor.bits,
        devices=settings.devices,
        individual=tuple(chip for (_, on), chip in chips.items() if on == INDIVIDUAL),
        hypernetworks=tuple(chip for (_, on), chip in chips.items() if on != INDIVIDUAL),
        bounds={structure: _bounds(structure, next(iter(setups.values())), dataset) for structure in settings.on},
        array=settings.array,
        patches=settings.patches,
        memristor=None if settings.counts_only else memristor_name(next(iter(setups.values())), technology),
        compensated=settings.compensated,
        cell=settings.cell,
    )


def _setup(settings: ComparisonSettings, genotype: Genotype, on: str, dataset: Dataset) -> Setup:
    """Return the settings of one chip; the seed is left out where trained weights are shipped."""
    common = {each.name: getattr(settings, each.name) for each in fields(MemristorSettings)}
    common |= {"dataset": dataset, "data": None, "array": settings.array, "patches": settings.patches}
    setup = Setup(genotype, on=on, **common)
    if settings.seed and shipped_file(network_of(setup, dataset)[1], dataset.name).exists():
        return Setup(genotype, on=on, **(common | {"seed": 0}))
    return setup


def _planned(setup: Setup, dataset: Dataset) -> ComparedChip:
    """Return a chip with its components counted from its plan alone."""
    _, network = network_of(setup, dataset)
    structure = None if setup.on == INDIVIDUAL else setup.on
    return _counted(network.genotype.name, structure, plan_of(network, setup.on), setup)


def _counted(genotype: str, structure: str | None, plan: Plan, setup: Setup) -> ComparedChip:
    """Return a chip with the components, and where arrays are asked for the tiles, that its plan alone says it has."""
    technology = with_cells(technology_of(setup), setup.cell)
    counts = count_plan(plan, transistors=has_transistors(setup.cell, technology))
    size = array_of(setup, technology)
    tiles = None if size is None else lay_out(plan, {}, size, patches=setup.patches)
    parts = component_areas(counts, technology)
    arrays = _on_arrays(tiles, parts, technology)
    return ComparedChip(genotype=genotype, structure=structure, counts=counts, area_parts_m2=parts, arrays=arrays)


def _on_arrays(tiles: ChipTiles | None, parts: dict[str, float], technology: Technology) -> OnArrays | None:
    """Return the tiles of a chip with their areas, given its areas by kind of component; None where it has none."""
    if tiles is None:
        return None
    other_m2 = sum(area for kind, area in parts.items() if kind not in (*CONVERTERS, "memristors"))
    return OnArrays(
        tiles=tiles.tiles,
        crosspoints=tiles.crosspoints,
        utilisation=tiles.utilisation,
        lines=tiles.lines,
        crosspoint_area_m2=other_m2 + tiles.crosspoints * technology.memristor.area_m2,
        line_area_m2=line_area_m2(tiles, technology),
    )


def _bounds(structure: str, setup: Setup, dataset: Dataset) -> dict[str, ComparedChip]:
    """Return for each bounded figure the member of a structure's space that has most of it, deployed individually."""
    chips = []
    for genotype in large_members(structure):
        _, network = network_of(Setup(genotype, channels=setup.channels, layers=setup.layers, dataset=dataset))
        chips.append(_counted(genotype.name, structure, plan_of(network, INDIVIDUAL), setup))
    bounded = BOUNDED if setup.array is None else ARRAY_BOUNDED
    return {figure: max(chips, key=lambda chip: chip.figure(figure) or 0.0) for figure in bounded}


def _simulated(setup: Setup, settings: ComparisonSettings) -> ComparedChip:
    """Return a chip with its figures from a dc sweep, and a transient or the numeric engine."""
    chip, tell = Chip(setup), settings.progress or (lambda _what, _share: None)
    name = chip.network.genotype.name
    result = chip.simulate(
        images=settings.images,
        analysis=settings.analysis,
        transitions=settings.transitions,
        engine=settings.engine,
        workers=settings.workers,
        executor=settings.executor,
        progress=lambda what, share: tell(f"{name}, {setup.on}: {what}", share),
    )
    return ComparedChip(
        genotype=name,
        structure=chip.structure,
        counts=result.counts,
        area_parts_m2=result.area_parts_m2,
        measured=_measured(result),
        arrays=_on_arrays(chip.tiles, result.area_parts_m2, chip.technology),
    )


def _measured(result: Simulation) -> Measured:
    timing = result.timing
    if timing is None:
        raise SetupError("a comparison needs delay and power: give analysis transient or cost, or counts_only")
    return Measured(
        delay_s=timing.delay_s,
        power_w=timing.power_w,
        energy_j=timing.energy_j,
        power_parts_w=timing.power_parts_w,
        logit_error=result.accuracy.logit_error,
        agreement=result.accuracy.agreement,
        law_shift=result.law_shift,
        analysis=result.analysis,
        accuracy=result.accuracy.accuracy,
        images=result.images,
        transitions=timing.transitions,
        engine=f"{result.engine}, {result.solver}",
        wall_s=result.wall_s,
    )
