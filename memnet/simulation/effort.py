"""Predicts what simulating costs, in seconds and bytes, from counts of devices; runs nothing.

The coefficients are least-squares fits to single decks (benchmarks/fit_cost.py); docs/scale.md says how far they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memnet.circuit import KEPT_DEVICES, Amounts, Block, Circuit
from memnet.deployment import INPUT
from memnet.errors import SimulationError
from memnet.simulation.partitions import Limits, Partition

PARSE_S = {"resistors": 7.9e-6, "amplifiers": 8.2e-5, "selectors": 6.1e-5}
IMAGE_S = {"resistors": 2.0e-7, "amplifiers": 2.3e-7, "selectors": 1.4e-6}  # some three Newton iterations
DECK_S = 0.02
FLAT_PARSE_FACTOR = 1.5  # amplifiers with their limits
FLAT_FACTOR = 5.5  # and more Newton iterations for a whole network than for one stage
STEP_FACTOR = 7.5  # a time step, with all that power needs of it, over an image of a dc sweep
TYPICAL_STEPS = 120  # time steps of a partitioned deck
FLAT_STEPS = 450  # and of a flat one
VALUE_BYTES = 40.0  # of one voltage or current at one time: recorded, put together, and made into power
NETS_PER_AMPLIFIER = 4.0  # nets and source currents that are recorded
TEXT_BYTES = {"resistors": 40.0, "amplifiers": 210.0, "selectors": 250.0}
RUN_BYTES = {"resistors": 1450.0, "amplifiers": 2800.0, "selectors": 2800.0}  # in ngspice, and the text in transit
PROCESS_BYTES = 200e6  # Python, memnet and ngspice before any deck
ARRAY_BYTES = 24.0  # of a memristor in a circuit, where it is kept
MOST_IMAGES = 720  # past some hundred images a deck, parsing is no longer what costs
MOST_INPUT_POINTS = 4_000_000  # images times input nets of a deck, some 100 MB of text
LEAST_DECK_S = 0.25
MOST_DECK_S = 60.0
MOST_DECK_BYTES = 1.5e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices(Amounts):
    """What a deck is made of."""

    resistors: int = 0  # memristors and scale resistors
    amplifiers: int = 0
    selectors: int = 0

    def times(self, each: dict[str, float]) -> float:
        """Return the sum of what each device costs."""
        counts = {"resistors": self.resistors, "amplifiers": self.amplifiers, "selectors": self.selectors}
        return sum(cost * counts[name] for name, cost in each.items())

    def parse_s(self) -> float:
        """Return the seconds to read one deck of these and set it up."""
        return DECK_S + self.times(PARSE_S)

    def image_s(self) -> float:
        """Return the seconds of one more image in a partitioned deck."""
        return self.times(IMAGE_S)

    def run_bytes(self) -> float:
        """Return the memory of a process that simulates one deck of these."""
        return PROCESS_BYTES + self.times(RUN_BYTES) + self.times(TEXT_BYTES)


def devices(block: Block) -> Devices:
    """Count the devices of a block that cost time."""
    tally = block.tally()
    return Devices(
        resistors=tally.memristors + tally.scale_resistors + tally.switches,
        amplifiers=tally.amplifiers,
        selectors=tally.selectors,
    )


def all_devices(circuit: Circuit) -> Devices:
    """Count the devices of a whole circuit that cost time."""
    return sum(map(devices, circuit.blocks), Devices())


def partition_s(partition: Partition, points: float) -> float:
    """Return the seconds of one core that a deck takes which is solved at that many points, in images' worth."""
    counted = sum(map(devices, partition.blocks), Devices())
    return counted.parse_s() + points * counted.image_s()


def limits(points: float) -> Limits:
    """Return how large decks should be that are solved at that many points, in images' worth of work."""

    def effort_s(block: Block) -> float:
        counted = devices(block)
        heavy = MOST_DECK_S * (counted.run_bytes() - PROCESS_BYTES) / MOST_DECK_BYTES
        return max(counted.parse_s() + points * counted.image_s(), heavy)

    return Limits(effort_s=effort_s, least_s=LEAST_DECK_S, most_s=MOST_DECK_S)


def batch_size(circuit: Circuit, images: int, workers: int) -> int:
    """Return how many images should share a deck, so that `workers` of them are done soonest.

    Batches do not wait for each other as the partitions of one batch do, but every one is parsed anew: there are as
    many as workers if each is then solved for at least as long as it is parsed, and fewer otherwise.
    """
    widest = max(int(np.prod(circuit.groups[name].shape)) for block in circuit.blocks for name in block.inputs)
    fitting = max(1, min(MOST_IMAGES, MOST_INPUT_POINTS // max(widest, int(np.prod(circuit.groups[INPUT].shape)))))
    counted = all_devices(circuit)
    worthwhile = int(images * counted.image_s() / counted.parse_s())
    return -(-images // max(-(-images // fitting), min(workers, worthwhile), 1))


def cut_bytes(counted: Devices, largest_bytes: float, workers: int) -> float:
    """Return the memory of a partitioned run: the blocks that are kept, and a deck of the largest size a worker."""
    kept = ARRAY_BYTES * min(counted.resistors, KEPT_DEVICES)
    return PROCESS_BYTES + kept + workers * (PROCESS_BYTES + largest_bytes)


def record_bytes(counted: Devices) -> float:
    """Return the memory of all voltages and op-amp currents of one flat transient, which its power is computed from."""
    return VALUE_BYTES * FLAT_STEPS * NETS_PER_AMPLIFIER * counted.amplifiers


def refuse_too_large(circuit: Circuit, images: int, *, transient: bool = False) -> None:
    """Raise before a flat deck that memory does not hold is simulated.

    Parameters
    ----------
    images : points of the inputs
    transient : all voltages and op-amp currents are recorded

    Raises
    ------
    SimulationError
        with what it needs, what there is, and the way out
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
    """Return how much memory processes may still take; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
