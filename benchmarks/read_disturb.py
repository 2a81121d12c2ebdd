# SPDX-License-Identifier: GPL-3.0-or-later
"""Read disturb: single cells, whole networks after many inferences, and reads in SPICE in which states move.

    benchmarks/read_disturb.py [--genotype PDARTS] [--channels 4] [--images 360] [--inferences 1e12] [--spice]
    benchmarks/read_disturb.py --technology jart-130nm --cells none 1T1R --images 100 --inferences 1e11

Single cells: how much of its conductance a cell loses or gains in 300 ns of a constant voltage, and the seconds until
that is 1 %. Networks: largest relative change of a conductance, share of devices that moved by 1 %, shift of class
outputs and accuracy, for each technology of NETWORKS. With --technology: the same figures of that technology alone, as
it is shipped or as its file says, in each of --cells. With --spice: one block of that network, and a whole network with
4x4 maps at C=1, a device of the model at each crosspoint.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from memnet.devices import memristor_model
from memnet.devices.memristors import RateTable, carried
from memnet.flow import Chip
from memnet.network.datasets import Dataset, load_dataset
from memnet.sections import Model
from memnet.technology import Technology, load_technology

READ_S = 3e-7
CELLS = {
    "jart-vcm-v1b": (1e-4, (0.2, -0.2, 0.1, -0.1)),
    "vteam:default": (5e-3, (0.1, -0.3)),
    "vteam:pt-hf-ti": (1e-3, (0.2, -0.2)),
    "linear-ion-drift": (1e-3, (0.2, -0.2)),
    "yakopcic:oblea": (3e-3, (0.2, -0.2)),
    "yakopcic:aguirre": (5e-5, (0.2, -0.2)),
    "stanford-pku": (5e-5, (0.2, -0.2)),
}
# Conductances of the levels, siemens, and bits, of chips whose memristors are a model; all else is hfox-130nm.
NETWORKS = {
    "jart-vcm-v1b": (2e-5, 2e-4, 4),
    "vteam:default": (1.2e-3, 1.8e-2, 8),
    "linear-ion-drift": (7e-5, 5e-3, 8),
    "yakopcic:oblea": (2e-4, 8e-3, 8),
    "yakopcic:aguirre": (1e-6, 1e-4, 8),
}
SMALL = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('skip_connect', 0), ('max_pool_3x3', 1), "
    "('skip_connect', 0), ('skip_connect', 1), ('avg_pool_3x3', 0), ('skip_connect', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('skip_connect', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('skip_connect', 2), "
    "('skip_connect', 3), ('skip_connect', 2), ('skip_connect', 3)], reduce_concat=range(2, 6))"
)


def technology_of(name: str) -> Technology:
    """Return hfox-130nm with a model and the conductances of its levels; switches of 1 ohm, as some are of 1 mS."""
    low, high, bits = NETWORKS[name]
    base = load_technology("hfox-130nm")
    memristor = replace(base.memristor, g_min_siemens=low, g_max_siemens=high, bits=bits)
    switch = replace(base.switch, ron_ohm=1.0)
    return replace(base, name=f"{name} levels", memristor=memristor, switch=switch, memristor_model=Model(name=name))


def small_digits() -> Dataset:
    """Return the digits at 4x4 pixels, the mean of four each."""
    digits = load_dataset("digits")

    def halved(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), 1, 4, 2, 4, 2).mean(axis=(3, 5))

    train, test = halved(digits.train_images), halved(digits.test_images)
    return replace(digits, name="digits4x4", train_images=train, test_images=test)


def cells() -> None:
    """Print what a constant voltage does to single cells."""
    print("| cell | conductance, uS | V | change in 300 ns | seconds until 1 % |\n|---|---|---|---|---|")
    for name, (siemens, voltages) in CELLS.items():
        model = memristor_model(name)
        for volts in voltages:
            table = RateTable.of(model, abs(volts))
            rates, start = table.means(np.array([[volts]])), model.programmed(np.array([siemens]))

            def moved(seconds: float, model=model, table=table, rates=rates, start=start) -> float:
                state = carried(start, np.zeros(1, dtype=int), table.states, rates, seconds)
                return abs(float(model.conductance(state)[0] / model.conductance(start)[0] - 1.0))

            print(f"| `{name}` | {siemens * 1e6:g} | {volts:g} | {moved(READ_S):.1e} | {until(moved)} |")


def until(moved: Callable[[float], float]) -> str:
    """Return the seconds until a cell has moved by 1 %, by bisection of their logarithm; `never` beyond 1e12 s."""
    low, high = -15.0, 12.0
    if moved(10.0**high) < 0.01:
        return "never"
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if moved(10.0**middle) < 0.01 else (low, middle)
    return f"{10.0**high:.1e}"


def chips(given: argparse.Namespace) -> Iterator[tuple[str, Chip]]:
    """Yield the chips of NETWORKS, or those of one technology in each cell, with what the table calls them."""
    settings = {"channels": given.channels}
    if given.technology is None:
        for name in NETWORKS:
            yield name, Chip.of(given.genotype, technology=technology_of(name), **settings)
        return
    for cell in given.cells:
        name = given.technology if cell == "none" else f"{given.technology}, {cell}"
        chosen = None if cell == "none" else cell
        yield name, Chip.of(given.genotype, technology=given.technology, cell=chosen, **settings)


def networks(given: argparse.Namespace) -> None:
    """Print what inferences do to chips."""
    print("\n| memristor | inference, s | inferences | largest change | moved by 1 % | class outputs | accuracy |")
    print("|---|---|---|---|---|---|---|")
    for name, chip in chips(given):
        begin = time.perf_counter()
        found = chip.disturb(inferences=given.inferences, images=given.images)
        for each in found.after:
            print(
                f"| `{name}` | {found.inference_s:.1e} | {each.inferences:.0e} | {each.largest_share:.1e} | "
                f"{each.moved:.1%} | {each.logit_shift:.1e} | {each.accuracy:.1%} |",
                flush=True,
            )
        print(f"<!-- {name}: {time.perf_counter() - begin:.0f} s -->", flush=True)


def in_spice(given: argparse.Namespace) -> None:
    """Print reads in SPICE in which states move."""
    print("\n| memristor | circuit | devices | steps | largest move | law | mean rate | ngspice, s |")
    print("|---|---|---|---|---|---|---|---|")
    data = small_digits()
    for name in ("linear-ion-drift", "yakopcic:oblea"):  # a read moves others by less than rounding, or none
        technology = technology_of(name)
        for genotype, settings, block in ((given.genotype, {}, "stem"), (SMALL, {"dataset": data}, None)):
            chip = Chip.of(genotype, channels=1, technology=technology, **settings)
            read = chip.disturb(inferences=1.0, images=1, spice_s=1e-6, block=block).read
            print(
                f"| `{name}` | {read.block or 'whole, 4x4 maps'} | {read.devices:,} | {read.points:,} | "
                f"{read.move:.1e} | {read.error:.1e} | {read.settled_error:.1e} | {read.wall_s:.1f} |",
                flush=True,
            )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--inferences", type=float, default=1e12)
    parser.add_argument("--technology", help="networks of this technology and nothing else")
    parser.add_argument("--cells", nargs="+", default=["none"], help="of that technology: none, 1T1R ...")
    parser.add_argument("--spice", action="store_true", help="reads in SPICE and nothing else")
    given = parser.parse_args()
    if given.spice:
        in_spice(given)
        return
    if given.technology is None:
        cells()
    networks(given)


if __name__ == "__main__":
    main()
