# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of dc sweeps of a whole hypernetwork over a test set: CPU seconds, share of memnet in these, memory, speed-up.

By default `shared` at C=4, L=3 sweeps all digits test images, partitioned, with one and with two workers, and a few
images as one flat deck. It prints Markdown rows. Run it on an idle machine, since other work on a core falsifies the
speed-up. Below each run of several workers stand as many separate runs of one worker each, which start together and
share the images between them: their speed-up is the most that the machine's cores, caches and memory allow.

Run: python benchmarks/shared_images.py [--network hypernetwork:4] [--images 360] [--workers 1 2] [--flat-images 5]
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


def measure(network: str, images: int, workers: int) -> dict[str, object]:
    """Sweep images; no workers stands for one flat deck. Peak memory is that of the largest process of each kind."""
    from memnet.simulation import sweep_images
    from memnet.simulation.engines import find_engine

    made = chip_of(network)
    images_v = made.input_volts(made.dataset.test_images[:images])
    engine = find_engine()
    start, before = time.perf_counter(), time.process_time()
    found = sweep_images(made.circuit, images_v, engine, flat=not workers, workers=workers or 1)
    wall_s, own_s = time.perf_counter() - start, time.process_time() - before
    worker = resource.getrusage(resource.RUSAGE_CHILDREN)
    volts = found.volts[made.circuit.output]
    labels = made.dataset.test_labels[:images]
    scale = made.circuit.output_scale_v
    return {
        "wall_s": wall_s,
        "cpu_s": own_s + worker.ru_utime + worker.ru_stime,
        "decks": found.decks,
        "memnet_share": found.own_s / (found.own_s + found.engine_s),
        "worker_mb": worker.ru_maxrss / 1024,
        "main_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "accuracy": float((np.argmax(volts / scale, axis=1) == labels).mean()),
        "first_v": volts[:3].tolist(),
    }


def apart(network: str, images: int, workers: int, runs: int = 1) -> list[dict[str, object]]:
    """Measure in a process of its own, since peak memory only grows, or in several at the same time."""
    options = {"--network": network, "--images": images, "--workers": workers}
    command = [sys.executable, __file__, "--one", *(str(word) for option in options.items() for word in option)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(runs)]
    printed = [run.communicate()[0] for run in started]
    for run in started:
        if run.returncode:
            raise subprocess.CalledProcessError(run.returncode, command)
    return [json.loads(text.splitlines()[-1]) for text in printed]


def main() -> None:
    """Print a row for each number of workers, and one for the flat deck."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="hypernetwork:4", help=HELP)
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--flat-images", type=int, default=5)
    parser.add_argument("--one", action="store_true")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.network, given.images, given.workers[0])))
        return
    print("| run | images | decks | wall | CPU an image | memnet's share | MB worker | MB main | accuracy | speed-up |")
    print("|---" * 10 + "|")
    first: float | None = None
    firsts = []
    for workers in [*given.workers, 0]:
        images = given.images if workers else given.flat_images
        if not images:
            continue
        name = f"partitioned, {workers} workers" if workers else "one flat deck"
        found = apart(given.network, images, workers)[0]
        firsts.append(np.array(found["first_v"])[: given.flat_images or None])
        first = first or float(found["wall_s"])
        speed_up = f"{first / found['wall_s']:.2f}" if workers else ""
        print(
            f"| {name} | {images} | {found['decks']} | {found['wall_s']:.1f} s | {found['cpu_s'] / images:.2f} s "
            f"| {found['memnet_share']:.1%} | {found['worker_mb']:,.0f} | {found['main_mb']:,.0f} "
            f"| {found['accuracy']:.1%} | {speed_up} |",
            flush=True,
        )
        if workers > 1:
            separate = apart(given.network, -(-images // workers), 1, runs=workers)
            wall_s = max(float(run["wall_s"]) for run in separate)
            row = f"| {workers} separate runs | {images} |  | {wall_s:.1f} s |  |  |  |  |  | {first / wall_s:.2f} |"
            print(row, flush=True)
    rows = min(len(volts) for volts in firsts)
    apart_v = max(float(np.abs(volts[:rows] - firsts[0][:rows]).max()) for volts in firsts)
    print(f"\nlargest difference between runs, first {rows} images: {apart_v:.1e} V")


if __name__ == "__main__":
    main()
