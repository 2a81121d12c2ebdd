# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the coefficients of `memnet estimate` to decks that are run one by one, and prints the errors of the prediction.

Run: python benchmarks/fit_cost.py [--images 21] [--networks individual:1 hypernetwork:4 ...]. It prints the
coefficients for memnet/simulation/effort.py and a Markdown table. Run it on an idle machine, since other work on a core
changes the times.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pickle
import time
from dataclasses import astuple, dataclass

import numpy as np
from networks import HELP, chip_of
from scipy.optimize import nnls

from memnet.netlist import Deck
from memnet.simulation import DECK_S, Devices, devices, excerpt, limits, partition_circuit, sweep_partition
from memnet.simulation.engines import find_engine

NETWORKS = ["individual:1", "individual:4", "hypernetwork:1", "hypernetwork:4", "hypernetwork:8"]
LEAST_S = 0.05  # shorter decks say more about the clock than about themselves
LEAST_BYTES = 3e7  # and smaller ones more about what a process needs anyway
WARM_UP = Deck(name="warm-up", text="warm-up\nv1 n1 0 1\nr1 n1 0 1\n.dc v1 0 1 1\n.end\n", vectors=("v(n1)",), points=2)
KINDS = ("resistors", "amplifiers", "selectors")


@dataclass(frozen=True)
class Measured:
    """One deck: its devices, CPU seconds for one image and for several, and the memory it added to its process."""

    network: str
    counted: Devices
    one_s: float
    many_s: float
    added_bytes: float


def status_bytes(name: str) -> float:
    """Return a figure of this process from /proc: VmRSS now, VmHWM at its highest."""
    with open("/proc/self/status") as lines:  # noqa: PTH123
        return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith(name))


def in_child(work) -> tuple[float, float]:
    """Return CPU seconds and added memory of some work in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).malloc_trim(0)  # else the child would fill what the parent has freed
        before, start = status_bytes("VmRSS"), time.process_time()
        work()
        with os.fdopen(writing, "wb") as stream:
            pickle.dump((time.process_time() - start, status_bytes("VmHWM") - before), stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        found: tuple[float, float] = pickle.load(stream)  # noqa: S301 - of our own child
    os.waitpid(child, 0)
    return found


def measure(network: str, images: int) -> list[Measured]:
    """Run every deck of a network twice."""
    circuit = chip_of(network).circuit
    random, found = np.random.default_rng(0), []
    for part in partition_circuit(circuit, limits=limits(images)):
        cut = excerpt(circuit, part)
        volts = {name: random.uniform(0, 0.1, (images, len(cut.places[name]))) for name in part.reads}

        def run(count: int, cut=cut, volts=volts, part=part) -> None:
            few = {name: value[:count] for name, value in volts.items()}
            sweep_partition(cut, few, count, list(part.drives), find_engine("ngspice"))

        (one_s, _), (many_s, added) = (in_child(lambda count=count: run(count)) for count in (1, images))
        counted = sum(map(devices, part.blocks), Devices())
        found.append(Measured(network, counted, one_s, many_s, added))
    return found


def fit(rows: list[np.ndarray], values: list[float]) -> np.ndarray:
    """Return the coefficients, none negative, with the least relative error."""
    weights = 1.0 / np.array(values)
    coefficients: np.ndarray = nnls(np.array(rows) * weights[:, None], np.ones(len(values)))[0]
    return coefficients


def main() -> None:
    """Measure, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=21)
    parser.add_argument("--networks", nargs="+", default=NETWORKS, help=HELP)
    given = parser.parse_args()
    find_engine("ngspice").run(WARM_UP)  # loads the simulator before any deck is timed
    decks = [deck for network in given.networks for deck in measure(network, given.images)]
    long = [deck for deck in decks if deck.one_s > LEAST_S]
    counts = [np.array(astuple(deck.counted), dtype=float) for deck in long]
    rows = [np.concatenate([count, points * count]) for count in counts for points in (1, given.images)]
    coefficients = fit(rows, [max(s - DECK_S, 1e-3) for deck in long for s in (deck.one_s, deck.many_s)])
    heavy = [deck for deck in decks if deck.added_bytes > LEAST_BYTES] or long
    memory = fit([np.array(astuple(d.counted), dtype=float) for d in heavy], [d.added_bytes for d in heavy])
    for name, values in (("PARSE_S", coefficients[:3]), ("IMAGE_S", coefficients[3:]), ("RUN_BYTES", memory)):
        print(name, "=", {kind: float(f"{value:.2g}") for kind, value in zip(KINDS, values, strict=True)})
    print(f"\n| network | decks | 1 image | predicted | {given.images} images | predicted | largest deck | predicted |")
    print("|---" * 8 + "|")
    for network in given.networks:
        own = [deck for deck in decks if deck.network == network]
        count = np.array([astuple(deck.counted) for deck in own], dtype=float)
        first, many = (
            len(own) * DECK_S + float((count @ (coefficients[:3] + n * coefficients[3:])).sum())
            for n in (1, given.images)
        )
        largest = max(range(len(own)), key=lambda at: own[at].added_bytes)
        print(
            f"| {network} | {len(own)} | {sum(deck.one_s for deck in own):.1f} s | {first:.1f} s "
            f"| {sum(deck.many_s for deck in own):.1f} s | {many:.1f} s "
            f"| {own[largest].added_bytes / 1e6:.0f} MB | {float(count[largest] @ memory) / 1e6:.0f} MB |",
            flush=True,
        )
    off = [deck.one_s / (DECK_S + float(row @ coefficients)) for deck, row in zip(long, rows[::2], strict=True)]
    print(f"\nsingle decks: measured over predicted {min(off):.2f} to {max(off):.2f}")


if __name__ == "__main__":
    main()
