# SPDX-License-Identifier: GPL-3.0-or-later
"""What the resistance of the bias rail costs in accuracy, and that of a supply in swing.

python benchmarks/rails.py [--genotypes PDARTS] [--ohm 0.01 0.1 1] [--images N]
"""

from __future__ import annotations

import argparse

from memnet.flow import Chip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--genotypes", nargs="+", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--ohm", nargs="+", type=float, default=[0.0, 0.03, 0.1, 0.3, 1.0])
    parser.add_argument("--images", type=int)
    given = parser.parse_args()
    print("| network | ohm of each rail | bias voltage lost | accuracy | swing lost of a supply, V |")
    print("|---|---|---|---|---|")
    for genotype in given.genotypes:
        plain = Chip.of(genotype)
        for ohm in given.ohm:
            chip = plain.change(bias_rail_ohm=ohm, supply_rail_ohm=ohm)
            figures, accuracy = chip.array_figures(), chip.evaluate(images=given.images, workers=1).accuracies[0]
            lost, swing = figures["bias_rail_drop"], figures["supply_drop_v"]
            print(f"| {genotype} | {ohm:g} | {lost:.2%} | {accuracy:.2%} | {swing:.3g} |", flush=True)


if __name__ == "__main__":
    main()
