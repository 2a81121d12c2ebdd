# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristor models in ngspice against scipy, and what a device costs a time step, beside a resistor.

    benchmarks/memristors.py [--devices 50] [--many 10000] [--json FILE]

The first table: every published set under its sine and its pulses, as `memnet memristor` runs them: the largest
difference of the state as a share of the model's range and of the range that it went through, and of the current as a
share of the largest. The second: processor time a device and time step of many equal devices under the default set's
sine with 200 steps a period, from runs of one and of two periods, so that reading the deck does not count; as
subcircuits, and compiled from Verilog-A where openvaf-r is here. Set OMP_NUM_THREADS and OPENBLAS_NUM_THREADS to 1.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from memnet.devices.memristors import MODELS, Sine, memristor_model
from memnet.flow import run_memristor
from memnet.netlist import Deck, memristor_module, transient_deck
from memnet.simulation import compile_module, find_compiler
from memnet.simulation.engines import find_engine
from memnet.units import number


@dataclass(frozen=True, kw_only=True)
class Coarse(Sine):
    """A sine in few time steps."""

    @property
    def step_s(self) -> float:
        """Return a 200th of the period."""
        return 1.0 / self.hertz / 200.0


def errors() -> list[dict]:
    """Return the differences of every set, for its loop and its pulses."""
    found = []
    for name, kind in MODELS.items():
        for chosen in kind.sets:
            run = run_memristor(f"{name}:{chosen}", engine="ngspice")
            found += [
                {
                    "model": f"{name}:{chosen}",
                    "under": what,
                    "points": len(each.time_s),
                    "state_error": each.state_error if kind.moves else None,
                    "visited_error": each.visited_error if kind.moves else None,
                    "current_error": each.current_error,
                }
                for what, each in (("sine", run.loop), ("pulses", run.pulses))
            ]
    return found


def resistors(stimulus: Sine, count: int) -> Deck:
    """Return a deck of resistors under a sine, as `transient_deck` has devices."""
    lines = [f"vm{at} in m{at} 0\nrm{at} m{at} 0 1e4" for at in range(count)]
    step, stop = number(stimulus.step_s), number(stimulus.stop_s)
    head = f"vin in 0 sin(0 {number(stimulus.amplitude_v)} {number(stimulus.hertz)})"
    options = ".options reltol=1e-6 abstol=1e-15 vntol=1e-9 gmin=1e-15 trtol=1"
    text = "\n".join(["resistors", options, head, *lines, f".tran {step} {stop} 0 {step}", ".end", ""])
    return Deck(name="resistors", text=text, vectors=("v(in)",), points=None)


def step_us(deck_of) -> float:
    """Return microseconds of processor time a time step, from runs of one and two periods; `deck_of` takes periods."""
    engine, spent, points = find_engine("ngspice"), [], []
    for periods in (1, 2):
        deck = deck_of(periods)
        started = time.process_time()
        result = engine.run(replace(deck, vectors=deck.vectors[:1]))
        spent.append(time.process_time() - started)
        points.append(len(result.axis))
    return 1e6 * (spent[1] - spent[0]) / (points[1] - points[0])


def costs(name: str, count: int, folder: Path, *, subcircuit: bool = True) -> dict:
    """Return microseconds a device and step of a model, as a subcircuit and compiled, and of resistors."""
    model, published = memristor_model(name), next(iter(MODELS[name].sets.values()))
    states = [published.start] * count

    def stimulus(periods: int) -> Sine:
        return Coarse(amplitude_v=published.loop.amplitude_v, hertz=published.loop.hertz, periods=periods)

    found = {"model": name, "devices": count}
    # Resistors take no steps of their own, so their sine is cut finer: enough steps to measure.
    found["resistor_us"] = step_us(lambda periods: resistors(replace(published.loop, periods=periods), count)) / count
    if subcircuit:
        found["subcircuit_us"] = step_us(lambda periods: transient_deck(model, stimulus(periods), states)) / count
    if find_compiler() is not None:
        module = compile_module(*memristor_module(model), folder)
        found["compiled_us"] = (
            step_us(lambda periods: transient_deck(model, stimulus(periods), states, compiled=module)) / count
        )
    return found


def shown(value: object) -> str:
    """Return a cell of a table."""
    return "-" if value is None else f"{value:.2g}" if isinstance(value, float) else str(value)


def print_table(rows: list[dict]) -> None:
    """Print rows with the same keys as a Markdown table."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    print("| " + " | ".join(keys) + " |\n|" + "---|" * len(keys))
    for row in rows:
        print("| " + " | ".join(shown(row.get(key)) for key in keys) + " |")
    print(flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    accuracy = errors()
    print_table(accuracy)
    with TemporaryDirectory() as folder:
        cost = [costs(name, given.devices, Path(folder)) for name in MODELS]
        print_table(cost)
        many = []
        if given.many:
            many = [costs("vteam", given.many, Path(folder), subcircuit=False)]
            print_table(many)
    if given.json:
        given.json.write_text(json.dumps({"errors": accuracy, "costs": cost, "many": many}, indent=2) + "\n")


if __name__ == "__main__":
    main()
