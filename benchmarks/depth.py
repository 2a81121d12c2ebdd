# SPDX-License-Identifier: GPL-3.0-or-later
"""Error of circuits against the depth of their network, in ngspice and in closed form; Markdown rows.

The error gain is a figure of the network: how many times larger a small error of its inputs comes out at its logits.
Run: python benchmarks/depth.py [--networks PDARTS random:7] [--layers 3 8 12 20] [--channels 1] [--images 10]
"""

from __future__ import annotations

import argparse

from memnet import Chip

NETWORKS = ("PDARTS", "DARTS_V1", "DARTS_V2", "random:2", "random:7", "random:11")


def row(genotype: str, layers: int, channels: int, images: int) -> str:
    """Return one row: the error in ngspice and in closed form, the gain, and the largest voltage of a row."""
    chip = Chip.of(genotype, channels=channels, layers=layers)
    simulated = chip.simulate(images=images)
    closed = chip.evaluate(images=images).figures()
    cells = (
        genotype,
        str(layers),
        str(channels),
        chip.weights.origin,
        f"{simulated.error_gain:.1f}",
        f"{simulated.accuracy.logit_error:.1e}",
        f"{closed['logit_error']:.1e}",
        f"{simulated.accuracy.agreement:.0%}",
        f"{closed['largest_row_v']:.3f}",
        str(sum("read limit" in line for line in simulated.warnings)),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--layers", nargs="+", type=int, default=[3, 8, 12, 20])
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--images", type=int, default=10)
    args = parser.parse_args()
    print(
        "| network | L | C | weights | error gain | ngspice | closed form | agreement | largest row, V | over limit |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for genotype in args.networks:
        for layers in args.layers:
            print(row(genotype, layers, args.channels, args.images), flush=True)


if __name__ == "__main__":
    main()
