# SPDX-License-Identifier: GPL-3.0-or-later
"""The float network in float32, for what needs hundreds of images: choosing scales, and headroom.

It takes the operators of the numeric engine and is several times faster than `reference`, which is in float64, shares
nothing with it and judges every result. No result is judged by this file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.network.layers import Layer, Network
from memnet.network.reference import Parameters
from memnet.network.windows import global_window, layer_window
from memnet.operators import (
    ChannelMap,
    DenseMap,
    Extremes,
    Finish,
    LinearMap,
    dense_pieces,
    extremes,
    max_pool,
    one_channel,
    weighted_sum,
)

Values = npt.NDArray[Any]
LINEAR = ("conv", "factorized_reduce", "linear", "avg_pool", "global_pool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a call gives by name of a recorded layer: its outputs, (channels, pixels, images), and their extremes."""

    values: dict[str, Values]
    extremes: dict[str, Extremes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One layer: the sum of linear maps and of other layers' outputs, or what its kind says where it has no maps.

    `maps` and `sources` belong together; a source is the name of a layer and whether it is rectified.
    """

    layer: Layer
    maps: tuple[LinearMap, ...]
    sources: tuple[tuple[str, bool], ...]
    added: tuple[str, ...]
    constant: Values | None  # (channels, 1)

    @property
    def reads(self) -> tuple[str, ...]:
        return (*(name for name, _ in self.sources), *self.added)


class FastNetwork:
    """A network compiled once; a call takes any number of images.

    Parameters
    ----------
    parameters : kernels and biases, with batch norms folded in
    record : names of layers whose outputs a call returns; others are dropped as soon as no layer reads them
    """

    def __init__(self, network: Network, parameters: Parameters, record: Collection[str]) -> None:
        self.network, self.record = network, frozenset(record)
        self.steps = self._steps(parameters)
        last = {name: step.layer.name for step in self.steps for name in step.reads}
        self.dropped: dict[str, list[str]] = {}  # by the last layer that reads them
        for name, reader in last.items():
            self.dropped.setdefault(reader, []).append(name)

    def _steps(self, parameters: Parameters) -> list[_Step]:
        """Return the layers in order; a sum takes the maps of linear layers that nothing else reads as its own."""
        readers = Counter(name for layer in self.network.layers for name in layer.inputs)
        steps: dict[str, _Step] = {}
        for layer in self.network.layers:
            if layer.kind != "sum":
                steps[layer.name] = self._step(layer, parameters)
                continue
            merged = [
                steps.pop(name)
                for name in layer.inputs
                if readers[name] == 1 and name not in self.record and name in steps and steps[name].maps
            ]
            names = {step.layer.name for step in merged}
            constants = [step.constant for step in merged] + [_constant(layer, parameters)]
            given = [constant for constant in constants if constant is not None]
            steps[layer.name] = _Step(
                layer=layer,
                maps=tuple(each for step in merged for each in step.maps),
                sources=tuple(source for step in merged for source in step.sources),
                added=tuple(name for name in layer.inputs if name not in names),
                constant=sum(given[1:], start=given[0]) if given else None,
            )
        return list(steps.values())

    def _step(self, layer: Layer, parameters: Parameters) -> _Step:
        if layer.kind not in LINEAR:
            return _Step(layer=layer, maps=(), sources=(), added=layer.inputs, constant=None)
        return _Step(
            layer=layer,
            maps=(_map(self.network, layer, parameters),),
            sources=((layer.inputs[0], layer.relu),),
            added=(),
            constant=_constant(layer, parameters),
        )

    def __call__(self, images: Values) -> Recorded:
        """Return outputs and extremes of the recorded layers, float32.

        Parameters
        ----------
        images : (channels, pixels, images) float32, as from `images_last`
        """
        values, rectified = {"input": images}, dict[str, Values]()
        recorded = Recorded(values={}, extremes={})
        for step in self.steps:
            for name, relu in step.sources:
                if relu and name not in rectified:
                    rectified[name] = np.maximum(values[name], np.float32(0.0))
            sources = [rectified[name] if relu else values[name] for name, relu in step.sources]
            found, ends = self._run(step, sources, [values[name] for name in step.added])
            values[step.layer.name] = found
            if step.layer.name in self.record:
                recorded.values[step.layer.name] = found
                recorded.extremes[step.layer.name] = extremes(found) if ends is None else ends
            for name in self.dropped.get(step.layer.name, ()):
                del values[name]
                rectified.pop(name, None)
        return recorded

    def _run(self, step: _Step, sources: list[Values], added: list[Values]) -> tuple[Values, Extremes | None]:
        layer = step.layer
        if step.maps:
            total, ends = weighted_sum(step.maps, sources, Finish(constant=step.constant))
            for values in added:
                total += values
            return total, None if added else ends
        if layer.kind == "zero":
            return np.zeros((layer.shape[0], layer.shape[1] * layer.shape[2], added[0].shape[-1]), np.float32), None
        first = np.maximum(added[0], np.float32(0.0)) if layer.relu else added[0]
        if layer.kind == "identity":
            return first, None
        if layer.kind == "concat":
            return np.concatenate(added), None
        if layer.kind == "max_pool":
            return max_pool(first, layer_window(layer), self.network.input_shape(layer), layer.shape)
        total = first.copy() if step.constant is None else first + step.constant[:, :, None]
        for values in added[1:]:
            total += values
        return total, None


def _constant(layer: Layer, parameters: Parameters) -> Values | None:
    """Return the bias of a layer, (channels, 1); None where it has none."""
    bias = parameters.biases.get(layer.name)
    return None if bias is None else bias.astype(np.float32)[:, None]


def images_last(values: npt.NDArray[Any], dtype: npt.DTypeLike = np.float32) -> Values:
    """Return values (images, channels, height, width) as (channels, pixels, images)."""
    flat = values.reshape(*values.shape[:2], -1)
    return np.ascontiguousarray(flat.transpose(1, 2, 0), dtype=dtype)


def _map(network: Network, layer: Layer, parameters: Parameters) -> LinearMap:
    """Return the products and sums of a convolution or of the classifier, or the averages of a pool."""
    source = network.input_shape(layer)
    window = global_window(source) if layer.kind == "global_pool" else layer_window(layer)
    if layer.kind in ("avg_pool", "global_pool"):
        pattern = one_channel(window, source, layer.shape)
        share = 1.0 / np.diff(pattern.starts)[pattern.columns]  # of the taps that fall on the map
        factors = np.tile(share.astype(np.float32), (layer.shape[0], 1))
        return ChannelMap(window, factors, source, layer.shape, each=True)
    kernel = parameters.kernels[layer.name].astype(np.float32).reshape(layer.shape[0], -1)
    if not window.dense:
        return ChannelMap(window, kernel, source, layer.shape)
    return DenseMap(dense_pieces(window, layer.shape[0]), kernel, source, layer.shape)
