# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stages of a chip add how much error, each judged with the inputs that it really gets."""

from __future__ import annotations

import numpy as np

from memnet.numeric.engine import NumericCircuit, Values
from memnet.numeric.signals import Signal, Tally


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
    signals = circuit.input_signals(images_v)
    random = np.random.default_rng(0)
    added: dict[str, float] = {}
    for number, stage in enumerate(circuit.plan.stages):
        # Signals keep what memristors of one circuit read of them, which those of the other would take for theirs.
        unread = {name: Signal(volts=each.volts, extremes=each.extremes) for name, each in signals.items()}
        expected = dict(ideal.run_stage(stage, unread, Tally(), count, random))
        given = dict(circuit.run_stage(stage, signals, Tally(), count, random))
        full_scale = max(each.extremes.peak for each in expected.values())
        error = max(_largest(given[name].volts - expected[name].volts) for name in expected)
        added[stage.name] = error / full_scale if full_scale else 0.0
        signals.update(given)
        for name in circuit.last_use.get(number, ()):
            signals.pop(name, None)
    return added


def _largest(values: Values) -> float:
    return float(np.abs(values).max(initial=0.0))
