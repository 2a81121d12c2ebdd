# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy, agreement, error, time and memory of three individually deployed networks on digits in ngspice.

    python benchmarks/individual.py [--images 360] [--random 20] [--transient] [--json FILE]

Prints one line for each run, with the limit for its error: default op-amps and ideal blocks over all images, flat decks
against partitioned ones on five images, and random architectures of the full space at C=2. With --transient, each
network also steps from one image to the next, with a limit for the run time.
"""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path

import numpy as np

from memnet import simulate
from memnet.flow import Simulation

GENOTYPES = ("DARTS_V1", "DARTS_V2", "PDARTS")
FLAT_IMAGES = 5


def memory_mb() -> float:
    """Return the largest memory of this process or any of its workers so far, in MB."""
    mine, theirs = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(mine, theirs) / 1024


def line(what: str, result: Simulation, held_to: float, **more: object) -> dict[str, object]:
    """Print one run and return its figures."""
    found = result.accuracy
    row = {
        "run": what,
        "images": result.images,
        "accuracy": found.accuracy,
        "agreement": found.agreement,
        "close_images": len(found.close_images),
        "float_agreement": found.float_agreement,
        "logit_error": found.logit_error,
        "held_to": held_to,
        "s_per_image_core": result.core_s / result.images,
        "engine_share": result.engine_s / result.core_s,
        "memory_mb": memory_mb(),
        **more,
    }
    good = "ok" if found.logit_error <= held_to and set(found.differing_images) <= set(found.close_images) else "MISSED"
    print(
        f"{what:26s} {result.images:4d} images  accuracy {found.accuracy:6.1%}  agreement {found.agreement:6.1%} "
        f"({len(found.close_images)} close)  logit error {found.logit_error:8.2g} <= {held_to:g} {good}  "
        f"{row['s_per_image_core']:.3f} s an image and core  {row['memory_mb']:.0f} MB",
        flush=True,
    )
    return row


def whole_networks(images: int) -> list[dict[str, object]]:
    """Run the three networks over the test images, with default op-amps and with ideal blocks, and flat."""
    rows = []
    for name in GENOTYPES:
        default = simulate(name, images=images)
        rows.append(line(name, default, 1e-2))
        rows.append(line(f"{name}, ideal blocks", simulate(name, images=images, ideal=True), 1e-4))
        few = min(FLAT_IMAGES, images)
        flat = simulate(name, images=few, flat=True)
        apart = float(np.abs(flat.outputs_v - default.outputs_v[:few]).max())
        print(f"{'':26s} flat against partitioned: at most {apart:.2g} V apart")
        rows.append(line(f"{name}, flat", flat, 1e-2, largest_difference_v=apart))
    return rows


def transients() -> list[dict[str, object]]:
    """Step each network from one image to the next."""
    rows = []
    for name in GENOTYPES:
        result = simulate(name, images=2, analysis="transient")
        figures = result.figures()
        assert result.transient is not None
        kept = {key: figures[key] for key in ("delay_s", "energy_j", "power_w", "power_parts_w")}
        rows.append({"run": f"{name}, transient", **kept, "wall_s": result.transient.wall_s})
        print(
            f"{name:26s} delay {figures['delay_s']:.3g} s  energy {figures['energy_j']:.3g} J  power "
            f"{figures['power_w']:.3g} W  {result.transient.wall_s:.0f} s <= 300"
        )
    return rows


def random_architectures(count: int) -> list[dict[str, object]]:
    """Run random architectures of the full space at C=2."""
    names = [f"random:{seed}" for seed in range(count)]
    return [line(f"{name}, C=2", simulate(name, channels=2, images=20), 1e-2) for name in names]


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--random", type=int, default=20)
    parser.add_argument("--transient", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = whole_networks(options.images) if options.images else []
    rows += random_architectures(options.random)
    if options.transient:
        rows += transients()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
