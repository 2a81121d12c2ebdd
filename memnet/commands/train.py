"""`memnet train`: trains a genotype and writes its weight file; leaves the work to the training stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from memnet.commands.console import out, progress_bar, refuse_unwritable
from memnet.commands.options import Channels, Data, DataSet, Layers, Name

Seed = Annotated[int, typer.Option(min=0, help="Of the initial weights and the order of images.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Weight file; by default DATASET-GENOTYPE-C-L.npz here.")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="By default the data set's recipe.")]
Checkpoint = Annotated[
    Path | None, typer.Option(help="File written after each epoch; training goes on from it if it exists.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("train")(train)


def train(
    genotype: Name = "PDARTS", channels: Channels = 4, layers: Layers = 3, dataset: DataSet = "digits",
    data: Data = None, seed: Seed = 0, epochs: Epochs = None, output: Output = None, checkpoint: Checkpoint = None,
) -> None:  # fmt: skip
    """Train a genotype (needs the extra train) and write its weight file."""
    from memnet import training
    from memnet.assembly import Setup, assemble
    from memnet.datasets import load_dataset
    from memnet.genotype import read_genotype
    from memnet.network import build_network
    from memnet.reference import accuracy, forward
    from memnet.torch_network import require_torch
    from memnet.weights import Weights, save, shipped_file

    require_torch()
    found, images = read_genotype(genotype), load_dataset(dataset, data)
    network = build_network(
        found, channels=channels, layers=layers, image_shape=images.image_shape, classes=len(images.classes)
    )
    path = output or Path(shipped_file(network, images.name).name.replace(":", "-"))
    refuse_unwritable(path, checkpoint if checkpoint is not None and not checkpoint.exists() else None)
    recipe = training.RECIPES[images.name]
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    with progress_bar() as progress:
        trained = training.train(
            network, images, seed=seed, recipe=recipe, checkpoint=checkpoint,
            progress=lambda epoch, _: progress("training", epoch.number / epoch.epochs),
        )  # fmt: skip
    weights = Weights(tensors=trained.tensors, origin="file", note="", metadata=trained.metadata)
    chip = assemble(Setup(genotype=found, channels=channels, layers=layers, dataset=images, weights=weights))
    reached = {
        key: accuracy(forward(network, parameters, images.test_images).logits, images.test_labels)
        for key, parameters in (("float_accuracy", chip.float_parameters), ("quantised_accuracy", chip.parameters))
    }
    bits = chip.technology.memristor.bits
    save(path, network, trained.tensors, {**trained.metadata, **reached, "bits": bits})
    out().print(
        f"{chip.title}: test accuracy {reached['float_accuracy']:.2%} in float, {reached['quantised_accuracy']:.2%} "
        f"with {bits}-bit conductances"
    )
    out().print(f"weights: {path}")
