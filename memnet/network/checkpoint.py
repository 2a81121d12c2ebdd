# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports checkpoints of the evaluation networks of quark0/darts: which network the tensors are of, and their names.

Prefixes of tensor names that wrappers add are removed: `module.` (data-parallel training), `_orig_mod.` (compiled
networks), `model.` (Lightning). The auxiliary head, which only training uses, the step counters of batch norm and the
counts of profilers are left out. All other tensors must be exactly those of the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import WeightsError
from memnet.genotype import Genotype, shorten
from memnet.network.build import build_network
from memnet.network.checkpoint_files import read_checkpoint
from memnet.network.layers import Network
from memnet.network.tensors import Tensors
from memnet.network.weights import load, validate

_WRAPPERS = re.compile(r"(?:module\.|_orig_mod\.|model\.)+")
_LEFT_OUT = re.compile(r"auxiliary_head\.|(?:.*\.)?(?:num_batches_tracked|total_ops|total_params)$")
_SEARCH = re.compile(r"(?:alphas|betas)_(?:normal|reduce)|cells\.\d+\._ops\.\d+\._ops\.")
_FIRST = "cells.0.preprocess1.op.1.weight"  # the first tensor whose number of rows is C
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
    _refuse_search(path, tensors)
    for name, axes in (("stem.0.weight", 4), ("classifier.weight", 2)):
        if name not in tensors or tensors[name].ndim != axes:
            raise WeightsError(
                f"{path}: has no {name} with {axes} axes, so it is no CIFAR evaluation network of quark0/darts "
                f"(it has {', '.join(map(shorten, list(tensors)[:3])) or 'no tensors'}, ...)"
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
    """Return the tensors of a checkpoint by state-dict name, as float64, without what the circuit does not need.

    Left out are the prefixes that wrappers add to all names, the auxiliary head, counters of batch norm and profilers.

    Raises
    ------
    WeightsError, SetupError
        as `import_checkpoint`
    """
    return _named(str(path), read_checkpoint(path), lambda _name, array: array)


def state_tensors(state: Mapping[str, Any], network: Network) -> Tensors:
    """Return the tensors of a state dict held in memory, by name, float64; see `read_tensors` for what is left out.

    Parameters
    ----------
    state : arrays, or tensors of PyTorch on any device, by state-dict name

    Raises
    ------
    WeightsError
        a value is no array of numbers, or they are not those of the network
    """
    where = "weights"
    tensors = _named(where, {str(name): value for name, value in state.items()}, _in_memory)
    _refuse_search(where, tensors)
    if "stem.0.weight" in tensors and tensors["stem.0.weight"].ndim == 4:
        _check_size(where, tensors, network.channels, network.cells)
    validate(network, tensors, where)
    return tensors


def _in_memory(name: str, value: Any) -> NDArray[Any]:  # noqa: ANN401 - an array or a tensor
    """Return what a state dict holds as an array, of float64 where it is a tensor; PyTorch is not needed to do so."""
    try:
        array = np.asarray(value.detach().cpu().double().numpy() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise WeightsError(f"weights: {shorten(name)} is no tensor of numbers ({shorten(str(error))})") from error
    if array.dtype.kind not in "fiub":
        raise WeightsError(f"weights: {shorten(name)} is no tensor of numbers but a {type(value).__name__}")
    return array


def _named(
    where: str, values: Mapping[str, Any], as_array: Callable[[str, Any], NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return values by the names that DARTS's network has, as float64, without what the circuit does not need.

    `as_array` makes an array of the name and the value of those that it needs.
    """
    named: dict[str, NDArray[Any]] = {}
    for full, value in values.items():
        name = _WRAPPERS.sub("", full).replace("_orig_mod.", "")
        if _LEFT_OUT.match(name):
            continue
        array = as_array(full, value)
        if name in named:
            raise WeightsError(
                f"{where}: holds {shorten(name)} twice, with and without the prefix of a wrapper; keep one"
            )
        if array.dtype.kind != "f" and name != METADATA:
            kind = f"{array.dtype}, not floating-point numbers"
            raise WeightsError(f"{where}: {shorten(name)} holds {kind}; save it as float32")
        named[name] = array.astype(np.float64)
    return named


def _refuse_search(path: Path | str, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Refuse weights of a search network, whose edges mix all operations: no genotype has them."""
    if mixed := next((name for name in tensors if _SEARCH.match(name)), None):
        raise WeightsError(
            f"{path}: holds weights of a search network (it has {shorten(mixed)}), which mixes all operations on every "
            "edge; import the network that was trained afterwards with the genotype that the search found"
        )


def _check_size(path: Path | str, tensors: Mapping[str, NDArray[Any]], channels: int, layers: int) -> None:
    """Check C and L against the tensors; this error helps more than one about the first tensor of a wrong shape."""
    stem = len(tensors["stem.0.weight"])
    width = len(tensors[_FIRST]) if _FIRST in tensors and tensors[_FIRST].ndim == 4 else stem // 3
    cells = [int(match[1]) for name in tensors if (match := re.match(r"cells\.(\d{1,6})\.", name))]
    depth = max(cells, default=-1) + 1
    if stem != 3 * width or not width:
        raise WeightsError(
            f"{path}: its stem has {stem} channels and its first cell C={width}; DARTS's stem has 3 times C, and no "
            "other network is built here"
        )
    if (width, depth) != (channels, layers):
        how = f"channels={width}, layers={depth}" if isinstance(path, str) else f"--channels {width} --layers {depth}"
        raise WeightsError(
            f"{path}: is of a network with C={width} and L={depth}, not C={channels} and L={layers}; say {how}"
        )
