# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet train`: trains a genotype with `network.training` and writes its weight file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from memnet.commands.console import out, refuse_unwritable, unnamed
from memnet.commands.options import takes
from memnet.commands.progress import progress_bar
from memnet.flow import Setup

if TYPE_CHECKING:
    from memnet.network.training import Epoch

_Given = TypeVar("_Given")
Seed = Annotated[int, typer.Option(min=0, help="Of the initial weights and the order of images.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Weight file; by default DATASET-GENOTYPE-C-L.npz here.")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="By default the data set's recipe.")]
Checkpoint = Annotated[
    Path | None, typer.Option(help="File written after each epoch; training goes on from it if it exists.")
]
Start = Annotated[
    list[Path] | None,
    typer.Option(
        help="Weight file to begin with: its tensors alone, full-size images, a fresh schedule; given several "
        "times, the mean of the files."
    ),
]
_RECIPE = "Recipe, by default the data set's"
BatchSize = Annotated[int | None, typer.Option(min=1, help="Images a step.", rich_help_panel=_RECIPE)]
LearningRate = Annotated[
    float | None, typer.Option(min=1e-6, max=10, help="Its highest, on a cosine.", rich_help_panel=_RECIPE)
]
MuonRate = Annotated[
    float | None,
    typer.Option(min=0, max=10, help="That of pointwise weights, by Muon; 0: SGD for all.", rich_help_panel=_RECIPE),
]
Cutout = Annotated[
    int | None, typer.Option(min=0, help="Side of the square blanked in each image, pixels.", rich_help_panel=_RECIPE)
]
DropPath = Annotated[
    float | None,
    typer.Option(
        min=0, max=0.9, help="Share of edges dropped in the last epoch, rising from 0.", rich_help_panel=_RECIPE
    ),
]
WeightBits = Annotated[
    int | None,
    typer.Option(min=1, max=12, help="Round weights to the devices' levels in training.", rich_help_panel=_RECIPE),
]
WeightNoise = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Noise of conductances in training, of the channel's largest weight.",
        rich_help_panel=_RECIPE,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("train")(train)


@takes(Setup, only=("genotype", "channels", "layers", "dataset", "data"))
def train(
    setup: Setup,
    seed: Seed = 0,
    epochs: Epochs = None,
    output: Output = None,
    checkpoint: Checkpoint = None,
    start: Start = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    muon_rate: MuonRate = None,
    cutout: Cutout = None,
    drop_path: DropPath = None,
    weight_bits: WeightBits = None,
    weight_noise: WeightNoise = None,
) -> None:
    """Train a genotype (needs the extra train) and write its weight file.

    --weight-bits and --weight-noise put the devices' levels and scatter into the forward pass, so that the network
    learns to bear them.
    """
    from memnet.flow import Chip, network_of
    from memnet.measurement import accuracy
    from memnet.network import Weights, forward, save, shipped_file
    from memnet.network.datasets import recipe_of
    from memnet.network.training import require_torch
    from memnet.network.training import train as run

    require_torch()
    images, network = network_of(setup)
    path = output or unnamed(Path(shipped_file(network, images.name).name.replace(":", "-")))
    refuse_unwritable(path, checkpoint, read=[setup.genotype])
    recipe = _changed(
        recipe_of(images.name),
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        muon_rate=muon_rate,
        cutout=cutout,
    )
    disturbance = _changed(recipe.disturbance, drop_path=drop_path, weight_bits=weight_bits, weight_noise=weight_noise)
    recipe = replace(recipe, disturbance=disturbance)
    with progress_bar() as progress:
        trained = run(
            network,
            images,
            seed=seed,
            recipe=recipe,
            checkpoint=checkpoint,
            start=start or (),
            progress=lambda epoch, _: progress("training", epoch.number / epoch.epochs, epoch_words(epoch)),
        )
    weights = Weights(tensors=trained.tensors, origin="file", note="", metadata=trained.metadata)
    chip = Chip(replace(setup, dataset=images, data=None, weights=weights))
    accuracies = {
        key: accuracy(forward(network, parameters, images.test_images[:]).logits, images.test_labels[:])
        for key, parameters in (("float_accuracy", chip.float_parameters), ("quantised_accuracy", chip.parameters))
    }
    bits = chip.technology.memristor.bits
    save(path, network, trained.tensors, {**trained.metadata, **accuracies, "bits": bits})
    if trained.history:
        out().print(epoch_words(trained.history[-1]))
    out().print(
        f"{chip.title}: test accuracy {accuracies['float_accuracy']:.2%} in float, "
        f"{accuracies['quantised_accuracy']:.2%} with {bits}-bit conductances"
    )
    out().print(f"weights: {path}")


def epoch_words(epoch: Epoch) -> str:
    """Return how far a training is, such as `epoch 3 of 60, loss 0.412, 87.3 % of training images right`."""
    return (
        f"epoch {epoch.number} of {epoch.epochs}, loss {epoch.loss:.3g}, {epoch.train_accuracy:.1%} of training images "
        "right"
    )


def _changed(original: _Given, **options: float | None) -> _Given:
    """Return a copy of a dataclass in which fields have the values of `options`; those that are None stay."""
    return replace(original, **{name: value for name, value in options.items() if value is not None})  # type: ignore[type-var]
