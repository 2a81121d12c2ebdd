"""Seconds and memory of dc sweeps, partitioned and as one flat deck, over the size of a network.

Run: python benchmarks/scale_curve.py [--images 12] [--networks individual:1 hypernetwork:4 ...]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

NETWORKS = ["individual:1", "individual:4", "individual:8", "hypernetwork:1", "hypernetwork:4", "hypernetwork:8"]


def measure(network: str, images: int, flat: bool) -> dict[str, float]:
    """Simulate in this process's only worker and return what it took."""
    from memnet.assembly import Setup, assemble
    from memnet.simulation.base import find_engine
    from memnet.simulation.cost import all_devices
    from memnet.simulation.sweep import sweep_images

    deploy, channels = network.split(":")
    made = assemble(Setup(genotype="PDARTS", channels=int(channels), deploy=deploy))
    images_v = made.input_volts(made.dataset.test_images[:images])
    counted = all_devices(made.circuit)
    before = time.process_time()
    found = sweep_images(made.circuit, images_v, find_engine(), flat=flat)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "devices": counted.resistors + counted.amplifiers + counted.selectors,
        "cpu_s": time.process_time() - before + worker.ru_utime + worker.ru_stime,
        "memnet_share": found.memnet_s / (found.memnet_s + found.engine_s),
        "peak_mb": worker.ru_maxrss / 1024, "output_v": float(np.abs(found.volts[made.circuit.output]).sum()),
    }  # fmt: skip


def apart(network: str, images: int, flat: bool) -> dict[str, float]:
    """Measure in a process of its own, since peak memory only grows."""
    command = [sys.executable, __file__, "--one", network, "--images", str(images), *(["--flat"] if flat else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Print a row for each network: partitioned beside flat."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--one")
    parser.add_argument("--flat", action="store_true")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.images, given.flat)))
        return
    print("CPU seconds for the first image and for each further one; peak memory of the simulating process")
    print(f"{'network':16s} {'devices':>10s} | {'cut first':>9s} {'each':>6s} {'MB':>6s} | {'flat first':>10s} {'each':>6s} {'MB':>6s}")  # noqa: E501
    for network in given.networks:
        cells = []
        for flat in (False, True):
            one, many = (apart(network, images, flat) for images in (1, given.images))
            each = (many["cpu_s"] - one["cpu_s"]) / (given.images - 1)
            cells.append((one["cpu_s"], each, many["peak_mb"]))
        (a, b, c), (d, e, f) = cells
        print(f"{network:16s} {one['devices']:10,.0f} | {a:9.1f} {b:6.2f} {c:6.0f} | {d:10.1f} {e:6.2f} {f:6.0f}", flush=True)  # noqa: E501


if __name__ == "__main__":
    main()
