# SPDX-License-Identifier: GPL-3.0-or-later
"""Small hypernetworks for tests: digits of 4x4 pixels at C=1; knows no figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from memnet.circuit.base import amplifier_nets
from memnet.circuit.blocks import Circuit
from memnet.deployment.stages import INPUT
from memnet.flow.chip import Chip
from memnet.flow.settings import Setup
from memnet.netlist.flat import Sweep, amplifier_vectors, flat_deck, voltage_vectors
from memnet.simulation.engines.registry import find_engine

IMAGES = 2


def hyper(genotype: Any, structure: str | None, dataset: Any, **options: Any) -> Chip:
    """Assemble a genotype on a structure, None for a chip of its own, at C=1."""
    return Chip(
        Setup(
            genotype=genotype,
            channels=1,
            dataset=dataset,
            on=structure or "individual",
            **options,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """All voltages and op-amp currents of one flat dc sweep."""

    volts: np.ndarray  # (images, highest net + 1)
    currents: dict[int, np.ndarray]  # by net, (images,) out of its op-amp


def solve(circuit: Circuit, images_v: np.ndarray) -> Solved:
    """Sweep images through one flat deck and keep everything."""
    banks = [bank for block in circuit.blocks for bank in block.banks]
    groups = list(circuit.groups)
    nets = np.concatenate([circuit.groups[name].nets for name in groups])
    driven = amplifier_nets(banks)
    deck = flat_deck(
        circuit,
        circuit.blocks,
        name="net",
        inputs={INPUT: images_v},
        analysis=Sweep(images=len(images_v)),
        saved=voltage_vectors(circuit, groups) + amplifier_vectors(banks),
    )
    values = find_engine(None).run(deck).values
    volts = np.zeros((len(images_v), circuit.nets + 1))
    volts[:, nets] = values[:, : len(nets)]
    currents = -values[:, len(nets) :]
    return Solved(volts=volts, currents={net: currents[:, at] for at, net in enumerate(driven.tolist())})
