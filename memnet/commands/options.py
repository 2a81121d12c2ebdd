# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that several commands have, each as an annotated type with its help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_NETWORK, _CHIP, _RUN, _OUT = "Network", "Chip", "Run", "Output"
Name = Annotated[
    str,
    typer.Argument(
        metavar="GENOTYPE",
        help="Known name, .json or .txt file, random:SEED, random-derived:SEED, or DARTS's Genotype(...).",
    ),
]
Channels = Annotated[
    int, typer.Option(min=1, max=512, help="C, channels of the first cells.", rich_help_panel=_NETWORK)
]
Layers = Annotated[int, typer.Option(min=3, max=100, help="L, number of cells.", rich_help_panel=_NETWORK)]
UsualChannels = Annotated[
    int | None,
    typer.Option(
        "--channels",
        min=1,
        max=512,
        rich_help_panel=_NETWORK,
        help="C, channels of the first cells; by default 4 for digits, 16 for cifar10.",
    ),
]
UsualLayers = Annotated[
    int | None,
    typer.Option(
        "--layers",
        min=3,
        max=100,
        rich_help_panel=_NETWORK,
        help="L, number of cells; by default 3 for digits, 8 for cifar10.",
    ),
]
DataSet = Annotated[str, typer.Option(help="digits or cifar10.", rich_help_panel=_NETWORK)]
Data = Annotated[
    Path | None, typer.Option(help="Folder or archive of the data set; digits need none.", rich_help_panel=_NETWORK)
]
Seed = Annotated[
    int, typer.Option(min=0, help="Of weights where no trained ones are shipped.", rich_help_panel=_NETWORK)
]
WeightFile = Annotated[
    Path | None, typer.Option("--weights", help="Weight file from train or import.", rich_help_panel=_NETWORK)
]
TechnologyName = Annotated[str, typer.Option(help="Name or TOML file of a technology.", rich_help_panel=_CHIP)]
Bits = Annotated[
    int | None,
    typer.Option(
        min=1, max=12, help="Conductances have 2^bits levels; by default the technology's.", rich_help_panel=_CHIP
    ),
]
Ideal = Annotated[bool, typer.Option("--ideal", help="Ideal amplifiers and selectors.", rich_help_panel=_CHIP)]
Deploy = Annotated[
    str, typer.Option(help="individual, or hypernetwork: a chip that holds every architecture.", rich_help_panel=_CHIP)
]
Structure = Annotated[
    str, typer.Option(help="Of the hypernetwork: shared, slotted or duplicated.", rich_help_panel=_CHIP)
]
Images = Annotated[int, typer.Option(min=1, help="Test images, from the first.", rich_help_panel=_RUN)]
EngineName = Annotated[
    str | None, typer.Option(help="Simulator; by default the first that is here.", rich_help_panel=_RUN)
]
Flat = Annotated[bool, typer.Option("--flat", help="One deck for the whole network; slow.", rich_help_panel=_RUN)]
Cache = Annotated[
    Path | None,
    typer.Option(help="Keep finished decks in this folder, and reuse those that are there.", rich_help_panel=_RUN),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Worker processes; by default one a core.", rich_help_panel=_RUN)
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help="Simulate on the Dask cluster there.", rich_help_panel=_RUN),
]
Batch = Annotated[
    int | None, typer.Option(min=1, help="Images in one deck; as many as fit by default.", rich_help_panel=_RUN)
]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.", rich_help_panel=_OUT)]
ReportFolder = Annotated[
    Path | None, typer.Option("--report", help="Write a report with pictures into this folder.", rich_help_panel=_OUT)
]
_USUAL_SIZES = {"digits": (4, 3), "cifar10": (16, 8)}


def usual_size(dataset: str, channels: int | None, layers: int | None) -> tuple[int, int]:
    """Return C and L; where None is given, those that networks for this data set are usually trained with."""
    usual = _USUAL_SIZES.get(dataset, _USUAL_SIZES["digits"])
    return channels or usual[0], layers or usual[1]
