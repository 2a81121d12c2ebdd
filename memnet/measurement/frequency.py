# SPDX-License-Identifier: GPL-3.0-or-later
"""The frequency response of one block, by an ac analysis in ngspice around the dc solution of an image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit, Nets
from memnet.errors import SetupError
from memnet.netlist import DECK_DIALECT, SmallSignal, flat_deck
from memnet.simulation import column_partition, excerpt
from memnet.simulation.engines import Engine
from memnet.units import Floats

AMPLITUDE_V = 1e-3  # of a source's table, on both sides of the image; results are divided by it


def block_response(
    circuit: Circuit,
    stage: str,
    volts: Mapping[str, Floats],
    driven: Sequence[tuple[str, Nets]],
    watched: Sequence[tuple[str, Nets]],
    analysis: SmallSignal,
    engine: Engine,
) -> tuple[Floats, npt.NDArray[np.complex128]]:
    """Return the frequencies, (points,) hertz, and the complex gains, (points, nets), from some nets to others.

    Parameters
    ----------
    volts : what the stage reads at the image, by net group, (1, nets) volts
    driven : net groups, and positions of the nets in each, whose voltages all swing together by 1 V
    watched : the same of the nets whose gains are returned, in that order; NaN where one stands in no deck
    analysis : at which frequencies

    Raises
    ------
    SetupError
        the engine is not ngspice
    SimulationError
        the deck failed
    """
    if not engine.name.startswith(DECK_DIALECT):
        raise SetupError(f"engine {engine.name}: ac analyses are run in ngspice; leave engine out, or give ngspice")
    block = circuit.block(stage)
    columns = np.arange(math.prod(circuit.groups[block.outputs[0]].shape))
    cut = excerpt(circuit, column_partition(circuit, block, columns))
    inputs = {name: np.repeat(volts[name], 2, axis=0) for name in cut.partition.reads}
    for name, places in driven:
        inputs[name][:, places] += np.array([[-AMPLITUDE_V], [AMPLITUDE_V]])
    nets, known = _nets(cut.circuit, cut.places, watched)
    vectors = [f"v(n{net})" for net in nets]
    deck = flat_deck(
        cut.circuit,
        cut.partition.blocks,
        name=stage,
        inputs=cut.of(inputs, cut.partition.reads),
        analysis=analysis,
        saved=(*vectors, *(f"imag({each})" for each in vectors)),
    )
    result = engine.run(deck)
    gains = np.full((len(result.axis), len(known)), np.nan + 0j)
    real, imaginary = np.split(result.values, 2, axis=1)
    gains[:, known] = (real + 1j * imaginary) / AMPLITUDE_V
    return result.axis, gains


def _nets(
    circuit: Circuit, places: Mapping[str, Nets], watched: Sequence[tuple[str, Nets]]
) -> tuple[list[int], npt.NDArray[np.bool_]]:
    """Return the numbers in a deck of the nets to watch, and which of these nets, (nets,), the deck has."""
    numbers, known = list[int](), list[bool]()
    for name, wanted in watched:
        number = dict(zip(places[name].tolist(), circuit.groups[name].nets.tolist(), strict=True))
        numbers += [number[place] for place in wanted.tolist() if place in number]
        known += [place in number for place in wanted.tolist()]
    return numbers, np.array(known, dtype=bool)
