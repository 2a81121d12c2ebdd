# SPDX-License-Identifier: GPL-3.0-or-later
"""One tile with wires: memnet's recursion, SuperLU at each of its orderings, and ngspice with every segment.

Run: python benchmarks/wired_tile.py [--sizes 64 128] [--ohm 1] [--no-ngspice]

memnet and SuperLU give the whole map, with as many right-hand sides as there are columns; ngspice gives the currents of
one input. Times of memnet and SuperLU are CPU seconds on one thread, that of ngspice is wall time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu
from threadpoolctl import threadpool_limits

from memnet.arrays import wired_tiles
from memnet.netlist import Deck
from memnet.simulation.engines import find_engine

ORDERINGS = ("MMD_AT_PLUS_A", "COLAMD", "MMD_ATA")


def segments(siemens: np.ndarray, ohm: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both ends and the conductance of every device and segment; drivers and grounds have the last numbers."""
    rows, columns = siemens.shape
    row = np.arange(rows * columns).reshape(rows, columns)
    column = row + row.size
    driver = 2 * row.size + np.arange(rows)
    ground = 2 * row.size + rows + np.arange(columns)
    first = [row, np.hstack([driver[:, None], row[:, :-1]]), column]
    second = [column, row, np.vstack([column[1:], ground[None]])]
    wire = np.full(row.size, 1.0 / ohm)
    ends = (np.concatenate([each.reshape(-1) for each in side]) for side in (first, second))
    return *ends, np.concatenate([siemens.reshape(-1), wire, wire])


def by_superlu(siemens: np.ndarray, ohm: float, ordering: str) -> np.ndarray:
    """Return the effective conductances (rows, columns) from the nodal equations."""
    first, second, conductance = segments(siemens, ohm)
    places = np.concatenate([first, second, first, second]), np.concatenate([first, second, second, first])
    matrix = coo_array((np.concatenate([conductance, conductance, -conductance, -conductance]), places)).tocsc()
    rows, inner = len(siemens), 2 * siemens.size
    grounds = matrix[:inner, inner + rows :].toarray()
    volts = splu(matrix[:inner, :inner].tocsc(), permc_spec=ordering).solve(grounds)
    return np.asarray(matrix[inner : inner + rows, :inner] @ volts)


def by_ngspice(siemens: np.ndarray, ohm: float, driven_v: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the currents into virtual grounds for one input, and the solver's name."""
    first, second, conductance = segments(siemens, ohm)
    inner, rows = 2 * siemens.size, len(siemens)
    lines = ["a wired tile"]
    lines += [f"v{at} n{inner + at} 0 {volts!r}" for at, volts in enumerate(driven_v.tolist())]
    lines += [f"v{rows + at} n{inner + rows + at} 0 0" for at in range(siemens.shape[1])]
    lines += [
        f"r{at} n{a} n{b} {1.0 / value!r}"
        for at, (a, b, value) in enumerate(zip(first.tolist(), second.tolist(), conductance.tolist(), strict=True))
    ]
    vectors = tuple(f"i(v{rows + at})" for at in range(siemens.shape[1]))
    text = "\n".join([*lines, ".options reltol=1e-9 gmin=1e-15", ".save " + " ".join(vectors), ".op", ".end", ""])
    result = find_engine("ngspice").run(Deck(name="tile", text=text, vectors=vectors, points=1))
    return result.values[0], result.solver


def timed(work: Any, clock: Callable[[], float] = time.process_time) -> tuple[Any, float]:
    """Return what a function returns, and the least of three times, seconds."""
    times = []
    for _ in range(3):
        start = clock()
        found = work()
        times.append(clock() - start)
    return found, min(times)


def main() -> None:
    """Print one line for each size and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--ohm", type=float, default=1.0)
    parser.add_argument("--no-ngspice", action="store_true")
    given = parser.parse_args()
    print("| tile | way | seconds | largest difference to the recursion, of the largest current |\n|---|---|---|---|")
    with threadpool_limits(limits=1):
        for size in given.sizes:
            random = np.random.default_rng(size)
            siemens, driven_v = random.uniform(1e-6, 1e-4, (size, size)), random.uniform(-0.2, 0.2, size)
            tile, seconds = timed(lambda tile=siemens: wired_tiles(tile[None], given.ohm, given.ohm))
            currents = tile.effective[0].T @ driven_v
            largest = np.abs(currents).max()
            print(f"| {size}x{size} | memnet, recursion | {seconds:.3g} | |")
            for ordering in ORDERINGS:
                found, seconds = timed(lambda tile=siemens, kind=ordering: by_superlu(tile, given.ohm, kind))
                apart = np.abs(found.T @ driven_v - currents).max() / largest
                print(f"| {size}x{size} | SuperLU, {ordering}, {size} right-hand sides | {seconds:.3g} | {apart:.1e} |")
            if not given.no_ngspice:
                (found, solver), seconds = timed(
                    lambda tile=siemens, volts=driven_v: by_ngspice(tile, given.ohm, volts), time.perf_counter
                )
                apart = np.abs(found - currents).max() / largest
                print(f"| {size}x{size} | ngspice, {solver}, one input | {seconds:.3g} | {apart:.1e} |")


if __name__ == "__main__":
    main()
