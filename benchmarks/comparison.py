# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated table of hypernetworks against individual deployment; at C=4 on two cores it takes an hour or more.

    python benchmarks/comparison.py                       C=4, L=3, digits, all three structures
    python benchmarks/comparison.py --channels 1          the same table on a small network

It does what `memnet compare` does, but writes the results of each structure as soon as they are complete, so that an
interrupted run keeps them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from memnet.flow import compare, comparison_json
from memnet.report import comparison_html, ratio_words


def main() -> None:
    """Print each structure's table as soon as it is there, and write JSON and a page for each."""
    options = arguments()
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    for structure in options.structures.split(","):
        start = time.perf_counter()
        made = compare(
            options.genotypes,
            on=[structure],
            channels=options.channels,
            layers=options.layers,
            images=options.images,
            transitions=options.transitions,
            workers=options.workers,
        )
        stem = f"{structure}-C{options.channels}-L{options.layers}"
        (folder / f"{stem}.json").write_text(comparison_json((made,)), encoding="utf-8")
        (folder / f"{stem}.html").write_text(comparison_html([made]), encoding="utf-8")
        print(f"\n{structure}: {made.above_bound(structure):.1%} above its bound; {time.perf_counter() - start:.0f} s")
        for ratio in made.ratios():
            genotype, _, figure, alone, here, quotient, bound, paper = ratio_words(ratio)
            print(f"{genotype:10} {figure:10} {alone:>12} {here:>12} {quotient:>7} {bound:>7} {paper}", flush=True)
        for chip in (*made.individual, *made.hypernetworks):
            if chip.measured:
                measured = chip.measured
                print(
                    f"  {chip.genotype}, {chip.structure or 'individual'}: logit error {measured.logit_error:.2g}, "
                    f"agreement {measured.agreement:.0%}, {measured.wall_s:.0f} s"
                )


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genotypes", nargs="*", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--structures", default="shared,slotted,duplicated")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--transitions", type=int, default=1)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--output", default="comparison")
    return parser.parse_args()


if __name__ == "__main__":
    main()
