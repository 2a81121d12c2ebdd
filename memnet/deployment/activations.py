# SPDX-License-Identifier: GPL-3.0-or-later
"""Activations of a plan's stages, and how large they become on training images.

The largest ones are found in float32 on all images. Then the float64 reference computes again the images on which they
stand, so that scales and levels are those of the reference to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment.stages import BIAS_RAIL, INPUT, Plan, Stage, Term, middle_of
from memnet.errors import MappingError
from memnet.network import FastNetwork, Network, Parameters, Recorded, forward, images_last
from memnet.operators import Extremes, extremes, max_pool
from memnet.units import Floats

Values = npt.NDArray[Any]
LEAST_CHUNK = 32  # images at once in float32: so many rows of memory are read as one
CHUNK_VALUES, EXACT_VALUES = 2**21, 2**22  # activations at once where that is more images, in float32 and in float64
Activations = dict[str, Values]  # by stage, (channels, pixels, images)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Activations of some images: of all in float32, and of image i alone in float64 as `exact(i)`."""

    activations: Activations
    exact: Callable[[int], Activations]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The largest magnitude of each stage's activations over all images, and the activations of the first images."""

    peaks: dict[str, float]
    chunks: tuple[Chunk, ...]


def images_at_once(network: Network) -> int:
    """Return how many images are computed at once in float32: of a small network more, since each call has its cost."""
    return max(LEAST_CHUNK, CHUNK_VALUES // network.values())


def measure_activations(
    network: Network, plan: Plan, parameters: Parameters, images: Floats, *, held: int = 0, exact: bool = True
) -> Measured:
    """Return the largest activations of every stage, and all activations of the first `held` images.

    Parameters
    ----------
    images : (n, channels, height, width), in the network's input units
    exact : whether the largest ones are those of the float64 reference, or those of float32

    Raises
    ------
    MappingError
        an activation is not finite
    """
    layers = sorted({stage.layer for stage in plan.stages if stage.layer})
    fast = FastNetwork(network, parameters, layers)

    def reference(chosen: list[int]) -> Activations:
        values = forward(network, parameters, images[chosen], record=layers).values
        of_layers = {name: images_last(value, np.float64) for name, value in values.items()}
        return stage_activations(plan, of_layers, images_last(images[chosen], np.float64))

    size = images_at_once(network)
    largest: dict[str, tuple[float, int]] = {}  # by stage, with the image on which it stands
    chunks: list[Chunk] = []
    for start in range(0, len(images), size):
        shown = images_last(images[start : start + size])
        found = fast(shown)
        activations = stage_activations(plan, found.values, shown)
        _enlarge(largest, activations, stage_extremes(activations, found), start)
        if start < held:
            kept = {name: value[..., : held - start] for name, value in activations.items()}
            chunks.append(Chunk(activations=kept, exact=cache(lambda i, start=start: reference([start + i]))))
    if not exact:
        return Measured(peaks={name: peak for name, (peak, _) in largest.items()}, chunks=tuple(chunks))
    peaks = dict.fromkeys(largest, 0.0)
    where = sorted({image for _, image in largest.values()})
    size = max(1, EXACT_VALUES // network.values())
    for first in range(0, len(where), size):
        for name, ends in stage_extremes(reference(where[first : first + size])).items():
            peaks[name] = max(peaks[name], ends.peak)
    return Measured(peaks=peaks, chunks=tuple(chunks))


def _enlarge(
    largest: dict[str, tuple[float, int]], activations: Activations, ends: dict[str, Extremes], start: int
) -> None:
    """Enter the activations of images from `start` on that exceed those in `largest`."""
    for name, value in activations.items():
        peak = ends[name].peak
        if peak > largest.get(name, (-1.0, 0))[0]:
            by_image = np.maximum(value.max(axis=(0, 1)), -value.min(axis=(0, 1)))
            largest[name] = peak, start + int(by_image.argmax())


def stage_extremes(activations: Activations, found: Recorded | None = None) -> dict[str, Extremes]:
    """Return the extremes of each stage's activations.

    Parameters
    ----------
    found : what the network gave that `activations` were taken from, whose extremes need not be found again

    Raises
    ------
    MappingError
        one is not finite
    """
    # Stages without power share one array, and so do a max pool and the `middle` that buffers it: each is read once.
    by_array = {id(found.values[name]): ends for name, ends in found.extremes.items()} if found else {}
    for name, value in activations.items():
        if id(value) not in by_array:
            by_array[id(value)] = extremes(value)
        if not math.isfinite(by_array[id(value)].peak):
            raise MappingError(f"net/{name}: activations are not finite; check the weights that feed it")
    return {name: by_array[id(value)] for name, value in activations.items()}


def stage_activations(plan: Plan, values: Mapping[str, Values], images: Values) -> Activations:
    """Return the activations of every stage, the input and the bias rail, each (channels, pixels, images).

    A stage has those of the layer it holds; a max pool, which several edges share, is computed from its source; a stage
    without power has zero. Each `middle` that other stages read has those of the max pool that is buffered there, or
    zero while none is.

    Parameters
    ----------
    values : activations by layer, (channels, pixels, images)
    images : (channels, pixels, images), in the network's input units
    """
    count, dtype = images.shape[-1], images.dtype
    activations: Activations = {INPUT: images, BIAS_RAIL: np.ones((1, 1, count), dtype=dtype)}
    silent = {
        shape: np.zeros((shape[0], shape[1] * shape[2], count), dtype=dtype)
        for shape in {stage.shape for stage in plan.stages}
    }
    for stage in plan.stages:
        if stage.follows:
            buffered = buffered_term(stage, plan)
            activations[middle_of(stage.name)] = activations[buffered.source] if buffered else silent[stage.shape]
        if not plan.on(stage.gate) or (stage.kind != "max_pool" and not stage.layer):
            activations[stage.name] = silent[stage.shape]
        elif stage.kind == "max_pool":
            term = stage.terms[0]
            source = plan.shape(term.source)
            activations[stage.name], _ = max_pool(activations[term.source], term.window, source, stage.shape)
        else:
            activations[stage.name] = values[stage.layer]
    return activations


def buffered_term(stage: Stage, plan: Plan) -> Term | None:
    """Return the selected `follow` term, whose max pool the first TIAs of a stage buffer; None if none is selected."""
    return next((term for term in stage.follows if plan.on(term.select)), None)
