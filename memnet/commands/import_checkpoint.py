# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet import`: turns a PyTorch checkpoint into a weight file, with `network.import_checkpoint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from memnet.commands.console import out, refuse_unwritable, unnamed

Channels = Annotated[
    int, typer.Option(min=1, max=512, help="C, channels of the first cells.", rich_help_panel="Network")
]
Layers = Annotated[int, typer.Option(min=3, max=100, help="L, number of cells.", rich_help_panel="Network")]
Checkpoint = Annotated[Path, typer.Argument(help=".pt, .pth, .tar, .safetensors or .npz file of quark0/darts.")]
GenotypeName = Annotated[str, typer.Option("--genotype", "-g", help="Known name, file, or DARTS's Genotype(...).")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Weight file to write; by default beside it, .npz.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("import")(import_weights)


def import_weights(
    checkpoint: Checkpoint, genotype: GenotypeName, channels: Channels = 4, layers: Layers = 3, output: Output = None
) -> None:
    """Turn a DARTS checkpoint into a weight file for --weights.

    The checkpoint must be of the CIFAR evaluation network: genotype, C and L as it was trained.
    """
    from memnet.errors import SetupError
    from memnet.genotype import read_genotype
    from memnet.network import import_checkpoint, save

    target = output or checkpoint.parent / f"{checkpoint.stem or 'weights'}.npz"
    if target.suffix != ".npz":
        raise SetupError(f"{target}: a weight file's name ends in .npz")
    if target.resolve() == checkpoint.resolve():
        raise SetupError(f"{checkpoint}: would be overwritten by its own import; name another file with -o")
    refuse_unwritable(target if output else unnamed(target), read=[genotype])
    network, tensors = import_checkpoint(checkpoint, read_genotype(genotype), channels=channels, layers=layers)
    save(target, network, tensors, {"imported": checkpoint.name})
    out().print(
        f"{target}: {network.genotype.name}, C={channels}, L={layers}, {network.image_shape[0]} image channels, "
        f"{network.classes} classes, {network.parameters()} parameters"
    )
