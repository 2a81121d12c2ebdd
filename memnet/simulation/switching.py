# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches a hypernetwork from one architecture to another within one transient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from memnet.circuit import Circuit
from memnet.deployment import INPUT
from memnet.errors import SimulationError
from memnet.netlist import Transient, flat_deck, voltage_vectors
from memnet.simulation.engines.base import Engine, Progress, deck_dialect
from memnet.simulation.waveforms import Waveform
from memnet.units import Floats

SWITCH_S = 1e-9  # rise and fall of select nets


def switch_in_place(
    circuit: Circuit,
    image_v: Floats,
    configurations: Sequence[Mapping[str, bool]],
    engine: Engine,
    *,
    hold_s: float,
    step_s: float,
    progress: Progress | None = None,
) -> Waveform:
    """Hold each configuration for `hold_s`, one after the other, in one run of a flat deck with one image as input.

    Only the voltages of select nets change: memristors and resistors keep their values during a run.

    Parameters
    ----------
    image_v : (input nets,) volts
    configurations : the states of all select nets of the circuit, in the order of switching

    Returns
    -------
    Waveform
        the class outputs, (points, classes); it starts at the dc solution of the first configuration

    Raises
    ------
    SimulationError
        a configuration has other select nets than the circuit, or the run failed
    """
    for i, configuration in enumerate(configurations):
        foreign = sorted(set(configuration) ^ set(circuit.selects))
        if foreign:
            raise SimulationError(
                f"configuration {i}: select net {foreign[0]!r} and {len(foreign) - 1} more do not match this circuit; "
                "use the selects of an architecture on the same structure and sizes"
            )
    axis = _axis(len(configurations), hold_s)
    axes_s = dict.fromkeys((INPUT, *circuit.selects), axis)
    analysis = Transient(axes_s=axes_s, stepping=True, step_s=step_s, stop_s=float(axis[-1]))
    # Two points per configuration, at its begin and its end. Nets that never change are not switched, which keeps the
    # deck small.
    states = {name: [float(configuration[name]) for configuration in configurations] for name in circuit.selects}
    switching = {name: np.repeat(levels, 2) for name, levels in states.items() if min(levels) != max(levels)}
    circuit = replace(circuit, selects=dict(configurations[0]))
    vectors = voltage_vectors(circuit, [circuit.output])
    deck = flat_deck(
        circuit,
        circuit.blocks,
        name="net",
        inputs={INPUT: np.tile(image_v, (len(axis), 1))},
        analysis=analysis,
        saved=vectors,
        switching=switching,
        dialect=deck_dialect(engine),
    )
    result = engine.run(deck, progress)
    return Waveform(time_s=result.axis, volts=result.values)


def _axis(count: int, hold_s: float) -> Floats:
    """Return the times at which each configuration begins and ends, (2 count,); switching takes SWITCH_S in between."""
    begins = np.arange(count) * hold_s
    ends = begins + hold_s - SWITCH_S
    return np.stack([begins, ends], axis=1).reshape(-1)
