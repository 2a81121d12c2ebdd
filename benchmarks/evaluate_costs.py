# SPDX-License-Identifier: GPL-3.0-or-later
"""What laws of memristors and wires cost the numeric engine: images a CPU second beside I = G V without wires.

    benchmarks/evaluate_costs.py --data DIR [--images 128] [--laws sinh cubic yakopcic:aguirre] [--turns 3]
    benchmarks/evaluate_costs.py --data DIR --images 256 --laws --wires technology 2.5
    benchmarks/evaluate_costs.py --dataset digits --channels 4 --layers 3 --images 360

PDARTS, C=16, L=8, on the first test images of CIFAR-10 by default. All circuits are built once, in one process; then
they take turns, in one thread. Each counts with its fastest turn; in brackets the least and the largest ratio of times
within a turn. Of --wires, `technology` has the resistances of hfox-130nm, a number is ohm a cell.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from memnet.flow import Chip
from memnet.numeric import NumericCircuit

PLAIN = "I = G V, no wires"


def cases(given: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return the settings of each circuit, by what the table calls it."""
    found: dict[str, dict[str, Any]] = {PLAIN: {}}
    found |= {law: {"memristor": law} for law in given.laws}
    for ohm in given.wires:
        own = {} if ohm == "technology" else {"wire_ohm": float(ohm)}
        found[f"wires, {ohm if not own else ohm + ' ohm'}"] = {"wires": True, **own}
    return found


def measured(chips: dict[str, Chip], images: int, turns: int) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the CPU seconds to build each circuit, and those of each turn of all images."""
    first = chips[PLAIN]
    volts = first.input_volts(first.dataset.test_images[:images], np.float32)
    circuits, build_s = {}, {}
    for name, chip in chips.items():
        start = time.process_time()
        circuits[name] = NumericCircuit(chip.devices, dtype=np.float32)
        build_s[name] = time.process_time() - start
    taken: dict[str, list[float]] = {name: [] for name in chips}
    for _ in range(turns):
        for name, circuit in circuits.items():
            start = time.process_time()
            circuit.run(volts, workers=1)
            taken[name].append(time.process_time() - start)
    return build_s, taken


def main() -> None:
    """Print a row for each circuit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--dataset", default="cifar10")
    parser.add_argument("--data", help="folder that holds cifar-10-batches-py")
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--laws", nargs="*", default=["sinh", "cubic", "yakopcic:aguirre"])
    parser.add_argument("--wires", nargs="*", default=[])
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    network = {"dataset": given.dataset, "data": given.data, "channels": given.channels, "layers": given.layers}
    plain = Chip.of(given.genotype, **network)
    chips = {name: plain.change(**settings) for name, settings in cases(given).items()}
    with threadpool_limits(limits=1):
        build_s, taken = measured(chips, given.images, given.turns)
    print("| circuit | build, CPU s | images a CPU second | rate beside plain | time beside plain |")
    print("|---|---|---|---|---|")
    for name, seconds in taken.items():
        ratios = np.array(seconds) / np.array(taken[PLAIN])
        ratio = min(seconds) / min(taken[PLAIN])
        print(
            f"| {name} | {build_s[name]:.2f} | {given.images / min(seconds):.1f} | {1 / ratio:.2f} | "
            f"{ratio:.2f} ({ratios.min():.2f} to {ratios.max():.2f}) |"
        )


if __name__ == "__main__":
    main()
