# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole networks whose memristors have a law I = G f(V): circuit against numeric engine, accuracy, and what it costs.

    benchmarks/memristor_networks.py [--channels 4] [--images 20] [--test-images 360]

For each law: class outputs of ngspice and of the numeric engine on the first images, as a share of full scale; the
shift against the quantised reference with linear memristors (`logit_error`); the seconds of ngspice; accuracy and rate
of the numeric engine on one thread, the best of three runs that take turns.
"""

from __future__ import annotations

import argparse

import numpy as np

from memnet.flow import Chip
from memnet.numeric import NumericCircuit

LAWS = (None, "sinh", "cubic", "yakopcic:aguirre")
ROUNDS = 3


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--on", default="individual")
    parser.add_argument("--images", type=int, default=20, help="in ngspice")
    parser.add_argument("--test-images", type=int, default=360, help="in the numeric engine")
    given = parser.parse_args()
    chips = {law: Chip.of(given.genotype, channels=given.channels, on=given.on, memristor=law) for law in LAWS}
    rates = dict.fromkeys(LAWS, 0.0)
    accuracy = {}
    for _ in range(ROUNDS):
        for law, chip in chips.items():
            found = chip.evaluate(images=given.test_images, workers=1, references=1)
            rates[law] = max(rates[law], found.images_per_s)
            accuracy[law] = float(found.accuracies.mean())
    print("| law | circuit against numeric | logit_error | ngspice, s | accuracy | images a second |")
    print("|---|---|---|---|---|---|")
    for law, chip in chips.items():
        result = chip.simulate(images=given.images, workers=1, engine="ngspice")
        volts = chip.input_volts(chip.dataset.test_images[: given.images])
        numeric = NumericCircuit(chip.devices).run(volts).outputs_v
        error = np.abs(numeric - result.outputs_v).max() / np.abs(result.outputs_v).max()
        print(
            f"| {law or 'I = G V'} | {error:.1e} | {result.accuracy.logit_error:.2g} | {result.engine_s:.1f} | "
            f"{accuracy[law]:.1%} | {rates[law]:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
