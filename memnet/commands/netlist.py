# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet netlist`: writes a genotype's circuit as netlists for a SPICE tool, with images and expected outputs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memnet.commands.console import out
from memnet.commands.options import (
    Bits,
    Channels,
    Data,
    DataSet,
    Deploy,
    Ideal,
    Images,
    Layers,
    Name,
    Seed,
    Structure,
    TechnologyName,
    WeightFile,
)
from memnet.netlist import DIALECTS

if TYPE_CHECKING:
    from memnet.flow import Assembly
    from memnet.netlist import Export, Timing

PLATEAU = 6.0  # how long a transient testbench shows each image, in critical paths
STEPS = 200  # time steps that it takes for each image, at least


class Analysis(StrEnum):
    """Analyses of a testbench."""

    dc = "dc"
    transient = "transient"


Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Directory; by default one below netlists.", rich_help_panel="Output"),
]
DialectName = Annotated[str, typer.Option(help=f"{', '.join(DIALECTS)}.", rich_help_panel="Output")]
AnalysisName = Annotated[
    Analysis, typer.Option(help="dc sweeps the images; transient shows them one after another.", rich_help_panel="Run")
]
ImageTime = Annotated[
    float | None, typer.Option(min=1e-9, help="Seconds that an image stays in a transient.", rich_help_panel="Run")
]
Table = Annotated[
    Path | None,
    typer.Option("--placement", help="The placement table, here too: .csv or .parquet.", rich_help_panel="Output"),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("netlist")(netlist)


def netlist(
    genotype: Name = "PDARTS",
    output: Output = None,
    dialect: DialectName = "ngspice",
    channels: Channels = 4,
    layers: Layers = 3,
    dataset: DataSet = "digits",
    data: Data = None,
    seed: Seed = 0,
    weights: WeightFile = None,
    technology: TechnologyName = "hfox-130nm",
    bits: Bits = None,
    ideal: Ideal = False,
    deploy: Deploy = "individual",
    structure: Structure = "shared",
    images: Images = 4,
    analysis: AnalysisName = Analysis.dc,
    image_time: ImageTime = None,
    placement: Table = None,
) -> None:
    """Write a genotype's circuit as netlists with test images, a testbench and the outputs to expect."""
    from memnet.flow import Setup, assemble
    from memnet.netlist import find_dialect, write_export, write_table

    find_dialect(dialect)
    built = assemble(
        Setup(
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
    )
    chip = f"-{built.structure}" if built.structure else ""
    name = f"{built.network.genotype.name}-C{channels}-L{layers}{chip}-{dialect}".replace(":", "-")
    folder = output or Path("netlists") / name
    timing = None if analysis is Analysis.dc else _timing(built, image_time)
    manifest = write_export(_export(built, dialect, images, timing), folder)
    console = out()
    console.print(
        f"{folder}: {built.title} for {DIALECTS[dialect].tool}, {manifest['memristors']} memristors, "
        f"{manifest['opamps']} op-amps, {manifest['images']} images"
    )
    console.print(f"run it there with: {DIALECTS[dialect].command}   (README.md says what to expect)")
    if placement is not None:
        write_table(built.circuit, built.placement, placement)
        console.print(f"placement: {placement}")


def _export(built: Assembly, dialect: str, images: int, timing: Timing | None) -> Export:
    """Return the export of a circuit with its first test images, their expected outputs and the placement table."""
    from memnet.netlist import Export, table_pieces
    from memnet.network import forward

    shown = built.dataset.test_images[:images]
    logits = forward(built.network, built.parameters, shown).logits
    return Export(
        circuit=built.circuit,
        title=built.title,
        images_v=built.input_volts(shown),
        expected_v=logits * built.circuit.output_scale_v,
        dialect=dialect,
        timing=timing,
        labels=built.dataset.test_labels[:images],
        about={"weights": built.weights.note},
        extra={"placement.csv": table_pieces(built.circuit, built.placement)},
    )


def _timing(built: Assembly, image_s: float | None) -> Timing:
    """Return the timing of a transient testbench; without `image_s` an image is shown for PLATEAU critical paths."""
    from memnet.circuit import critical_path_s
    from memnet.netlist import Timing

    shown_s = image_s or PLATEAU * critical_path_s(built.circuit)
    return Timing(image_s=shown_s, step_s=shown_s / STEPS)
