# SPDX-License-Identifier: GPL-3.0-or-later
"""`train`: trains the tensors of a network with PyTorch; the run is repeatable and can be interrupted and resumed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import NetworkError, WeightsError
from memnet.network.datasets.base import Dataset
from memnet.network.datasets.load import recipe_of
from memnet.network.layers import Network
from memnet.network.recipe import Recipe
from memnet.network.tensors import Tensors
from memnet.network.training.augmentation import augmented, shrunk
from memnet.network.training.fused.network import trainable
from memnet.network.training.muon import Muon
from memnet.network.training.schedule import image_side, noise_in_epoch, rate_share
from memnet.network.training.torch_network import TorchNetwork, require_torch
from memnet.network.weights import STATE, load, mean_of, read_arrays, save

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """Figures of one pass over the training images; the accuracy is that on augmented images, with disturbances."""

    number: int
    epochs: int
    loss: float
    train_accuracy: float
    learning_rate: float
    wall_s: float
    side: int  # of the images, pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The tensors after the last epoch (float32 values), the figures of all epochs, and metadata for a weight file."""

    tensors: Tensors
    history: tuple[Epoch, ...]
    metadata: dict[str, Any]


def train(
    network: Network,
    dataset: Dataset,
    *,
    seed: int = 0,
    recipe: Recipe | None = None,
    checkpoint: Path | None = None,
    start: Sequence[Path] = (),
    progress: Callable[[Epoch, Tensors], None] | None = None,
) -> Trained:
    """Train a network; on one machine the same call gives the same tensors, even if it was interrupted and resumed.

    Parameters
    ----------
    recipe : settings; by default those that `DATA_SOURCES` has for the data set.
    checkpoint : weight file that is written after every epoch. If it exists, the run continues from it; without momenta
        in it (a shipped file has none) the results are not those of an uninterrupted run.
    start : weight files; a new run starts from the mean of their tensors, with schedule and momenta from the beginning.
        It trains at full image size throughout, since small images would degrade trained weights. By default the run
        starts from sampled weights. The mean of several runs that continued one file can be more accurate than each
        of them (Wortsman et al. 2022, "Model soups").
    progress : called after every epoch with its figures and the tensors.

    Raises
    ------
    TorchMissingError, DataError, NetworkError, WeightsError
        PyTorch is not installed; no recipe is given, and no data set of that name is known; images or classes do not
        fit the network; a file belongs to another network, or the checkpoint to another run.
    """
    require_torch()
    import torch

    recipe = recipe or recipe_of(dataset.name)
    if dataset.image_shape != network.image_shape or len(dataset.classes) != network.classes:
        raise NetworkError(
            f"net/input: {dataset.name} has {len(dataset.classes)} classes of {dataset.image_shape}, the network takes "
            f"{network.classes} of {network.image_shape}; build it with the data set's shape"
        )
    run = _TrainingRun(network, dataset, replace(recipe, sides=()) if start else recipe, seed, start)
    if checkpoint is not None and checkpoint.exists():
        run.resume(checkpoint)
    elif start:
        run.model.load(mean_of(start, network))
    with torch.random.fork_rng(devices=[]):
        while len(run.history) < recipe.epochs:
            run.epoch()
            if checkpoint is not None:
                run.save(checkpoint)
            if progress is not None:
                progress(run.history[-1], run.model.tensors())
    return Trained(tensors=run.model.tensors(), history=tuple(run.history), metadata=run.metadata())


def evaluate(network: Network, tensors: Tensors, images: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """Return the accuracy, 0 to 1, on images (n, C, H, W), computed in float32, which is faster than the reference."""
    require_torch()
    import torch

    model, right = TorchNetwork(network, tensors), 0
    with torch.no_grad():
        for start in range(0, len(images), 64):
            batch = torch.tensor(images[start : start + 64], dtype=torch.float32)
            logits = model.forward(batch.contiguous(memory_format=torch.channels_last), training=False)
            right += int((logits.argmax(1).numpy() == labels[start : start + 64]).sum())
    return right / len(images)


class _TrainingRun:
    """One training run: the model, its optimisers, and the figures of the epochs done."""

    def __init__(self, network: Network, dataset: Dataset, recipe: Recipe, seed: int, start: Sequence[Path]) -> None:
        import torch

        self.network, self.dataset, self.recipe, self.seed, self.start = network, dataset, recipe, seed, start
        self.model = trainable(network, initial_tensors(network, seed))
        self.optimisers = _optimisers(self.model, recipe)
        self.history: list[Epoch] = []
        self.images = torch.tensor(dataset.train_images[:], dtype=torch.float32)
        self.labels = torch.tensor(dataset.train_labels[:])
        self.steps = max(1, len(self.images) // recipe.batch_size)  # in one epoch; an incomplete last batch is left out

    def metadata(self) -> dict[str, Any]:
        about = {
            "dataset": self.dataset.name,
            "seed": self.seed,
            "epoch": len(self.history),
            "recipe": asdict(self.recipe),
            "history": [asdict(epoch) for epoch in self.history],
            **({"start": [path.name for path in self.start]} if self.start else {}),
        }
        return dict(json.loads(json.dumps(about)))  # as read from a file: lists in place of tuples

    def save(self, path: Path) -> None:
        momenta = {
            f"{STATE}{name}": state["momentum_buffer"].numpy()
            for name, state in self._states().items()
            if "momentum_buffer" in state
        }
        save(path, self.network, self.model.tensors(), self.metadata(), extra=momenta)

    def resume(self, path: Path) -> None:
        import torch

        tensors, about = load(path, self.network)
        this_run = self.metadata()
        for key in ("dataset", "seed", "start", "recipe"):  # `start` before `recipe`, which a start changes
            if about.get(key) != this_run.get(key):
                raise WeightsError(
                    f"{path}: checkpoint of {key} {about.get(key)}, not {this_run.get(key)}; "
                    "repeat that call or remove it"
                )
        self.model.load(tensors)
        self.history = [Epoch(**epoch) for epoch in about["history"]]
        states = self._states()
        for name, array in read_arrays(path)[0].items():
            if name.startswith(STATE):
                states[name.removeprefix(STATE)]["momentum_buffer"] = torch.tensor(array)

    def _states(self) -> dict[str, dict[str, torch.Tensor]]:
        """Return the dicts in which the optimisers keep the momentum of each parameter, by tensor name."""
        names = {id(parameter): name for name, parameter in self.model.parameters.items()}
        return {
            names[id(parameter)]: optimiser.state[parameter]
            for _, optimiser in self.optimisers
            for parameter in optimiser.param_groups[0]["params"]
        }

    def epoch(self) -> None:
        import torch
        from torch.nn.functional import cross_entropy

        recipe, number, start = self.recipe, len(self.history), time.monotonic()
        # Seeded from the run's seed and the epoch alone, so that a resumed run needs no saved generator state.
        torch.manual_seed(self.seed * 1_000_003 + number)
        loss_sum, right, rate = 0.0, 0, 0.0
        side = image_side(recipe, number / recipe.epochs, self.images.shape[-1])
        disturbance = noise_in_epoch(recipe, number)
        for step, (images, labels) in enumerate(self._batches(side)):
            share = rate_share(recipe, number * self.steps + step, recipe.epochs * self.steps)
            rate = recipe.learning_rate * share
            for highest, optimiser in self.optimisers:
                optimiser.param_groups[0]["lr"] = highest * share
                optimiser.zero_grad()
            logits = self.model.forward(images, training=True, disturbance=disturbance)
            loss = cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(list(self.model.parameters.values()), recipe.clip)
            for _, optimiser in self.optimisers:
                optimiser.step()
            loss_sum += float(loss.detach())
            right += int((logits.argmax(1) == labels).sum())
        seen = self.steps * min(recipe.batch_size, len(self.images))
        self.history.append(
            Epoch(
                number=number + 1,
                epochs=recipe.epochs,
                loss=loss_sum / self.steps,
                train_accuracy=right / seen,
                learning_rate=rate,
                wall_s=round(time.monotonic() - start, 1),
                side=side,
            )
        )

    def _batches(self, side: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        import torch

        recipe, order = self.recipe, torch.randperm(len(self.images))
        for step in range(self.steps):
            chosen = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            images = augmented(self.images[chosen], shift=recipe.shift, flip=recipe.flip, cutout=recipe.cutout)
            images = shrunk(images, side)
            yield images.contiguous(memory_format=torch.channels_last), self.labels[chosen]


def _optimisers(model: TorchNetwork, recipe: Recipe) -> list[tuple[float, torch.optim.SGD | Muon]]:
    """Return (highest rate, optimiser): SGD, and Muon for pointwise weights if the recipe has a rate for it."""
    import torch

    def is_pointwise(value: torch.Tensor) -> bool:
        return recipe.muon_rate > 0 and value.dim() == 4 and value.shape[2] == 1

    values = list(model.parameters.values())
    others = torch.optim.SGD(
        [value for value in values if not is_pointwise(value)],
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    if recipe.muon_rate == 0:
        return [(recipe.learning_rate, others)]
    muon = Muon(
        [value for value in values if is_pointwise(value)],
        lr=recipe.muon_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.muon_decay,
    )
    return [(recipe.learning_rate, others), (recipe.muon_rate, muon)]


def initial_tensors(network: Network, seed: int) -> Tensors:
    """Return the tensors from which training starts: weights sampled by He's rule, batch norm the identity."""
    random = np.random.RandomState(seed)
    tensors: Tensors = {}
    for name, shape in network.tensor_shapes().items():
        if len(shape) > 1:
            gain = 1.0 if name == "classifier.weight" else 2.0
            tensors[name] = random.standard_normal(shape) * math.sqrt(gain / math.prod(shape[1:]))
        else:
            neutral = np.zeros if name.endswith(("bias", "running_mean")) else np.ones
            tensors[name] = neutral(shape)
    return tensors
