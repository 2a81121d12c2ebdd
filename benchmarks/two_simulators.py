# SPDX-License-Identifier: GPL-3.0-or-later
"""The same circuits in two independent simulators, ngspice and Xyce, beside the numeric engine.

    MEMNET_XYCE=FOLDER python benchmarks/two_simulators.py [--only NAME ...] [--images 4] [--skip-transient]

Prints two Markdown tables. The first is of dc sweeps of partitioned decks, with one worker: the largest differences of
the class outputs between the three, whether all classes are the same, CPU seconds and the memory of the largest process
of each simulator. The second is of the step from the first image to the second: delay and energy in each simulator.
Xyce simulates about three times slower than ngspice and takes more memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from memnet import Chip
from memnet.flow import Setup

ENGINES = ("ngspice", "xyce")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A circuit, and whether its transient is simulated too."""

    genotype: str
    channels: int = 1
    on: str = "individual"
    transient: bool = False

    def chip(self) -> Chip:
        """Return it on a chip, with the digits."""
        return Chip(Setup(genotype=self.genotype, channels=self.channels, on=self.on))


CASES = {
    "DARTS_V1": Case(genotype="DARTS_V1", transient=True),
    "PDARTS": Case(genotype="PDARTS", transient=True),
    "random:7": Case(genotype="random:7", transient=True),
    "PDARTS, C=4": Case(genotype="PDARTS", channels=4),
    "PDARTS on shared": Case(genotype="PDARTS", on="shared"),
    "PDARTS on slotted": Case(genotype="PDARTS", on="slotted"),
    "PDARTS on duplicated": Case(genotype="PDARTS", on="duplicated"),
}


def measure(name: str, engine: str, images: int, transient: bool) -> dict[str, Any]:
    """Simulate a case in one engine, or with `numeric` in closed form; return its figures."""
    from memnet.deployment import ChipDevices
    from memnet.measurement import measure_transients
    from memnet.numeric import NumericCircuit
    from memnet.simulation import sweep_images
    from memnet.simulation.engines import find_engine

    chip = CASES[name].chip()
    volts = chip.input_volts(chip.dataset.test_images[:images])
    if engine == "numeric":
        outputs = NumericCircuit(ChipDevices(chip.deployment)).run(volts).outputs_v
        return {"volts": outputs.tolist(), "sign": float(np.sign(chip.circuit.output_scale_v))}
    if transient:
        found = measure_transients(chip.circuit, volts[:2], find_engine(engine))
        return {"delay_s": found.delay_s, "energy_j": found.energy_j} | _effort()
    return {
        "volts": sweep_images(chip.circuit, volts, find_engine(engine)).volts[chip.circuit.output].tolist()
    } | _effort()


def _effort() -> dict[str, float]:
    """Return the CPU seconds of the workers and simulators of this process, and the memory of the largest, in MB."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu_s": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}


def apart(name: str, engine: str, images: int, *, transient: bool = False) -> dict[str, Any]:
    """Measure in a process of its own, since peak memory only grows."""
    one = json.dumps([name, engine, images, transient])
    done = subprocess.run([sys.executable, __file__, "--one", one], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def sweeps(names: list[str], images: int) -> None:
    """Print the table of dc sweeps."""
    columns = ("ngspice - numeric, V", "Xyce - numeric, V", "Xyce - ngspice, V", "largest output, V", "same classes")
    print(f"| circuit, {images} images | {' | '.join(columns)} | ngspice: CPU s, MB | Xyce: CPU s, MB |")
    print("|---" * 8 + "|")
    for name in names:
        numeric = apart(name, "numeric", images)
        found = {engine: apart(name, engine, images) for engine in ENGINES}
        volts = {"numeric": np.array(numeric["volts"])} | {each: np.array(found[each]["volts"]) for each in ENGINES}
        pairs = [("ngspice", "numeric"), ("xyce", "numeric"), ("xyce", "ngspice")]
        off = " | ".join(f"{np.abs(volts[one] - volts[other]).max():.1e}" for one, other in pairs)
        classes = [np.argmax(numeric["sign"] * each, axis=1).tolist() for each in volts.values()]
        effort = " | ".join(f"{found[each]['cpu_s']:.1f}, {found[each]['mb']:,.0f}" for each in ENGINES)
        same = "yes" if classes[0] == classes[1] == classes[2] else "NO"
        print(f"| {name} | {off} | {np.abs(volts['numeric']).max():.3f} | {same} | {effort} |", flush=True)


def transients(names: list[str]) -> None:
    """Print the table of steps from one image to the next."""
    print("\n| circuit, one step | delay in ngspice, s | in Xyce, s | energy in ngspice, J | in Xyce, J | CPU s |")
    print("|---" * 6 + "|")
    for name in names:
        ours, theirs = (apart(name, engine, 2, transient=True) for engine in ENGINES)
        delays, energies = (f"{ours[key]:.4g} | {theirs[key]:.4g}" for key in ("delay_s", "energy_j"))
        print(f"| {name} | {delays} | {energies} | {ours['cpu_s']:.1f}, {theirs['cpu_s']:.1f} |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES), metavar="NAME")
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--skip-transient", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(*json.loads(given.one))))
        return
    sweeps(given.only, given.images)
    if not given.skip_transient:
        transients([name for name in given.only if CASES[name].transient])


if __name__ == "__main__":
    main()
