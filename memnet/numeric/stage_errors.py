# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stages of a chip add how much error, each judged with the inputs that it really gets."""

from __future__ import annotations

import numpy as np

from memnet.deployment import INPUT
from memnet.numeric.engine import NumericCircuit, Tally, Values


def added_errors(circuit: NumericCircuit, ideal: NumericCircuit, images_v: Values) -> dict[str, float]:
    """Return the error that each stage adds, as a share of its largest output; 0 for stages without power.

    All stages of `circuit` get the voltages that those before them give; the same stage of `ideal` is computed from
    the same voltages, and the difference of both is what this stage adds.

    Parameters
    ----------
    ideal : a circuit on the same plan, such as one with ideal amplifiers
    images_v : (images, input nets) volts
    """
    count = len(images_v)
    signals: dict[str, Values] = circuit.input_signals(images_v)
    tallies = Tally(peaks_v={INPUT: float(np.abs(images_v).max(initial=0.0))}), Tally()
    random = np.random.default_rng(0)
    added: dict[str, float] = {}
    for number, stage in enumerate(circuit.plan.stages):
        tallies[1].peaks_v.update(tallies[0].peaks_v)
        expected = dict(ideal.run_stage(stage, signals, tallies[1], count, random))
        given = dict(circuit.run_stage(stage, signals, tallies[0], count, random))
        full_scale = max(_largest(value) for value in expected.values())
        error = max(_largest(given[name] - expected[name]) for name in expected)
        added[stage.name] = error / full_scale if full_scale else 0.0
        for name, value in given.items():
            signals[name] = value
            tallies[0].peaks_v[name] = _largest(value)
        for name in circuit.last_use.get(number, ()):
            signals.pop(name, None)
    return added


def _largest(values: Values) -> float:
    return float(np.abs(values).max(initial=0.0))
