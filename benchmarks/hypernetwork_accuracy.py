# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy of architectures on a full hypernetwork over a whole test set in SPICE, and a few images as one flat deck.

python benchmarks/hypernetwork_accuracy.py                     all 360 digits, three genotypes, shared, C=4, L=3
python benchmarks/hypernetwork_accuracy.py --flat-images 5     and the same hypernetwork as one deck on 5 images
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from memnet.flow import simulate

TABLE = "{:10} {:>10} {:>8} {:>8} {:>7} {:>9} {:>9} {:>11} {:>9} {:>8} {:>10}"


def main() -> None:
    """Print a row for each genotype, and write JSON."""
    options = arguments()
    print(
        TABLE.format(
            "genotype",
            "memristors",
            "op-amps",
            "switches",
            "images",
            "accuracy",
            "agreement",
            "logit error",
            "seconds",
            "s/im/core",
            "flat diff V",
        )
    )
    rows = [measure(name, options) for name in options.genotypes]
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2), encoding="utf-8")


def measure(name: str, options: argparse.Namespace) -> dict[str, object]:
    """Simulate one genotype, partitioned and, where asked for, flat."""
    call = {
        "channels": options.channels,
        "layers": options.layers,
        "on": options.on,
        "workers": options.workers,
    }
    start = time.perf_counter()
    result = simulate(name, images=options.images, **call)
    wall = time.perf_counter() - start
    flat = flat_s = None
    if options.flat_images:
        start = time.perf_counter()
        one = simulate(name, images=options.flat_images, flat=True, **call)
        flat_s = time.perf_counter() - start
        flat = float(np.abs(one.outputs_v - result.outputs_v[: options.flat_images]).max())
    counts, accuracy = result.counts, result.accuracy
    print(
        TABLE.format(
            name,
            counts.memristors,
            counts.opamps,
            counts.switches,
            result.images,
            f"{accuracy.accuracy:.2%}",
            f"{accuracy.agreement:.2%}",
            f"{accuracy.logit_error:.2g}",
            f"{wall:.0f}",
            f"{result.core_s / result.images:.2f}",
            "-" if flat is None else f"{flat:.2g} in {flat_s:.0f} s",
        ),
        flush=True,
    )
    return {"genotype": name, **result.figures(), "flat_difference_v": flat, "flat_s": flat_s, "total_s": wall}


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genotypes", nargs="*", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--on", default="shared")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--flat-images", type=int, default=0)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--json", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
