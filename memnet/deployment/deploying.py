# SPDX-License-Identifier: GPL-3.0-or-later
"""Deploys networks: chooses scales on training images, so that the quantised network too keeps the read limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from memnet.deployment.kernels import programmed_parameters
from memnet.deployment.mapping import Deployment, Member, Programmer, peaked_activations
from memnet.deployment.stages import Plan
from memnet.network import Network, Parameters, fold
from memnet.technology import Technology
from memnet.units import Floats

BATCH_VALUES = 2**25  # activations held at once, 256 MiB; the largest are still taken over all images
# Activations on which the quantised network is held against the read limit, 64 MiB. Quantising moves those of all
# images alike: where some images keep the limit, the margin of scales covers the others.
HELD_VALUES = 2**23
MOST_ROUNDS = 4  # of scales, where levels are so few that each choice of scales changes what they are chosen for
Batch = dict[str, Floats]  # activations by stage


def deploy(
    network: Network, plan: Plan, weights: Mapping[str, Floats], images: Floats, technology: Technology
) -> Deployment:
    """Return a network on a plan, with scales chosen on training images and all weights quantised.

    Parameters
    ----------
    weights : tensors by name, as in a checkpoint
    images : (n, channels, height, width) training images, in the network's input units

    Raises
    ------
    MappingError
        an activation or weight is not finite
    """
    return deploy_together([Member(network=network, plan=plan, weights=weights)], images, technology)[0]


def deploy_together(members: Sequence[Member], images: Floats, technology: Technology) -> list[Deployment]:
    """Program one hypernetwork with several architectures at once, so that selects alone switch between them.

    The scales are chosen for the largest activation that any of the float networks has. Where a row would still exceed
    the read limit, because levels are few and the quantised network has larger activations, they are chosen again for
    the larger of both. All deployments returned have the same scales and levels; each has the select states of one
    architecture.

    Parameters
    ----------
    images : (n, channels, height, width) training images, in the network's input units

    Raises
    ------
    MappingError
        a unit would have to hold different weights for two architectures, or buffer max pools of different scales, or
        an activation or weight is not finite
    """
    peaks: dict[str, float] = {}
    batches: list[Batch] = []  # whose first TIAs have to stay unsaturated
    for member in members:
        batches.append(_measure(member.network, member.plan, fold(member.network, member.weights), images, peaks))
    few = images[: max(1, HELD_VALUES // members[0].network.values())]
    for _ in range(MOST_ROUNDS):
        deployments = Programmer(members, _joined(batches), peaks, technology).programmed(members)
        if not any(_exceeds(deployment, few) for deployment in deployments):
            break
        for deployment in deployments:
            quantised = programmed_parameters(deployment)
            batches.append(_measure(deployment.network, deployment.plan, quantised, images, peaks))
    return deployments


def _measure(network: Network, plan: Plan, parameters: Parameters, images: Floats, peaks: dict[str, float]) -> Batch:
    """Enlarge `peaks` to the largest magnitudes of activations, by stage; return the activations of the first batch."""
    activations: Batch = {}
    size = max(1, BATCH_VALUES // network.values())
    # Backwards, so that the first batch comes last and no other is held beside it.
    for start in reversed(range(0, len(images), size)):
        activations, largest = peaked_activations(network, plan, parameters, images[start : start + size])
        for name, peak in largest.items():
            peaks[name] = max(peaks.get(name, 0.0), peak)
    return activations


def _joined(batches: Sequence[Batch]) -> Batch:
    first, *others = batches
    return {name: np.concatenate([batch[name] for batch in batches]) for name in first} if others else first


def _exceeds(deployment: Deployment, images: Floats) -> bool:
    """Return whether a stage of the quantised network gives more than the read limit for some images."""
    parameters, limit_v = programmed_parameters(deployment), deployment.technology.memristor.read_limit_v
    _, largest = peaked_activations(deployment.network, deployment.plan, parameters, images)
    return any(peak * abs(deployment.scales[name]) > limit_v for name, peak in largest.items())
