# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy of whole test sets with curved memristors, as they are and with compensated levels, beside I = G V.

    benchmarks/memristor_accuracy.py --dataset cifar10 --data DIR --channels 16 --layers 8 --out docs/tables/laws.json

A row a network and law: accuracy on the test set, and the law's shift of class outputs on the first 100 images (see
`memnet.measurement.law_shift`). The file is written after every case, and cases that stand in it are not run again. Its
seconds have those of both references on these images, too.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from memnet.commands import write_text
from memnet.flow import Chip

NETWORKS = ("DARTS_V1", "DARTS_V2", "PDARTS")
LAWS = ("sinh", "yakopcic:aguirre")


def measured(plain: Chip, law: str | None, compensated: bool, images: int | None) -> dict[str, Any]:
    """Return the figures of one case."""
    start = time.perf_counter()
    chip = plain.change(memristor=law, compensated=compensated)
    found = chip.evaluate(images=images).figures()
    kept = ("accuracy", "float_accuracy", "logit_error", "law_shift", "images_per_s", "mean_slopes")
    return {**{name: found[name] for name in kept if name in found}, "wall_s": time.perf_counter() - start}


def main() -> None:
    """Fill the file and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data")
    parser.add_argument("--channels", type=int)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--laws", nargs="*", default=LAWS)
    parser.add_argument("--images", type=int, help="test images, from the first; all by default")
    parser.add_argument("--out", type=Path, default=Path("out/laws.json"))
    given = parser.parse_args()
    cases = {"I = G V": (None, False)}
    for law in given.laws:
        cases |= {law: (law, False), f"{law}, compensated": (law, True)}
    about = {name: getattr(given, name) for name in ("dataset", "channels", "layers", "images")}
    kept = json.loads(given.out.read_text()) if given.out.exists() else {}
    found = kept.get("cases", {}) if kept.get("about") == about else {}
    for network in given.networks or NETWORKS:
        plain = None
        for case, (law, compensated) in cases.items():
            if case in found.setdefault(network, {}):
                continue
            plain = plain or Chip.of(
                network, dataset=given.dataset, data=given.data, channels=given.channels, layers=given.layers
            )
            found[network][case] = measured(plain, law, compensated, given.images)
            write_text(given.out, json.dumps({"about": about, "cases": found}, indent=2) + "\n")
            print(network, case, found[network][case], flush=True)
    print("| law | " + " | ".join(f"{network} | shift" for network in found) + " |")
    print("|---|" + "---:|" * (2 * len(found)))
    for case in cases:
        cells = [
            f"{row[case]['accuracy']:.2%} | {row[case].get('law_shift', 0.0):.2g}" if case in row else "- | -"
            for row in found.values()
        ]
        print(f"| {case} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
