# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds and memory of dc sweeps over the size of a network, partitioned and as one flat deck.

Run: python benchmarks/scale_curve.py [--images 13] [--networks small:1 hypernetwork:4 ...] [--flat-most 3e6]. It prints
Markdown rows: CPU seconds for the first image and for each further one, and the peak memory of the simulating process.
Below the rows it prints with which power of the number of devices each figure grows, from least-squares lines through
the logarithms (1 is linear).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
from networks import HELP, chip_of

NETWORKS = [
    "small:1",
    "individual:1",
    "individual:4",
    "hypernetwork:1",
    "individual:8",
    "hypernetwork:4",
    "hypernetwork:8",
    "hypernetwork:8:5",
]
MODES = ("partitioned", "flat")


def measure(network: str, images: int, flat: bool) -> dict[str, float]:
    """Simulate in this process's only worker and return what it took."""
    from memnet.simulation import all_devices, sweep_images
    from memnet.simulation.engines import find_engine

    made = chip_of(network)
    images_v = made.input_volts(made.dataset.test_images[:images])
    counted = all_devices(made.circuit)
    before = time.process_time()
    sweep_images(made.circuit, images_v, find_engine(), flat=flat)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "devices": counted.resistors + counted.amplifiers + counted.selectors,
        "cpu_s": time.process_time() - before + worker.ru_utime + worker.ru_stime,
        "peak_mb": worker.ru_maxrss / 1024,
    }


def apart(network: str, images: int, flat: bool) -> dict[str, float] | None:
    """Measure in a process of its own, since peak memory only grows; None where memnet refuses or fails."""
    command = [sys.executable, __file__, "--one", network, "--images", str(images), *(["--flat"] if flat else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{network}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def row(network: str, images: int, mode: str) -> dict[str, float] | None:
    """Return devices, CPU seconds of the first and of each further image, and MB."""
    one, many = (apart(network, count, mode == "flat") for count in (1, images))
    if one is None or many is None:
        return None
    each = (many["cpu_s"] - one["cpu_s"]) / (images - 1)
    return {"devices": one["devices"], "first": one["cpu_s"], "each": each, "MB": many["peak_mb"]}


def exponent(rows: list[dict[str, float]], figure: str) -> str:
    """Return the slope of a line through the logarithms of devices and a figure; rows below noise are left out."""
    points = [(r["devices"], r[figure]) for r in rows if r[figure] > 0.01]
    if len(points) < 3:
        return "too few points"
    devices, values = np.log(np.array(points)).T
    return f"{np.polyfit(devices, values, 1)[0]:.2f} ({len(points)} networks)"


def main() -> None:
    """Print a row for each network: partitioned beside flat; then how both grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=13)
    parser.add_argument("--networks", nargs="+", default=NETWORKS, help=HELP)
    parser.add_argument("--flat-most", type=float, default=4e6, help="devices up to which flat decks are run")
    parser.add_argument("--one")
    parser.add_argument("--flat", action="store_true")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.images, given.flat)))
        return
    print("| network | devices |" + "".join(f" {mode}: first image | each further | MB |" for mode in MODES))
    print("|---" * 8 + "|")
    rows: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    for network in given.networks:
        cells, devices = [], 0.0
        for mode in MODES:
            found = row(network, given.images, mode) if mode != "flat" or devices <= given.flat_most else None
            if found is None:
                cells.append("- | - | -")
                continue
            rows[mode].append(found)
            devices = found["devices"]
            cells.append(f"{found['first']:.1f} s | {found['each']:.3f} s | {found['MB']:,.0f}")
        print(f"| {network} | {devices:,.0f} | {' | '.join(cells)} |", flush=True)
    for mode in MODES:
        grows = ", ".join(f"{figure} {exponent(rows[mode], figure)}" for figure in ("first", "each", "MB"))
        print(f"\n{mode}, exponents: {grows}")


if __name__ == "__main__":
    main()
