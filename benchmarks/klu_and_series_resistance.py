# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds that two choices save: the KLU solver, and op-amps whose output is an ideal source; Markdown rows.

The same flat deck of a whole network, a dc sweep or a transient, is run (a) as memnet writes it, with KLU, (b) with
Sparse 1.3 (`option sparse`), and (c) with KLU and a resistance in series with every op-amp's output. That resistance
couples the stages before and behind it, which an ideal source separates in the matrix. Each run is a process of its
own, which is ended after --most-s seconds.

Run: python benchmarks/klu_and_series_resistance.py [--networks individual:1 ...] [--ohm 100] [--transient] [--images 2]
"""

from __future__ import annotations

import argparse
import re
import resource
from dataclasses import replace

import numpy as np
from networks import HELP, chip_of

from memnet.circuit import critical_path_s
from memnet.deployment import INPUT
from memnet.errors import SimulationError
from memnet.flow import Chip
from memnet.netlist import Deck, Sweep, Transient, flat_deck, voltage_vectors
from memnet.simulation import STEP_AT_S, all_devices, input_step
from memnet.simulation.engines import BatchEngine

NETWORKS = ["small:1", "small:2", "individual:1", "individual:4"]
STEPS = 100
_OUTPUT = re.compile(r"^(e\S+) (\S+) 0 (x\S+) 0 1$", re.MULTILINE)


def write(chip: Chip, images: int, transient: bool) -> Deck:
    """Return the flat deck of a network, over some images or over the step from one to the next."""
    circuit = chip.circuit
    volts = chip.input_volts(chip.dataset.test_images[: max(images, 2)])
    analysis: Sweep | Transient = Sweep(images=images)
    if transient:
        stop = STEP_AT_S + critical_path_s(circuit)
        step = input_step(volts[0], volts[1], stop)
        analysis = Transient(axes_s={INPUT: step.time_s}, stepping=True, step_s=stop / STEPS, stop_s=stop)
        volts = step.volts
    else:
        volts = volts[:images]
    return flat_deck(
        circuit,
        circuit.blocks,
        name="net",
        inputs={INPUT: volts},
        analysis=analysis,
        saved=voltage_vectors(circuit, [circuit.output]),
    )


def variants(deck: Deck, ohm: float) -> dict[str, Deck]:
    """Return the deck as it is, for Sparse 1.3, and with resistances in the op-amps' outputs."""
    title, rest = deck.text.split("\n", 1)
    series, count = _OUTPUT.subn(rf"\1 y\1 0 \3 0 1\nry\1 y\1 \2 {ohm:g}", deck.text)
    if not count:
        raise SystemExit("no op-amp output found: has the op-amp's template changed?")
    return {
        "KLU": deck,
        "Sparse 1.3": replace(deck, text=f"{title}\n.options sparse\n{rest}"),
        f"KLU, {ohm:g} ohm in series": replace(deck, text=series),
    }


def run(deck: Deck, most_s: float) -> tuple[float | None, np.ndarray | None, str]:
    """Return CPU seconds, class outputs of the last point, and the solver; None where it took too long."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        found = BatchEngine(timeout_s=most_s).run(deck)
    except SimulationError as error:
        return None, None, str(error).split(";")[0]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found.values[-1], found.solver


def main() -> None:
    """Print a row for each network and variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=NETWORKS, help=HELP)
    parser.add_argument("--ohm", type=float, default=100.0)
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--transient", action="store_true")
    parser.add_argument("--most-s", type=float, default=600.0)
    given = parser.parse_args()
    print("| network | devices | deck | solver | CPU | times the first | largest change of an output |")
    print("|---" * 7 + "|")
    for network in given.networks:
        chip = chip_of(network)
        counted = all_devices(chip.circuit)
        total = counted.resistors + counted.amplifiers + counted.selectors
        first: tuple[float, np.ndarray] | None = None
        for name, deck in variants(write(chip, given.images, given.transient), given.ohm).items():
            seconds, outputs, solver = run(deck, given.most_s)
            if seconds is None or outputs is None:
                print(f"| {network} | {total:,} | {name} | - | over {given.most_s:g} s: {solver} | | |", flush=True)
                continue
            first = first or (seconds, outputs)
            change = np.abs(outputs - first[1]).max()
            print(
                f"| {network} | {total:,} | {name} | {solver} | {seconds:.1f} s | {seconds / first[0]:.1f} "
                f"| {change:.1e} V |",
                flush=True,
            )


if __name__ == "__main__":
    main()
