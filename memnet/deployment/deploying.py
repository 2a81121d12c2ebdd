# SPDX-License-Identifier: GPL-3.0-or-later
"""Deploys networks: chooses scales on training images, so that the quantised network too keeps the read limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memnet.deployment.activations import measure_activations
from memnet.deployment.kernels import programmed_parameters
from memnet.deployment.mapping import Deployment, Member, Programmer
from memnet.deployment.stages import Plan
from memnet.devices import MemristorModel
from memnet.network import Network, fold
from memnet.technology import Technology
from memnet.units import Floats

# Activations of the first images, 128 MiB, for which first TIAs have to stay unsaturated; scales are taken over all.
FIRST_VALUES = 2**25
# Activations on which the quantised network is held against the read limit. Quantising moves those of all
# images alike: where some images keep the limit, the margin of scales covers the others.
HELD_VALUES = 2**23
MOST_ROUNDS = 4  # of scales, where levels are so few that each choice of scales changes what they are chosen for


def deploy(
    network: Network,
    plan: Plan,
    weights: Mapping[str, Floats],
    images: Floats,
    technology: Technology,
    law: MemristorModel | None = None,
) -> Deployment:
    """Return a network on a plan, with scales chosen on training images and all weights quantised.

    Parameters
    ----------
    weights : tensors by name, as in a checkpoint
    images : (n, channels, height, width) training images, in the network's input units
    law : of memristors, for whose mean current levels are compensated (see `compensation`); None for I = G V

    Raises
    ------
    MappingError
        an activation or weight is not finite
    """
    return deploy_together([Member(network=network, plan=plan, weights=weights)], images, technology, law)[0]


def deploy_together(
    members: Sequence[Member], images: Floats, technology: Technology, law: MemristorModel | None = None
) -> list[Deployment]:
    """Program one hypernetwork with several architectures at once, so that selects alone switch between them.

    The scales are chosen for the largest activation that any of the float networks has. Where a row would still exceed
    the read limit, because levels are few and the quantised network has larger activations, they are chosen again for
    the larger of both. All deployments returned have the same scales and levels; each has the select states of one
    architecture.

    Parameters
    ----------
    images : (n, channels, height, width) training images, in the network's input units
    law : as in `deploy`

    Raises
    ------
    MappingError
        a unit would have to hold different weights for two architectures, or buffer max pools of different scales, or
        an activation or weight is not finite
    """
    values = members[0].network.values()
    held, few = max(1, FIRST_VALUES // values), images[: max(1, HELD_VALUES // values)]
    measured = [
        measure_activations(each.network, each.plan, fold(each.network, each.weights), images, held=held)
        for each in members
    ]
    for _ in range(MOST_ROUNDS):
        peaks = {name: max(each.peaks[name] for each in measured) for name in measured[0].peaks}
        chunks = [chunk for each in measured for chunk in each.chunks]
        deployments = Programmer(members, chunks, peaks, technology, law).programmed(members)
        if not any(_exceeds(deployment, few) for deployment in deployments):
            break
        measured += [
            measure_activations(each.network, each.plan, programmed_parameters(each), images, held=held)
            for each in deployments
        ]
    return deployments


def _exceeds(deployment: Deployment, images: Floats) -> bool:
    """Return whether a stage of the quantised network gives more than the read limit for some images."""
    parameters, limit_v = programmed_parameters(deployment), deployment.technology.memristor.read_limit_v
    peaks = measure_activations(deployment.network, deployment.plan, parameters, images, exact=False).peaks
    return any(peak * abs(deployment.scales[name]) > limit_v for name, peak in peaks.items())
