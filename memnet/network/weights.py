# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of a network: reads, writes and checks weight files, and samples weights with a seed.

A weight file is an ``.npz`` without pickles. It has one array for each tensor, and the array ``metadata``: a JSON text
with the genotype, width, depth and data set of the network, and the accuracies that its weights reached.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import WeightsError
from memnet.files import PICKLE, SAFETENSORS, TORCH, ContentsError, kind_of_file, read_npz, write_aside
from memnet.genotype import shorten
from memnet.network.datasets.base import Dataset
from memnet.network.layers import Layer, Network
from memnet.network.reference import apply, fold_layer
from memnet.network.tensors import Tensors, Weights

SHIPPED = Path(__file__).parent / "shipped"
STATE = "state/"  # prefix of the arrays that only resuming a training run reads
CALIBRATION_IMAGES = 256
CACHED_VALUES = 2**15  # read and written by a layer at a time: 256 kB in float64
METADATA_BYTES = 10**7  # more is none
_IMPORT = "`memnet import` makes one of a checkpoint: memnet import FILE --genotype NAME"


def load_for(network: Network, dataset: Dataset, *, seed: int = 0, path: Path | None = None) -> Weights:
    """Return the weights in the file `path`, else those shipped for this network and data set, else sampled ones.

    Parameters
    ----------
    seed : of sampled weights, whose batch norms are calibrated on the first training images

    Raises
    ------
    WeightsError
        The weight file does not fit the network.
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
    """Return the path at which weights for this network and data set are shipped; the file may not exist."""
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
    """Write a weight file beside its target and rename it: a reader sees the old file or the new one, never a part.

    Parameters
    ----------
    metadata : to record (data set, seed, accuracies); name, genotype, channels and layers of the network are added.
    dtype : of the convolution and classifier weights; batch norm and bias are always float32.
    extra : further arrays, such as the state of a training run; `load` ignores those whose names start with `STATE`.

    Raises
    ------
    OutputError
        The disk is full or the folder not writable; an earlier file of that name is unchanged.
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
    """Return the metadata of a weight file; raises `WeightsError` if it is no weight file or truncated."""
    return read_arrays(path, ("metadata",))[1]


def read_arrays(path: Path, wanted: tuple[str, ...] = ()) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays of a weight file, by name, and its metadata.

    Parameters
    ----------
    wanted : names of the arrays to read, ``metadata`` among them; empty: all

    Raises
    ------
    WeightsError
        There is no such file, or it is no weight file or truncated.
    """
    try:
        if path.is_file() and (kind := kind_of_file(path)) in (TORCH, SAFETENSORS, PICKLE):
            raise WeightsError(f"{path}: is {kind}, not a weight file; {_IMPORT}")
        arrays = read_npz(path, wanted)
        if "metadata" not in arrays:
            raise WeightsError(f"{path}: has no metadata, so it is no weight file; {_IMPORT}")
        about = json.loads(arrays.pop("metadata").tobytes()[:METADATA_BYTES])
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weight file; `memnet train` makes one") from error
    except (ContentsError, OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: no whole weight file ({error}); fetch or train it again") from error
    if not isinstance(about, dict):
        raise WeightsError(f"{path}: its metadata is no JSON object; fetch or train it again")
    return arrays, about


def load(path: Path, network: Network) -> tuple[Tensors, dict[str, Any]]:
    """Read a weight file made for this network: its tensors in float64, and its metadata.

    Raises
    ------
    WeightsError
        It is no weight file, belongs to another genotype, or has tensors that do not fit.
    """
    arrays, about = read_arrays(path)
    if about.get("genotype") != network.genotype.to_text():
        raise WeightsError(
            f"{path}: made for {shorten(about.get('name'))}, whose edges differ from those of {network.genotype.name}; "
            "give the genotype it was trained with"
        )
    tensors: Tensors = {}
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            raise WeightsError(
                f"{path}: {shorten(name)} holds {array.dtype}, not floating-point numbers; fetch it again"
            )
        if not name.startswith(STATE):
            tensors[name] = np.asarray(array, dtype=np.float64)
    validate(network, tensors, str(path))
    return tensors, about


def mean_of(paths: Sequence[Path], network: Network) -> Tensors:
    """Return the mean of the tensors of one or more weight files made for this network.

    Raises
    ------
    WeightsError
        As in `load`, for the first file that does not fit.
    """
    tensor_sets = [load(path, network)[0] for path in paths]
    return {name: np.mean([tensors[name] for tensors in tensor_sets], axis=0) for name in tensor_sets[0]}


def validate(network: Network, tensors: Mapping[str, NDArray[Any]], where: str = "weights") -> None:
    """Check that tensors fit a network: none missing or unknown, right shapes, finite values, no negative variance.

    Raises
    ------
    WeightsError
        The message names the first tensor that does not fit, and both shapes if they differ.
    """
    shapes = network.tensor_shapes()
    description = f"{network.genotype.name} with C={network.channels}, L={network.cells}"
    if missing := [name for name in shapes if name not in tensors]:
        raise WeightsError(
            f"{where}: {missing[0]} is missing ({len(missing)} in all); these weights are not of {description}"
        )
    if foreign := [name for name in tensors if name not in shapes]:
        raise WeightsError(
            f"{where}: {shorten(foreign[0])} is foreign ({len(foreign)} in all); these weights are not of {description}"
        )
    for name, shape in shapes.items():
        array = tensors[name]
        if array.shape != shape:
            raise WeightsError(
                f"{where}: {name} has shape {array.shape}, but {description} needs {shape}; match its C and L"
            )
        if not np.isfinite(array).all():
            bad = int(np.size(array) - np.isfinite(array).sum())
            raise WeightsError(f"{where}: {name} holds {bad} NaN or infinite values; train it again")
        if name.endswith(".running_var") and array.min() < 0:
            raise WeightsError(f"{where}: {name} holds a negative variance; train it again")


def seeded_weights(network: Network, seed: int, calibration_images: NDArray[Any]) -> Tensors:
    """Return weights sampled with a seed, and batch-norm statistics measured on calibration images (n, C, H, W).

    Weights are normal with variance 2 / inputs after a ReLU, 1 / inputs elsewhere (He et al. 2015). So that values stay
    bounded in every network, a channel whose variance is below a twentieth of its layer's mean gets that twentieth, and
    a layer of constant output (it reads only edges with `none`) gets variance 1. The rows of the classifier are
    orthogonal to the mean feature, and scaled so that logits have standard deviation 1.

    Biases of batch norms have the mean 0.55 ln L in a network of L cells. A ReLU after a batch norm with bias b
    enlarges small differences between images by sqrt(Phi(b) / var(relu(x + b))), x normal: 1.21 at b = 0, 1.01 at 2. So
    deeper networks rectify less, and `error_gain` stays below 30 at any depth, as in trained networks.

    Returns
    -------
    float64 tensors by name
    """
    random = np.random.RandomState(seed)  # NumPy guarantees that its samples never change, unlike those of default_rng
    tensors: Tensors = {}
    values: dict[str, NDArray[np.float64]] = {"input": np.asarray(calibration_images, dtype=np.float64)}
    mean_bias = 0.55 * np.log(network.cells)
    for layer in network.layers:
        inputs = [values[name] for name in layer.inputs]
        for name, shape in zip(layer.weight, network.weight_shapes(layer), strict=True):
            fan_in = int(np.prod(shape[1:]))
            tensors[name] = random.standard_normal(shape) * np.sqrt((2.0 if layer.relu else 1.0) / fan_in)
        if layer.kind == "linear":
            tensors[layer.weight[0]] = _readout(tensors[layer.weight[0]], inputs[0][:, :, 0, 0])
            tensors[layer.bias] = np.zeros(layer.shape[0])
        if layer.batch_norm:
            tensors.update(_statistics(layer, inputs, tensors, random, mean_bias))
        kernel, bias = fold_layer(layer, tensors)
        values[layer.name] = _applied(layer, inputs, kernel, bias)
        _forget(values, layer)
    return tensors


def _applied(
    layer: Layer,
    inputs: list[NDArray[np.float64]],
    kernel: NDArray[np.float64] | None,
    bias: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return what `apply` does, in batches whose intermediate values stay in the processor's cache."""
    values = sum(array[0].size for array in inputs) + int(np.prod(layer.shape))
    size = max(1, CACHED_VALUES // values)
    output = np.empty((len(inputs[0]), *layer.shape))
    for start in range(0, len(output), size):
        batch = slice(start, start + size)
        output[batch] = apply(layer, [array[batch] for array in inputs], kernel, bias)
    return output


def _statistics(
    layer: Layer, inputs: list[NDArray[np.float64]], tensors: Tensors, random: np.random.RandomState, mean_bias: float
) -> Tensors:
    """Return the tensors of the batch norm after a layer, from the layer's inputs for the calibration images."""
    bare, _ = fold_layer(layer, tensors, batch_norm=False)
    outputs = _applied(layer, inputs, bare)
    variance = outputs.var(axis=(0, 2, 3))
    variance = np.maximum(variance, 0.05 * variance.mean()) if variance.mean() > 1e-9 else np.ones_like(variance)
    channels = layer.shape[0]
    return {
        f"{layer.batch_norm}.weight": random.uniform(0.75, 1.25, channels),
        f"{layer.batch_norm}.bias": mean_bias + random.uniform(-0.25, 0.25, channels),
        f"{layer.batch_norm}.running_mean": outputs.mean(axis=(0, 2, 3)),
        f"{layer.batch_norm}.running_var": variance,
    }


def _readout(rows: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows (classes, C) made orthogonal to the mean of features (n, C), and scaled to logits of deviation 1."""
    mean = features.mean(axis=0)
    if mean @ mean > 0:
        rows = rows - np.outer(rows @ mean, mean) / (mean @ mean)
    spread = (features @ rows.T).std()
    return rows / spread if spread > 1e-6 else rows


def _forget(values: dict[str, NDArray[np.float64]], layer: Layer) -> None:
    """Free the values inside a cell once its output is computed; later layers read only that output."""
    if layer.kind == "concat":
        for name in [name for name in values if name.startswith(f"{layer.name}/")]:
            del values[name]
