# SPDX-License-Identifier: GPL-3.0-or-later
"""One tile with wires: memnet's recursion, SuperLU at each of its orderings, badcrossbar, and ngspice.

Run: python benchmarks/wired_tile.py [--sizes 64 128 256] [--ohm 1] [--turns 3] [--without ngspice badcrossbar COLAMD]

memnet, SuperLU and badcrossbar (`pip install badcrossbar`; its row is missing where that is) give the whole map, with
as many right-hand sides as there are columns or rows; ngspice, with every segment, gives the currents of one input.
Times are CPU seconds on one thread (ngspice runs in this process, too), the least of some turns.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
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


def by_badcrossbar(siemens: np.ndarray, ohm: float) -> np.ndarray:
    """Return the effective conductances (rows, columns) from badcrossbar: its currents for 1 V at each row in turn."""
    import badcrossbar

    found = badcrossbar.compute(np.eye(len(siemens)), 1.0 / siemens, ohm, node_voltages=False, all_currents=False)
    return np.asarray(found.currents.output)


def timed(work: Any, turns: int) -> tuple[Any, float]:
    """Return what a function returns, and the least of its times, CPU seconds."""
    times = []
    for _ in range(turns):
        start = time.process_time()
        found = work()
        times.append(time.process_time() - start)
    return found, min(times)


def ways(without: list[str]) -> dict[str, Callable[[np.ndarray, float], np.ndarray]]:
    """Return the functions that give the whole map of a tile, by what the table calls them."""
    found = {
        f"SuperLU, {ordering}": partial(by_superlu, ordering=ordering)
        for ordering in ORDERINGS
        if ordering not in without
    }
    if "badcrossbar" not in without and find_spec("badcrossbar"):
        logging.disable(logging.INFO)  # it tells of each system of equations
        found["badcrossbar"] = by_badcrossbar
    return found


def main() -> None:
    """Print one line for each size and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--ohm", type=float, default=1.0)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--without", nargs="+", default=[], help="ways, or orderings of SuperLU, to leave out")
    given = parser.parse_args()
    print("| tile | way | seconds | largest difference to the recursion, of the largest current |\n|---|---|---|---|")
    with threadpool_limits(limits=1):
        for size in given.sizes:
            random = np.random.default_rng(size)
            siemens, driven_v = random.uniform(1e-6, 1e-4, (size, size)), random.uniform(-0.2, 0.2, size)
            tile, seconds = timed(lambda tile=siemens: wired_tiles(tile[None], given.ohm, given.ohm), given.turns)
            currents = tile.effective[0].T @ driven_v
            largest = np.abs(currents).max()
            print(f"| {size}x{size} | memnet, recursion | {seconds:.3g} | |", flush=True)
            for name, way in ways(given.without).items():
                found, seconds = timed(lambda tile=siemens, way=way: way(tile, given.ohm), given.turns)
                apart = np.abs(found.T @ driven_v - currents).max() / largest
                print(f"| {size}x{size} | {name}, {size} right-hand sides | {seconds:.3g} | {apart:.1e} |", flush=True)
            if "ngspice" not in given.without:
                (found, solver), seconds = timed(
                    lambda tile=siemens, volts=driven_v: by_ngspice(tile, given.ohm, volts), given.turns
                )
                apart = np.abs(found - currents).max() / largest
                print(f"| {size}x{size} | ngspice, {solver}, one input | {seconds:.3g} | {apart:.1e} |", flush=True)


if __name__ == "__main__":
    main()
