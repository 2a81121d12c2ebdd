# SPDX-License-Identifier: GPL-3.0-or-later
"""Predicts the effort of a simulation, in seconds and bytes, from counts of devices.

The coefficients are least-squares fits to measured runs of single decks (benchmarks/fit_cost.py); docs/scale.md
compares predictions with whole runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memnet.circuit import KEPT_DEVICES, Amounts, Block, Circuit, Tally
from memnet.deployment import INPUT
from memnet.errors import SimulationError
from memnet.simulation.partitions import Limits, Partition

# Of one device: seconds to read it and set it up, and seconds per image of a dc sweep (some three Newton iterations).
PARSE_S = {"resistors": 7.9e-6, "amplifiers": 8.2e-5, "selectors": 6.1e-5}
IMAGE_S = {"resistors": 2.0e-7, "amplifiers": 2.3e-7, "selectors": 1.4e-6}
DECK_S = 0.02  # of each deck, whatever is in it
# A flat deck against lean partitioned ones: its amplifiers have clamps, and solving a whole network takes more Newton
# iterations than solving one partition.
FLAT_PARSE_FACTOR = 1.5
FLAT_FACTOR = 5.5  # per image
STEP_FACTOR = 7.5  # a time step, including the record that power is computed from, over an image of a dc sweep
TYPICAL_STEPS = 120  # time steps of a partitioned deck
FLAT_STEPS = 450  # time steps of a flat deck
VALUE_BYTES = 40.0  # of one voltage or current at one time, until power is computed from it
NETS_PER_AMPLIFIER = 4.0  # recorded voltages and source currents
TEXT_BYTES = {"resistors": 40.0, "amplifiers": 210.0, "selectors": 250.0}  # of one device in a deck
RUN_BYTES = {"resistors": 1450.0, "amplifiers": 2800.0, "selectors": 2800.0}  # in ngspice, with the text passed to it
PROCESS_BYTES = 200e6  # Python, memnet and ngspice before any deck
ARRAY_BYTES = 24.0  # of one memristor in a bank that is kept in memory
MOST_IMAGES = 720  # in a deck: with more, parsing is a negligible share of the seconds
MOST_INPUT_POINTS = 4_000_000  # images times input nets of a deck, some 100 MB of text
LEAST_DECK_S = 0.25  # smaller partitions share a deck
MOST_DECK_S = 60.0  # larger partitions are taken apart
MOST_DECK_BYTES = 1.5e9  # beyond those of an empty process; larger partitions are taken apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices(Amounts):
    """Counts of the devices in a deck that its effort depends on.

    A device with a switch in series is one resistor in a deck. Feedbacks and couplings are not counted by themselves:
    the effort of an op-amp includes that of its resistors.
    """

    resistors: int = 0  # memristors, scale resistors, and switches to lent amplifiers
    amplifiers: int = 0
    selectors: int = 0

    @staticmethod
    def of(tally: Tally) -> Devices:
        """Return the devices that the effort depends on."""
        return Devices(
            resistors=tally.memristors + tally.scale_resistors + tally.switches + tally.segments,
            amplifiers=tally.amplifiers,
            selectors=tally.selectors,
        )

    def times(self, each: dict[str, float]) -> float:
        """Return the sum over all devices of `each`, the amount per device of each kind."""
        counts = {"resistors": self.resistors, "amplifiers": self.amplifiers, "selectors": self.selectors}
        return sum(amount * counts[name] for name, amount in each.items())

    def parse_s(self) -> float:
        """Return the seconds to read one deck of these devices and set it up."""
        return DECK_S + self.times(PARSE_S)

    def image_s(self) -> float:
        """Return the seconds of one more image in a partitioned deck."""
        return self.times(IMAGE_S)

    def run_bytes(self) -> float:
        """Return the memory of a process that simulates one deck of these devices."""
        return PROCESS_BYTES + self.times(RUN_BYTES) + self.times(TEXT_BYTES)


def devices(block: Block) -> Devices:
    """Count the devices of a block that the effort depends on."""
    return Devices.of(block.tally())


def all_devices(circuit: Circuit) -> Devices:
    """Count the devices of a circuit that the effort depends on."""
    return sum(map(devices, circuit.blocks), Devices())


def partition_s(partition: Partition, points: float) -> float:
    """Return the predicted seconds on one core for the deck of a partition.

    Parameters
    ----------
    points : how often the deck is solved, in equivalent images of a dc sweep
    """
    counted = sum(map(devices, partition.blocks), Devices())
    return counted.parse_s() + points * counted.image_s()


def limits(points: float) -> Limits:
    """Return how large the decks of a run should be.

    Parameters
    ----------
    points : how often a deck is solved, in equivalent images of a dc sweep
    """

    def effort_s(block: Block) -> float:
        counted = devices(block)
        # memory counts as seconds, so that MOST_DECK_S also limits a deck to MOST_DECK_BYTES
        memory_s = MOST_DECK_S * (counted.run_bytes() - PROCESS_BYTES) / MOST_DECK_BYTES
        return max(counted.parse_s() + points * counted.image_s(), memory_s)

    return Limits(effort_s=effort_s, least_s=LEAST_DECK_S, most_s=MOST_DECK_S)


def batch_size(circuit: Circuit, images: int, workers: int) -> int:
    """Return how many images should share a deck, so that `workers` finish all images soonest.

    Several batches keep all workers busy: they do not depend on each other, as the partitions of one batch do. But the
    decks of each batch are parsed anew. So there are as many batches as workers if each deck is then solved for at
    least as long as it is parsed, and fewer otherwise.
    """
    widest = max(int(np.prod(circuit.groups[name].shape)) for block in circuit.blocks for name in block.inputs)
    most_images = max(1, min(MOST_IMAGES, MOST_INPUT_POINTS // max(widest, int(np.prod(circuit.groups[INPUT].shape)))))
    counted = all_devices(circuit)
    most_batches = int(images * counted.image_s() / counted.parse_s())
    return -(-images // max(-(-images // most_images), min(workers, most_batches), 1))


def cut_bytes(counted: Devices, largest_bytes: float, workers: int) -> float:
    """Return the memory of a partitioned run: the banks kept in the main process, and the largest deck per worker.

    Parameters
    ----------
    largest_bytes : memory of the largest deck beyond that of an empty process
    """
    kept = ARRAY_BYTES * min(counted.resistors, KEPT_DEVICES)
    return PROCESS_BYTES + kept + workers * (PROCESS_BYTES + largest_bytes)


def record_bytes(counted: Devices) -> float:
    """Return the memory of the voltages and op-amp currents that the power of one flat transient is computed from."""
    return VALUE_BYTES * FLAT_STEPS * NETS_PER_AMPLIFIER * counted.amplifiers


def refuse_too_large(circuit: Circuit, images: int, *, transient: bool = False) -> None:
    """Raise if a flat deck would not fit into memory.

    Parameters
    ----------
    images : number of images at the inputs of the deck
    transient : whether the deck is a transient, whose voltages and op-amp currents are all recorded

    Raises
    ------
    SimulationError
        memory is too small; the text has the memory needed, the memory free, and what to do instead
    """
    counted, available = all_devices(circuit), available_bytes()
    needed_bytes = counted.run_bytes() + 60.0 * images * int(np.prod(circuit.groups[INPUT].shape))
    needed_bytes += record_bytes(counted) if transient else 0.0
    if available is not None and needed_bytes > available:
        raise SimulationError(
            f"net: one flat deck of {counted.resistors + counted.amplifiers + counted.selectors:,} devices needs about "
            f"{needed_bytes / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are free; leave out --flat: cut into "
            f"partitions it needs about {cut_bytes(counted, MOST_DECK_BYTES, 1) / 1e9:.1f} GB"
        )


def available_bytes() -> float | None:
    """Return how many bytes of memory are free for processes; None where the system does not report it."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
