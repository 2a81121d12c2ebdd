# SPDX-License-Identifier: GPL-3.0-or-later
"""Agreement and error against the reference of random architectures of the full space on one hypernetwork.

python benchmarks/hypernetwork_random.py                 20 architectures on shared, C=2, L=3, 10 images each
python benchmarks/hypernetwork_random.py --individual    and each of them deployed individually too
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from memnet.flow import simulate

TABLE = "{:20} {:>6} {:>9} {:>11} {:>12} {:>14} {:>8}"


def main() -> None:
    """Print a row for each architecture, then the worst of all."""
    options = arguments()
    kind = "random-derived" if options.structure == "slotted" else "random"
    print(TABLE.format("architecture", "images", "agreement", "logit error", "float agree.", "individual", "seconds"))
    rows = [measure(f"{kind}:{options.first + at}", options) for at in range(options.count)]
    worst = max(row["logit_error"] for row in rows)
    agreeing = sum(row["agreement"] == 1.0 for row in rows)
    print(f"{agreeing} of {len(rows)} agree on every image; largest logit error {worst:.2g}")
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2), encoding="utf-8")


def measure(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Simulate one architecture on the hypernetwork and, where asked for, on its own chip."""
    call = {
        "channels": options.channels,
        "layers": options.layers,
        "images": options.images,
        "workers": options.workers,
    }
    here = simulate(name, on=options.structure, **call)
    apart = float("nan")
    if options.individual:
        alone = simulate(name, **call)
        apart = float(np.mean(alone.logits.argmax(axis=1) == here.logits.argmax(axis=1)))
    accuracy = here.accuracy
    print(
        TABLE.format(
            name,
            here.images,
            f"{accuracy.agreement:.1%}",
            f"{accuracy.logit_error:.2g}",
            f"{accuracy.float_agreement:.1%}",
            f"{apart:.1%}",
            f"{here.wall_s:.0f}",
        ),
        flush=True,
    )
    return {
        "architecture": name,
        "agreement": accuracy.agreement,
        "logit_error": accuracy.logit_error,
        "float_agreement": accuracy.float_agreement,
        "individual_agreement": apart,
        "wall_s": here.wall_s,
        "close_images": list(accuracy.close_images),
        "differing_images": list(accuracy.differing_images),
    }


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--structure", default="shared")
    parser.add_argument("--channels", type=int, default=2)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--individual", action="store_true")
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--json", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
