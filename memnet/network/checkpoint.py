# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads checkpoints of the evaluation networks of quark0/darts; code that a file contains is never executed.

PyTorch files are read with `weights_only`, which refuses pickles that contain classes other than tensors; safetensors
and npz files contain no code. The prefix `module.`, which data-parallel training adds to tensor names, is removed. The
auxiliary head, which only training uses, and the step counters of batch norm are left out. All other tensors must be
exactly those of the network.
"""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import SetupError, WeightsError
from memnet.genotype import Genotype
from memnet.network.build import build_network
from memnet.network.layers import Network
from memnet.network.weights import Tensors, load, validate

_TORCH = (".pt", ".pth", ".tar", ".ckpt", ".bin")
_WITHIN = ("state_dict", "model_state_dict", "model")  # keys under which training scripts save the state dict
_LEFT_OUT = re.compile(r"auxiliary_head\.|.*\.num_batches_tracked$")
METADATA = "metadata"  # name of the array that marks a weight file of memnet
_ANY_SIDE = 32  # of the images, pixels; the tensors are the same for any


def import_checkpoint(path: Path, genotype: Genotype, *, channels: int, layers: int) -> tuple[Network, Tensors]:
    """Read a checkpoint of the evaluation network of a genotype.

    Parameters
    ----------
    channels, layers : width C and depth L of the network; image channels and classes follow from the tensors

    Returns
    -------
    network : the network that the tensors belong to, on images of 32x32
    tensors : by state-dict name, float64

    Raises
    ------
    WeightsError
        the file is no checkpoint, contains classes other than tensors, or is of another width, depth or genotype
    SetupError
        the package that reads this kind of file is not installed
    """
    tensors = read_tensors(path)
    for name, axes in (("stem.0.weight", 4), ("classifier.weight", 2)):
        if name not in tensors or tensors[name].ndim != axes:
            raise WeightsError(
                f"{path}: has no {name} with {axes} axes, so it is no CIFAR evaluation network of quark0/darts "
                f"(it has {', '.join(list(tensors)[:3]) or 'no tensors'}, ...)"
            )
    _check_size(path, tensors, channels, layers)
    image_shape = (tensors["stem.0.weight"].shape[1], _ANY_SIDE, _ANY_SIDE)
    network = build_network(
        genotype, channels=channels, layers=layers, image_shape=image_shape, classes=len(tensors["classifier.weight"])
    )
    if METADATA in tensors:  # a weight file of memnet: its metadata names the genotype, which `load` checks
        return network, load(path, network)[0]
    validate(network, tensors, str(path))
    return network, {name: tensors[name] for name in network.tensor_shapes()}


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a checkpoint by state-dict name, as float64, without auxiliary head and step counters."""
    if not path.is_file():
        raise WeightsError(f"{path}: no such checkpoint")
    if path.suffix in _TORCH:
        arrays = _torch(path)
    elif path.suffix == ".safetensors":
        arrays = _safetensors(path)
    elif path.suffix == ".npz":
        arrays = _npz(path)
    else:
        raise WeightsError(f"{path}: unknown kind of checkpoint; known are {', '.join(_TORCH)}, .safetensors and .npz")
    named = {name.removeprefix("module."): array for name, array in arrays.items()}
    kept = {name: array for name, array in named.items() if not _LEFT_OUT.match(name)}
    return {name: array.astype(np.float64) if array.dtype.kind in "fiu" else array for name, array in kept.items()}


def _check_size(path: Path, tensors: Mapping[str, NDArray[Any]], channels: int, layers: int) -> None:
    """Check C and L against the tensors; this error helps more than one about the first tensor of a wrong shape."""
    width = tensors["stem.0.weight"].shape[0] // 3
    cells = [int(match[1]) for name in tensors if (match := re.match(r"cells\.(\d+)\.", name))]
    depth = max(cells, default=-1) + 1
    if (width, depth) != (channels, layers):
        raise WeightsError(
            f"{path}: is of a network with C={width} and L={depth}, not C={channels} and L={layers}; "
            f"say --channels {width} --layers {depth}"
        )


def _torch(path: Path) -> dict[str, NDArray[Any]]:
    try:
        import torch
    except ImportError as missing:
        raise SetupError(
            f"{path}: reading it needs PyTorch: pip install 'memnet-spice[train]', or save the state dict as .npz"
        ) from missing
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the pickle protocol of files that it refuses anyway
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"{path}: refused unexecuted, for it holds more than tensors, or is no PyTorch file ({reason}); "
            "save model.state_dict() alone"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path}: no whole PyTorch checkpoint ({reason}); fetch it again") from error
    for name in _WITHIN:
        if isinstance(loaded, dict) and isinstance(loaded.get(name), dict):
            loaded = loaded[name]
            break
    if not isinstance(loaded, dict) or not all(isinstance(value, torch.Tensor) for value in loaded.values()):
        kinds = sorted({type(value).__name__ for value in loaded.values()}) if isinstance(loaded, dict) else []
        held = f"a dict of {', '.join(kinds)}" if kinds else f"a {type(loaded).__name__}"
        raise WeightsError(f"{path}: holds {held}, not a state dict of tensors; save model.state_dict()")
    return {str(name): value.detach().to(torch.float64).numpy() for name, value in loaded.items()}


def _npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path}: no whole npz file of plain arrays ({error}); save it again") from error


def _safetensors(path: Path) -> dict[str, NDArray[Any]]:
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as missing:
        raise SetupError(f"{path}: reading it needs safetensors: pip install 'memnet-spice[safetensors]'") from missing
    try:
        arrays: dict[str, NDArray[Any]] = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: no whole safetensors file ({error}); fetch it again") from error
    return arrays
