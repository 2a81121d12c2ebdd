# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy of networks against the resistance of their arrays' wires, and with remedies, in the numeric engine.

Run: python benchmarks/wired_accuracy.py [--genotypes PDARTS ...] [--ohm 0 0.3 ...] [--array 128x128] [--dataset digits]
     python benchmarks/wired_accuracy.py --ohm 2.5 --remedy none feedback ... all [--sizes 64x64 32x32]

Outputs are compared with those of the same circuit without wires: the change is its root mean square over images and
classes, as a share of the largest output; "after one gain" is what is left where all outputs are scaled alike. Areas
are those at the ends of rows and columns, which a remedy or smaller arrays may add to.
"""

from __future__ import annotations

import argparse

import numpy as np

from memnet.deployment import REMEDIES
from memnet.devices import DeviceSpread
from memnet.flow import Chip, SampledChip, sample_chip

Case = tuple[str, float, str, str]  # array, ohm a cell, remedies in words and as the setting has them


def cases(given: argparse.Namespace) -> list[Case]:
    """Return what is measured of each network."""
    names = {"none": "", "all": ",".join(REMEDIES)}
    found = [(given.array, ohm, name, names.get(name, name)) for ohm in given.ohm for name in given.remedy]
    return found + [(size, ohm, "none", "") for ohm in given.ohm for size in given.sizes]


def main() -> None:
    """Print one line for each network, array, resistance and remedy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotypes", nargs="+", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--ohm", type=float, nargs="+", default=[0.0, 0.3, 1.0, 2.5, 5.0, 10.0])
    parser.add_argument("--array", default="128x128")
    parser.add_argument("--remedy", nargs="+", default=["none"], help=f"none, all, or some of {', '.join(REMEDIES)}")
    parser.add_argument("--sizes", nargs="*", default=[], help="other arrays, without remedies")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data")
    parser.add_argument("--images", type=int)
    parser.add_argument("--variation", type=float, default=0.0, help="of each conductance: every tile then differs")
    parser.add_argument("--stuck", type=float, default=0.0, help="share of devices at Gmin or Gmax")
    given = parser.parse_args()
    print(
        "| network | array | ohm a cell | remedy | accuracy | change of outputs | after one gain | lines, mm2 | "
        "build, s | images, s |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    for genotype in given.genotypes:
        spread = DeviceSpread(variation=given.variation, stuck=given.stuck)
        plain = Chip.of(genotype, dataset=given.dataset, data=given.data, array=given.array, devices=spread)
        before = measured(plain, given.images).logits
        for array, ohm, name, remedies in cases(given):
            chip = plain.change(array=array, wires=True, wire_ohm=ohm, remedies=remedies or None)
            sample = measured(chip, given.images)
            change, left = changes(before, sample.logits)
            line_m2 = chip.array_figures()["line_area_m2"]
            print(
                f"| {genotype} | {array} | {ohm:g} | {name} | {sample.accuracy:.2%} | {change:.3%} | {left:.3%} | "
                f"{1e6 * line_m2:.4g} | {sample.build_s:.2f} | {sample.run_s:.2f} |",
                flush=True,
            )


def measured(chip: Chip, images: int | None) -> SampledChip:
    """Classify test images in one thread; `Chip.evaluate` would also say what changes outputs, on more circuits."""
    images = len(chip.dataset.test_labels) if images is None else images
    return sample_chip(chip, chip.setup.devices, images, 1, lambda _what, _share: None)


def changes(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """Return how far outputs changed, as a share of the largest, and what is left after one gain of all."""
    gain = (after * before).sum() / (after**2).sum()
    change, left = (np.sqrt(((each - before) ** 2).mean()) / np.abs(before).max() for each in (after, gain * after))
    return float(change), float(left)


if __name__ == "__main__":
    main()
