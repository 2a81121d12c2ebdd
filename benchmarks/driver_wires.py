# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy with wires between drivers and tiles: none, those of the floor plan, and of given resistances.

    python benchmarks/driver_wires.py [--genotypes PDARTS] [--dataset cifar10 --data DIR] [--images N] [--ohm 10 50]

All rows but the first have the technology's wires in their arrays. The change of the class outputs is the root mean
square over images and classes, as a share of the largest output; `after one gain` is what is left of it after one
factor for all outputs.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from memnet.flow import Chip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--genotypes", nargs="+", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data")
    parser.add_argument("--images", type=int)
    parser.add_argument("--ohm", nargs="*", type=float, default=[10.0, 50.0, 200.0])
    given = parser.parse_args()
    print("| network | driver wires | ohm | accuracy | change of outputs | after one gain |")
    print("|---|---|---|---|---|---|")
    cases: list[tuple[str, dict[str, Any]]] = [("no wires", {}), ("none", {"wires": True})]
    cases.append(("floor plan", {"wires": True, "driver_wires": True}))
    cases += [("given", {"wires": True, "driver_wires": True, "driver_ohm": ohm}) for ohm in given.ohm]
    for genotype in given.genotypes:
        plain, before = Chip.of(genotype, dataset=given.dataset, data=given.data), None
        for name, settings in cases:
            chip = plain.change(**settings)
            sample = chip.evaluate(images=given.images, workers=1).samples[0]
            before = sample.logits if before is None else before
            gain = (sample.logits * before).sum() / (sample.logits**2).sum()
            change, left = (
                np.sqrt(((factor * sample.logits - before) ** 2).mean()) / np.abs(before).max()
                for factor in (1.0, gain)
            )
            leads = [] if chip.wiring is None else sorted(chip.wiring.leads_ohm.values())
            ohms = f"{leads[0]:.3g} to {leads[-1]:.3g}" if leads else "0"
            print(f"| {genotype} | {name} | {ohms} | {sample.accuracy:.2%} | {change:.2%} | {left:.2%} |", flush=True)


if __name__ == "__main__":
    main()
