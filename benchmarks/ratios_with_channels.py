# SPDX-License-Identifier: GPL-3.0-or-later
"""Area ratios of hypernetworks to individual deployment over C, from component counts of plans.

No circuit is built, so C=36 and L=20 take seconds.

python benchmarks/ratios_with_channels.py                          L=3, digits, C = 2 to 36
python benchmarks/ratios_with_channels.py --layers 20 --side 32    L=20, 3x32x32 images
"""

from __future__ import annotations

import argparse

import numpy as np

from memnet.deployment.hypernetwork import STRUCTURES
from memnet.flow import compare
from memnet.network.datasets import Dataset

TABLE = "{:>3} {:10} {:>11} {:>9} {:>9} {:>12}  {}"


def main() -> None:
    """Print a row for each C and structure."""
    options = arguments()
    print(
        TABLE.format(
            "C",
            "structure",
            "memristors",
            "op-amps",
            "area mm2",
            "above bound",
            "area ratio (its bound): " + ", ".join(options.genotypes),
        )
    )
    for channels in map(int, options.channels.split(",")):
        made = compare(
            options.genotypes, channels=channels, layers=options.layers, dataset=blank(options.side), counts_only=True
        )
        ratios = [ratio for ratio in made.ratios() if ratio.figure == "area"]
        for structure in STRUCTURES:
            chip = next(chip for chip in made.hypernetworks if chip.structure == structure)
            here = ", ".join(f"{r.ratio:.2f} ({r.bound:.2f})" for r in ratios if r.structure == structure)
            counts = chip.counts
            print(
                TABLE.format(
                    channels,
                    structure,
                    short(counts.memristors),
                    short(counts.opamps),
                    f"{chip.area_m2 * 1e6:.4g}",
                    f"{made.above_bound(structure):.1%}",
                    here,
                )
            )


def blank(side: int) -> Dataset:
    """Return a data set that has nothing but the shape of its images: 1x8x8 as the digits, or 3 channels."""
    images = np.zeros((1, 1 if side == 8 else 3, side, side))
    labels = np.zeros(1, dtype=np.int64)
    return Dataset(
        name=f"{side}x{side}",
        classes=tuple("0123456789"),
        train_images=images,
        train_labels=labels,
        test_images=images,
        test_labels=labels,
    )


def short(count: int) -> str:
    """Return a count in thousands or millions."""
    return f"{count / 1e6:.4g} M" if count >= 1e6 else f"{count / 1e3:.4g} k"


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genotypes", nargs="*", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--channels", default="2,4,8,16,36")
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--side", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
