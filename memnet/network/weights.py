"""Reads, writes, checks and draws a network's tensors; knows nothing of training and of circuits.

A weight file is an ``.npz`` without pickles: one array a tensor, and a JSON text named ``metadata`` that says which
genotype, width, depth and data set the tensors belong to and what they reached.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from memnet.errors import WeightsError
from memnet.files import write_aside
from memnet.network.datasets.base import Dataset
from memnet.network.layers import Layer, Network
from memnet.network.reference import apply, fold_layer

SHIPPED = Path(__file__).parent / "shipped"
STATE = "state/"  # prefix of arrays that only a resumed training run reads
CALIBRATION_IMAGES = 256
Tensors = dict[str, NDArray[np.float64]]
Origin = Literal["shipped", "file", "seeded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A network's tensors by name, where they come from, and what is recorded about them."""

    tensors: Tensors
    origin: Origin
    note: str
    metadata: dict[str, Any] = field(default_factory=dict)


def load_for(network: Network, dataset: Dataset, *, seed: int = 0, path: Path | None = None) -> Weights:
    """Return the weights of `path`, else those shipped for this network and data set, else seeded ones.

    Raises
    ------
    WeightsError
        The file does not fit the network.
    """
    if path is not None:
        tensors, metadata = load(path, network)
        return Weights(tensors=tensors, origin="file", note=f"weights from {path}", metadata=metadata)
    shipped = shipped_file(network, dataset.name)
    if shipped.exists() and read_metadata(shipped).get("genotype") == network.genotype.to_text():
        tensors, metadata = load(shipped, network)
        return Weights(tensors=tensors, origin="shipped", note=f"shipped weights {shipped.name}", metadata=metadata)
    note = f"no trained weights for {shipped.stem}: seeded ones (seed {seed}), so the accuracy says nothing"
    tensors = seeded_weights(network, seed, dataset.train_images[:CALIBRATION_IMAGES])
    return Weights(tensors=tensors, origin="seeded", note=note, metadata={"seed": seed})


def shipped_file(network: Network, dataset: str) -> Path:
    """Return where weights trained for this network on that data set are shipped, if they are."""
    return SHIPPED / f"{dataset}-{network.genotype.name}-C{network.channels}-L{network.cells}.npz"


def save(
    path: Path,
    network: Network,
    tensors: Mapping[str, NDArray[Any]],
    metadata: Mapping[str, Any],
    *,
    dtype: type[np.floating[Any]] = np.float32,
    extra: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write a weight file in one step: a reader sees the old file or the new one, never a part.

    Parameters
    ----------
    metadata : what else is recorded (data set, seed, accuracies); the network's own figures are added.
    dtype : of the convolution and classifier weights; batch norm stays float32.
    extra : further arrays, a training run's state; `load` leaves them alone.

    Raises
    ------
    OutputError
        The disk is full or the folder not writable; what stood there before is intact.
    """
    about = {
        **metadata,
        "name": network.genotype.name,
        "genotype": network.genotype.to_text(),
        "channels": network.channels,
        "layers": network.cells,
    }
    arrays: dict[str, NDArray[Any]] = {"metadata": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    for name in network.tensor_shapes():
        arrays[name] = np.asarray(tensors[name], dtype=np.float32 if tensors[name].ndim == 1 else dtype)
    arrays.update(extra or {})
    write_aside(path, lambda stream: np.savez(stream, **arrays))  # type: ignore[arg-type]


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what a weight file says about itself; `WeightsError` if it is none or is truncated."""
    return read_arrays(path, ("metadata",))[1]


def read_arrays(path: Path, wanted: tuple[str, ...] = ()) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return a weight file's arrays, all or the wanted ones, and its metadata."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in wanted or archive.files}
        about = json.loads(arrays.pop("metadata").tobytes())
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weight file; `memnet train` makes one") from error
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path}: no whole weight file ({error}); fetch or train it again") from error
    if not isinstance(about, dict):
        raise WeightsError(f"{path}: its metadata is no JSON object; fetch or train it again")
    return arrays, about


def load(path: Path, network: Network) -> tuple[Tensors, dict[str, Any]]:
    """Read a weight file made for this network: its tensors in float64, and its metadata.

    Raises
    ------
    WeightsError
        No weight file, one of another genotype, or tensors that do not fit.
    """
    arrays, about = read_arrays(path)
    if about.get("genotype") != network.genotype.to_text():
        raise WeightsError(
            f"{path}: made for {about.get('name')}, whose edges differ from those of {network.genotype.name}; "
            "give the genotype it was trained with"
        )
    tensors: Tensors = {}
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            raise WeightsError(f"{path}: {name} holds {array.dtype}, not floating-point numbers; fetch it again")
        if not name.startswith(STATE):
            tensors[name] = np.asarray(array, dtype=np.float64)
    validate(network, tensors, str(path))
    return tensors, about


def mean_of(paths: Sequence[Path], network: Network) -> Tensors:
    """Return the mean of the tensors of one or more weight files made for this network.

    Raises
    ------
    WeightsError
        As `load`, of the first file that does not fit.
    """
    files = [load(path, network)[0] for path in paths]
    return {name: np.mean([tensors[name] for tensors in files], axis=0) for name in files[0]}


def validate(network: Network, tensors: Mapping[str, NDArray[Any]], where: str = "weights") -> None:
    """Check that tensors are this network's: none missing or foreign, right shapes, finite, no negative variance.

    Raises
    ------
    WeightsError
        Names the tensor, and both shapes where they differ.
    """
    shapes = network.tensor_shapes()
    made = f"{network.genotype.name} with C={network.channels}, L={network.cells}"
    if missing := [name for name in shapes if name not in tensors]:
        raise WeightsError(f"{where}: {missing[0]} is missing ({len(missing)} in all); these weights are not of {made}")
    if foreign := [name for name in tensors if name not in shapes]:
        raise WeightsError(f"{where}: {foreign[0]} is foreign ({len(foreign)} in all); these weights are not of {made}")
    for name, shape in shapes.items():
        array = tensors[name]
        if array.shape != shape:
            raise WeightsError(f"{where}: {name} has shape {array.shape}, but {made} needs {shape}; match its C and L")
        if not np.isfinite(array).all():
            bad = int(np.size(array) - np.isfinite(array).sum())
            raise WeightsError(f"{where}: {name} holds {bad} NaN or infinite values; train it again")
        if name.endswith(".running_var") and array.min() < 0:
            raise WeightsError(f"{where}: {name} holds a negative variance; train it again")


def seeded_weights(network: Network, seed: int, calibration_images: NDArray[Any]) -> Tensors:
    """Draw weights (He) whose batch-norm statistics are those of the calibration images (n, C, H, W).

    One rule for any width, depth and genotype: a channel whose variance is under a twentieth of its layer's mean gets
    that, and a layer that is constant (behind `none` alone) gets variance 1, so that nothing grows without bound. The
    classifier's rows are drawn across the mean feature and scaled to logits of unit spread.
    """
    random = np.random.RandomState(seed)  # its stream is frozen for good, unlike default_rng's
    tensors: Tensors = {}
    values: dict[str, NDArray[np.float64]] = {"input": np.asarray(calibration_images, dtype=np.float64)}
    for layer in network.layers:
        inputs = [values[name] for name in layer.inputs]
        for name, shape in zip(layer.weight, network.weight_shapes(layer), strict=True):
            fan_in = int(np.prod(shape[1:]))
            tensors[name] = random.standard_normal(shape) * np.sqrt((2.0 if layer.relu else 1.0) / fan_in)
        if layer.kind == "linear":
            tensors[layer.weight[0]] = _readout(tensors[layer.weight[0]], inputs[0][:, :, 0, 0])
            tensors[layer.bias] = np.zeros(layer.shape[0])
        if layer.batch_norm:
            tensors.update(_statistics(layer, inputs, tensors, random))
        kernel, bias = fold_layer(layer, tensors)
        values[layer.name] = apply(layer, inputs, kernel, bias)
        _forget(values, layer)
    return tensors


def _statistics(
    layer: Layer, inputs: list[NDArray[np.float64]], tensors: Tensors, random: np.random.RandomState
) -> Tensors:
    """Return the batch-norm tensors that follow a layer, from what it gives on the calibration images."""
    bare, _ = fold_layer(layer, tensors, batch_norm=False)
    given = apply(layer, inputs, bare)
    variance = given.var(axis=(0, 2, 3))
    variance = np.maximum(variance, 0.05 * variance.mean()) if variance.mean() > 1e-9 else np.ones_like(variance)
    channels = layer.shape[0]
    return {
        f"{layer.batch_norm}.weight": random.uniform(0.75, 1.25, channels),
        f"{layer.batch_norm}.bias": random.uniform(-0.25, 0.25, channels),
        f"{layer.batch_norm}.running_mean": given.mean(axis=(0, 2, 3)),
        f"{layer.batch_norm}.running_var": variance,
    }


def _readout(drawn: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn drawn rows (classes, C) so that the mean feature gives 0, and scale the spread of the logits to 1."""
    mean = features.mean(axis=0)
    if mean @ mean > 0:
        drawn = drawn - np.outer(drawn @ mean, mean) / (mean @ mean)
    spread = (features @ drawn.T).std()
    return drawn / spread if spread > 1e-6 else drawn


def _forget(values: dict[str, NDArray[np.float64]], layer: Layer) -> None:
    """Drop a finished cell's inner values: only cell outputs, the stem and the pool are read across cells."""
    if layer.kind == "concat":
        for name in [name for name in values if name.startswith(f"{layer.name}/")]:
            del values[name]
