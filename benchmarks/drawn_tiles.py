# SPDX-License-Identifier: GPL-3.0-or-later
"""What would make the tiles of a drawn chip, which all differ, cheaper to solve: float32, and two threads.

    python benchmarks/drawn_tiles.py [--shapes 65x128 65x64 33x64 17x32 25x2 9x2] [--ohm 1] [--turns 5]
    python benchmarks/drawn_tiles.py --data DIR

The shapes are the most frequent ones, and those that take most of the time, of PDARTS, C=16, L=8 on arrays of 128x128.
For each: milliseconds a tile in float64 on one thread; the share of them that float32 takes (CPU time), and its
largest error, of the largest conductance from a driver to a virtual ground; the share of wall time that two threads
take, which needs an idle machine with two cores. All in turns, the least of each.

With --data, a folder with CIFAR-10: CPU seconds for all tiles of that network, from a few of each of its shapes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from memnet.arrays import WiredTiles, wired_tiles
from memnet.flow import Chip

SHAPES = ("65x128", "65x64", "33x64", "17x32", "25x2", "9x2")
CROSSPOINTS = 100_000  # of the tiles that are solved in one turn


def halves(siemens: np.ndarray, ohm: float) -> None:
    """Solve the two halves of tiles (tiles, rows, columns) in two threads."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda part: wired_tiles(part, ohm, ohm), np.array_split(siemens, 2)))


def least(work: Callable[[], object], clock: Callable[[], float], so_far: float) -> float:
    """Return the seconds of a call, or those so far where they are less."""
    began = clock()
    work()
    return min(so_far, clock() - began)


def error(found: WiredTiles, exact: WiredTiles) -> float:
    """Return the largest difference of the conductances from drivers to virtual grounds, of the largest of them."""
    return float(np.abs(found.effective - exact.effective).max() / np.abs(exact.effective).max())


def drawn(rows: int, columns: int) -> np.ndarray:
    """Return tiles of one shape that all differ, (tiles, rows, columns) siemens."""
    tiles = max(4, CROSSPOINTS // (rows * columns))
    return np.random.default_rng(0).uniform(1e-6, 1e-4, (tiles, rows, columns))


def row(shape: str, ohm: float, turns: int) -> str:
    """Return the line of one shape of tiles."""
    siemens = drawn(*map(int, shape.split("x")))
    tiles, single = len(siemens), siemens.astype(np.float32)
    far = error(wired_tiles(single, ohm, ohm), wired_tiles(siemens, ohm, ohm))
    cpu64 = cpu32 = wall = two = float("inf")
    for _ in range(turns):
        cpu64 = least(lambda: wired_tiles(siemens, ohm, ohm), time.process_time, cpu64)
        cpu32 = least(lambda: wired_tiles(single, ohm, ohm), time.process_time, cpu32)
        wall = least(lambda: wired_tiles(siemens, ohm, ohm), time.perf_counter, wall)
        two = least(lambda: halves(siemens, ohm), time.perf_counter, two)
    return f"| {shape} | {cpu64 / tiles * 1e3:.3g} | {cpu32 / cpu64:.2f} | {far:.0e} | {two / wall:.2f} |"


def whole_chip(data: str, ohm: float, turns: int) -> None:
    """Print the CPU seconds of all tiles of PDARTS, C=16, L=8 on CIFAR-10, in float64 and in float32."""
    chip = Chip.of("PDARTS", dataset="cifar10", data=data, array="128x128")
    print("| tile | tiles | float64, s | float32, s |\n|---|---|---|---|")
    all_s = np.zeros(2)
    for (rows, columns), count in sorted(chip.tiles.shapes.items(), reverse=True):
        siemens = drawn(rows, columns)
        kinds, taken = (siemens, siemens.astype(np.float32)), [float("inf")] * 2
        for _ in range(turns):
            for at, each in enumerate(kinds):
                taken[at] = least(lambda each=each: wired_tiles(each, ohm, ohm), time.process_time, taken[at])
        seconds = np.array(taken) / len(siemens) * count
        all_s += seconds
        print(f"| {rows}x{columns} | {count:,} | {seconds[0]:.3g} | {seconds[1]:.3g} |", flush=True)
    print(f"| all | {chip.tiles.tiles:,} | {all_s[0]:.3g} | {all_s[1]:.3g} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=SHAPES)
    parser.add_argument("--ohm", type=float, default=1.0)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--data", help="folder of CIFAR-10: all tiles of the network and nothing else")
    given = parser.parse_args()
    if given.data:
        whole_chip(given.data, given.ohm, given.turns)
        return
    print("| tile | float64, ms a tile | float32 takes | its error | two threads take |\n|---|---|---|---|---|")
    for shape in given.shapes:
        print(row(shape, given.ohm, given.turns), flush=True)


if __name__ == "__main__":
    main()
