# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole networks whose memristors have a law: circuit against numeric engine, accuracy, and what it costs.

    benchmarks/memristor_networks.py [--channels 4] [--images 20] [--test-images 360]
    benchmarks/memristor_networks.py --compensated --genotypes DARTS_V1 DARTS_V2 PDARTS
    benchmarks/memristor_networks.py --laws jart-vcm-v1b milo --genotypes PDARTS DARTS_V1 DARTS_V2 --images 5
    benchmarks/memristor_networks.py --seconds --laws jart-vcm-v1b --channels 1 [--subcircuits]

Laws whose shape moves with the state stand on the default technology with the conductances that they reach. For each
law: class outputs of ngspice and of the numeric engine on the first images, as a share of full scale; the
largest change against the quantised reference with linear memristors (`logit_error`) and against the same circuit with
I = G V (`law_shift`); the seconds of ngspice; accuracy on the first images in ngspice; accuracy and rate of the numeric
engine on one thread, the best of three runs that take turns, beside that of I = G V; of a law whose shape moves, how
many products the engine computes it with on rows of both signs and on rectified ones. With --compensated each law is
measured with compensated levels, too.

--seconds says what a device at each crosspoint costs ngspice, and nothing else: processor seconds of a call with one
image, deck and start included, and of each image more, the least of three turns. With --subcircuits devices are
subcircuits, too, where they are compiled modules otherwise: one turn with one and with two images, which takes minutes.
"""

from __future__ import annotations

import argparse
import resource
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import patch

import numpy as np

from memnet.flow import Chip
from memnet.numeric import NumericCircuit
from memnet.technology import DEFAULT_TECHNOLOGY, Technology, load_technology

LAWS = ("sinh", "cubic", "yakopcic:aguirre")
SIEMENS = {"jart-vcm-v1b": (2e-5, 2e-4), "milo": (5e-5, 2.25e-4)}
ROUNDS = 3


def technology_of(law: str) -> Technology:
    """Return the default technology, with the conductances of `SIEMENS`."""
    default = load_technology(DEFAULT_TECHNOLOGY)
    if law not in SIEMENS:
        return default
    low, high = SIEMENS[law]
    return replace(default, memristor=replace(default.memristor, g_min_siemens=low, g_max_siemens=high))


def products_of(chip: Chip) -> str:
    """Return how many products a law is computed with on rows of both signs, and on rectified rows."""
    if chip.devices.moving is None:
        return "1"
    signed, rectified = (chip.devices.moving.expansion(each) for each in (False, True))
    return f"{len(signed.at_v)}, {len(rectified.at_v)}"


def cpu_s(chip: Chip, images: int) -> float:
    """Return the processor seconds, in all processes, of some images in ngspice."""

    def used() -> float:
        found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(each.ru_utime + each.ru_stime for each in found)

    start = used()
    chip.simulate(images=images, workers=1, engine="ngspice")
    return used() - start


def seconds(genotype: str, given: argparse.Namespace) -> None:
    """Print what each law costs ngspice, as a compiled module and as a subcircuit."""
    print("| law | devices | as | one image, s | each image more, s | a device and image, ms |")
    print("|---" * 6 + "|")
    for law in given.laws:
        chip = Chip.of(genotype, channels=given.channels, on=given.on, memristor=law, technology=technology_of(law))
        devices = chip.counts.memristors
        kinds = (("compiled", ROUNDS, given.images), *([("subcircuits", 1, 2)] if given.subcircuits else []))
        for kind, rounds, most in kinds:
            # A deck has subcircuits where no compiler is found.
            without = patch("memnet.simulation.verilog_a.find_compiler", return_value=None)
            with without if kind == "subcircuits" else nullcontext():
                turns = [[cpu_s(chip, images) for images in (1, most)] for _ in range(rounds)]
            first, all_s = np.min(turns, axis=0)
            print(
                f"| {law} | {devices:,} | {kind} | {first:.1f} | {(all_s - first) / (most - 1):.3g} | "
                f"{1e3 * first / devices:.2g} |",
                flush=True,
            )


def main() -> None:
    """Print a table for each genotype."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotypes", nargs="+", default=["PDARTS"])
    parser.add_argument("--laws", nargs="+", default=LAWS)
    parser.add_argument("--compensated", action="store_true", help="each law with compensated levels, too")
    parser.add_argument("--seconds", action="store_true", help="what laws at each crosspoint cost ngspice, alone")
    parser.add_argument("--subcircuits", action="store_true", help="with --seconds: as subcircuits, too")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--on", default="individual")
    parser.add_argument("--images", type=int, default=20, help="in ngspice")
    parser.add_argument("--test-images", type=int, default=360, help="in the numeric engine")
    given = parser.parse_args()
    for genotype in given.genotypes:
        print(f"{genotype}\n")
        if given.seconds:
            seconds(genotype, given)
            continue
        print(
            "| law | products | circuit against numeric | logit_error | law_shift | ngspice, s | accuracy there | "
            "accuracy | images a s |"
        )
        print("|---" * 9 + "|")
        measure(genotype, given)
        print(flush=True)


def measure(genotype: str, given: argparse.Namespace) -> None:
    """Print the rows of one genotype."""
    plain = Chip.of(genotype, channels=given.channels, on=given.on)
    chips = {"I = G V": plain}
    for law in given.laws:
        chips[law] = plain.change(memristor=law, technology=technology_of(law))
        if given.compensated:
            chips[f"{law}, compensated"] = chips[law].change(compensated=True)
    rates = dict.fromkeys(chips, 0.0)
    accuracy = {}
    for _ in range(ROUNDS):
        for law, chip in chips.items():
            found = chip.evaluate(images=given.test_images, workers=1, references=1)
            rates[law] = max(rates[law], found.images_per_s)
            accuracy[law] = float(found.accuracies.mean())
    for law, chip in chips.items():
        result = chip.simulate(images=given.images, workers=1, engine="ngspice")
        volts = chip.input_volts(chip.dataset.test_images[: given.images])
        numeric = NumericCircuit(chip.devices).run(volts).outputs_v
        error = np.abs(numeric - result.outputs_v).max() / np.abs(result.outputs_v).max()
        print(
            f"| {law} | {products_of(chip)} | {error:.1e} | {result.accuracy.logit_error:.2g} | "
            f"{result.law_shift or 0.0:.2g} | {result.engine_s:.1f} | {result.accuracy.accuracy:.0%} | "
            f"{accuracy[law]:.1%} | {rates[law]:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
