# SPDX-License-Identifier: GPL-3.0-or-later
"""A memristor model of one's own: the device with a threshold of Pershin and Di Ventra (Phys. Rev. E 79:016105, 2009).

memnet memristor examples/own_memristor.py --svg loop.svg
"""

from dataclasses import dataclass

import numpy as np

from memnet.extending import MODELS, TEMPLATES, MemristorModel, ParameterSet, Pulses, Sine, State, edge, parameter

PUBLISHED = ParameterSet(
    values={"least_kohm": 1.0, "most_kohm": 10.0, "threshold_v": 0.5, "kohm_per_v_s": 100.0},
    source="assumption, near the figures of the paper",
    licence="figures of our own",
    loop=Sine(amplitude_v=1.0, hertz=5.0),
    pulses=Pulses.both(1.0, 0.01, -1.0, 0.01, count=3),
    start=5.0,
)


@dataclass(frozen=True, kw_only=True)
class Threshold(MemristorModel):
    """I = V / x, dx/dt = -beta (V - (abs(V + Vt) - abs(V - Vt)) / 2): x stays below the threshold."""

    name, title, law = "threshold", "resistance that moves above a threshold", "I = V/x, dx/dt = -beta (V beyond Vt)"
    source = "Y. Pershin and M. Di Ventra, Phys. Rev. E 79:016105, 2009"
    state = State(symbol="x", unit="kohm", text="a resistance", parameter="x0")
    sets = {"default": PUBLISHED}  # noqa: RUF012

    least_kohm: float = parameter("smallest resistance", "kohm", 1e-3, 1e9)
    most_kohm: float = parameter("largest resistance", "kohm", 1e-3, 1e9)
    threshold_v: float = parameter("threshold", "V", 1e-3, 100.0)
    kohm_per_v_s: float = parameter("speed beta", "kohm/(V s)", 0.0, 1e15)

    def current(self, volts, state):  # noqa: D102
        return volts / (1e3 * state)

    def rate(self, volts, state):  # noqa: D102
        beyond = volts - 0.5 * (np.abs(volts + self.threshold_v) - np.abs(volts - self.threshold_v))
        left = np.where(volts > 0, state - self.least_kohm, self.most_kohm - state)
        return -self.kohm_per_v_s * beyond * edge(left / (self.most_kohm - self.least_kohm))

    def conductance(self, state):  # noqa: D102
        return 1e-3 / state

    state_of = conductance  # the same both ways

    def limits(self):  # noqa: D102
        return self.least_kohm, self.most_kohm

    def derived(self):  # noqa: D102
        return {"span": self.most_kohm - self.least_kohm}


TEMPLATES["memristors/threshold.j2"] = """
{% import expressions as d with context %}
{% import "memristors/edge.j2" as e %}
{% set quantities = [] %}
{% macro current() %}v(p,n)/(1000*v(x)){% endmacro %}
{% set falls = e.edge("(v(x)-" ~ least_kohm ~ ")/" ~ span) %}
{% set grows = e.edge("(" ~ most_kohm ~ "-v(x))/" ~ span) %}
{% macro rate() %}-{{ kohm_per_v_s }}*(v(p,n)-0.5*(abs(v(p,n)+{{ threshold_v }})-abs(v(p,n)-{{ threshold_v }})))*
{{ d.when("v(p,n)>0", falls, grows) }}{% endmacro %}
"""
MODELS["threshold"] = Threshold

if __name__ == "__main__":
    from memnet.extending import run_memristor

    print(f"state error {run_memristor('threshold').loop.state_error:.1e} of its range")
