# SPDX-License-Identifier: GPL-3.0-or-later
"""What each technology makes of a network: accuracy, and noise at the read.

    benchmarks/technologies.py [NAME ...] [--genotype PDARTS] [--channels 4] [--images 360]

By default all shipped technologies; NAME may be a file. The first table is `evaluate --technology NAME`: accuracy, and
agreement with the quantised reference, on all images. The second is `evaluate --noise --technology NAME`, for those
whose file has a section [noise]: class outputs' noise, its ratio to the signal, effective bits, images that keep their
class, and accuracy with noise and without.
"""

from __future__ import annotations

import argparse
from typing import Any

from memnet.flow import Chip
from memnet.technology import technology_names


def accuracy_row(chip: Chip, images: int | None) -> str:
    """Return a row of the first table."""
    memristor = chip.technology.memristor
    found = chip.evaluate(images=images, workers=1).figures()
    levels, model = 2**memristor.bits, chip.memristor_name or "I = G V"
    low, high = 1e6 * memristor.g_min_siemens, 1e6 * memristor.g_max_siemens
    return f"{low:g} to {high:g} uS | {levels} | {model} | {found['accuracy']:.1%} | {found['agreement']:.1%}"


def noise_row(chip: Chip, images: int | None) -> str:
    """Return a row of the second table."""
    found: dict[str, Any] = chip.evaluate(images=images, workers=1, noise=True, references=1).figures()
    noise = found["noise"]
    return (
        f"{noise['noise_rms_v'] * 1e3:.2f} | {noise['ratio_db']:.1f} | {noise['effective_bits']:.1f} | "
        f"{noise['same_class']:.1%} | {found['accuracy']:.1%}, {noise['accuracy_without']:.1%}"
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--images", type=int, help="test images, from the first; all by default")
    given = parser.parse_args()
    plain = Chip.of(given.genotype, channels=given.channels)
    chips = {name: plain.change(technology=name) for name in given.names or technology_names()}
    print("| technology | conductances | levels | model | accuracy | agreement |\n|---|---|---|---|---|---|")
    for name, chip in chips.items():
        print(f"| `{name}` | {accuracy_row(chip, given.images)} |", flush=True)
    print("\n| technology | class outputs, mV rms | dB | effective bits | same class | accuracy, without |")
    print("|---|---|---|---|---|---|")
    for name, chip in chips.items():
        if chip.technology.noise is not None:
            print(f"| `{name}` | {noise_row(chip, given.images)} |", flush=True)


if __name__ == "__main__":
    main()
