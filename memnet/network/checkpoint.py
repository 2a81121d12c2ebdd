"""Reads checkpoints of quark0/darts' evaluation networks into memnet's tensors; runs nothing that a file contains.

PyTorch files are read with `weights_only`, so a pickle with foreign classes is refused unexecuted; safetensors and npz
hold no code. The prefix `module.` of data-parallel training is taken off; the auxiliary head, which evaluation does not
use, and batch norm's step counters are left out. Everything else must be exactly the network's.
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
_WITHIN = ("state_dict", "model_state_dict", "model")  # where training scripts put the state dict
_LEFT_OUT = re.compile(r"auxiliary_head\.|.*\.num_batches_tracked$")
METADATA = "metadata"  # the array that only weight files of memnet have
_ANY_SIDE = 32  # tensors do not depend on the size of the images


def import_checkpoint(path: Path, genotype: Genotype, *, channels: int, layers: int) -> tuple[Network, Tensors]:
    """Read a checkpoint of a genotype at width C and depth L; image channels and classes are read off its tensors.

    Returns
    -------
    network : the network that the tensors belong to, on images of 32x32
    tensors : by state-dict name, float64

    Raises
    ------
    WeightsError
        the file is no checkpoint, holds foreign classes, or is of another width, depth or genotype
    SetupError
        the package that reads this kind of file is not installed
    """
    found = read_tensors(path)
    for name, axes in (("stem.0.weight", 4), ("classifier.weight", 2)):
        if name not in found or found[name].ndim != axes:
            raise WeightsError(
                f"{path}: has no {name} with {axes} axes, so it is no CIFAR evaluation network of quark0/darts "
                f"(it has {', '.join(list(found)[:3]) or 'no tensors'}, ...)"
            )
    _check_size(path, found, channels, layers)
    image_shape = (found["stem.0.weight"].shape[1], _ANY_SIDE, _ANY_SIDE)
    network = build_network(
        genotype, channels=channels, layers=layers, image_shape=image_shape, classes=len(found["classifier.weight"])
    )
    if METADATA in found:  # a weight file of memnet's own, which knows its genotype
        return network, load(path, network)[0]
    validate(network, found, str(path))
    return network, {name: found[name] for name in network.tensor_shapes()}


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Return a file's tensors under their state-dict names, without prefix, auxiliary head and counters."""
    if not path.is_file():
        raise WeightsError(f"{path}: no such checkpoint")
    if path.suffix in _TORCH:
        found = _torch(path)
    elif path.suffix == ".safetensors":
        found = _safetensors(path)
    elif path.suffix == ".npz":
        found = _npz(path)
    else:
        raise WeightsError(f"{path}: unknown kind of checkpoint; known are {', '.join(_TORCH)}, .safetensors and .npz")
    named = {name.removeprefix("module."): array for name, array in found.items()}
    kept = {name: array for name, array in named.items() if not _LEFT_OUT.match(name)}
    return {name: array.astype(np.float64) if array.dtype.kind in "fiu" else array for name, array in kept.items()}


def _check_size(path: Path, found: Mapping[str, NDArray[Any]], channels: int, layers: int) -> None:
    """Compare C and L with what the tensors say, which is a better answer than the first tensor that differs."""
    width = found["stem.0.weight"].shape[0] // 3
    cells = [int(match[1]) for name in found if (match := re.match(r"cells\.(\d+)\.", name))]
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
            warnings.simplefilter("ignore")  # of pickle protocols that it then refuses
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
        found: dict[str, NDArray[Any]] = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: no whole safetensors file ({error}); fetch it again") from error
    return found
