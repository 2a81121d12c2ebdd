# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy of networks against the resistance of their arrays' wires, in the numeric engine.

Run: python benchmarks/wired_accuracy.py [--genotypes PDARTS ...] [--ohm 0 0.3 ...] [--array 128x128] [--dataset digits]

Outputs are compared with those of the same circuit without wires: the change is its root mean square over images and
classes, as a share of the largest output; "after one gain" is what is left where all outputs are scaled alike.
"""

from __future__ import annotations

import argparse

import numpy as np

from memnet.flow import Chip


def main() -> None:
    """Print one line for each network and resistance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotypes", nargs="+", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--ohm", type=float, nargs="+", default=[0.0, 0.3, 1.0, 2.5, 5.0, 10.0])
    parser.add_argument("--array", default="128x128")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data")
    parser.add_argument("--images", type=int)
    given = parser.parse_args()
    print("| network | ohm a cell | accuracy | change of outputs | after one gain | build, s | images, s |")
    print("|---|---|---|---|---|---|---|")
    for genotype in given.genotypes:
        plain = Chip.of(genotype, dataset=given.dataset, data=given.data, array=given.array)
        before = plain.evaluate(images=given.images, workers=1).samples[0].logits
        for ohm in given.ohm:
            chip = plain.change(wires=True, wire_ohm=ohm)
            sample = chip.evaluate(images=given.images, workers=1).samples[0]
            after, share = sample.logits, np.sqrt((before**2).mean()) / np.abs(before).max()
            gain = (after * before).sum() / (after**2).sum()
            spans = [
                np.sqrt(((each - before) ** 2).mean()) / np.sqrt((before**2).mean()) for each in (after, gain * after)
            ]
            change, left = spans
            print(
                f"| {genotype} | {ohm:g} | {sample.accuracy:.2%} | {change * share:.2%} | {left * share:.2%} | "
                f"{sample.build_s:.2f} | {sample.run_s:.2f} |"
            )


if __name__ == "__main__":
    main()
