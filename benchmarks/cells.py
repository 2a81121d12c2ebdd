# SPDX-License-Identifier: GPL-3.0-or-later
"""What the access device of a cell costs a whole network: accuracy, area, and the work of ngspice.

    benchmarks/cells.py [--genotype PDARTS] [--channels 4] [--images 5] [--test-images 360]
    benchmarks/cells.py --memristors sinh cubic yakopcic:aguirre      laws in place of cells

For memristors alone and in each cell of the technology, and in 1T1R cells with a wider transistor: accuracy by the
numeric engine; the shift against the quantised reference, whose memristors stand alone (`logit_error`); class outputs
of ngspice and of the numeric engine as a share of full scale; the chip's area without converters; processor seconds of
ngspice for all images, reading decks included, seconds of its analyses and Newton iterations, both an image; images a
second of the numeric engine on one thread.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from memnet.flow import Chip
from memnet.measurement import core_area_m2
from memnet.netlist import Deck
from memnet.numeric import NumericCircuit
from memnet.simulation.engines import BatchEngine, EngineInfo, Result
from memnet.technology import load_technology

WIDE = 10.0  # W/L of the wider transistor; its area follows by 3 (W/L + 1) F^2
ROUNDS = 3  # of the numeric engine, of which the fastest counts
FEATURE_M = 130e-9
# Iterations belong to decks: the analysis of each goes through as many as it needs for all its images.
_ITERATIONS = re.compile(r"Total iterations = (\d+)")
_ANALYSIS_S = re.compile(r"Total analysis time \(seconds\) = (\S+)")


@dataclass(kw_only=True)
class CountingEngine:
    """The ngspice executable; each deck runs a second time to say how many iterations its analysis takes."""

    name: str = "ngspice-batch"
    dialects: tuple[str, ...] = ("ngspice",)
    iterations: list[int] = field(default_factory=list)  # of each deck
    analysis_s: float = 0.0
    cpu_s: float = 0.0  # of the first runs, reading decks included

    @classmethod
    def describe(cls) -> EngineInfo:
        """Return what `memnet engines` lists about the executable."""
        return BatchEngine.describe()

    def run(self, deck: Deck, progress: Any = None) -> Result:
        """Simulate a deck."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = BatchEngine().run(deck)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu_s += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        title, _, rest = deck.text.partition("\n")
        with TemporaryDirectory() as folder:
            (Path(folder) / "deck.cir").write_text(f"{title}\n.options klu acct\n{rest}")
            command = [self.describe().path, "-b", "-n", "-r", "out.raw", "deck.cir"]
            printed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
        self.iterations.append(int(_ITERATIONS.findall(printed)[-1]))
        self.analysis_s += float(_ANALYSIS_S.findall(printed)[-1])
        return result


def chips(given: argparse.Namespace) -> dict[str, Chip]:
    """Return the chips by what their cells are called."""
    technology = load_technology()
    nmos = technology.cell_1t1r
    assert nmos is not None
    wide = replace(nmos, width_per_length=WIDE, cell_area_m2=3 * (WIDE + 1) * FEATURE_M**2)
    first = Chip.of(given.genotype, channels=given.channels)
    if given.memristors:
        return {"I = G V": first} | {name: first.change(memristor=name) for name in given.memristors}
    cells = {"1T1R": "1T1R", "1S1R": "1S1R", "0T1R": "0T1R"}
    return {
        "as technologies have it": first,
        **{name: first.change(cell=cell) for name, cell in cells.items()},
        f"1T1R, W/L {WIDE:g}": first.change(cell="1T1R", technology=replace(technology, cell_1t1r=wide)),
    }


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--memristors", nargs="+", help="models of memristors, in place of cells")
    parser.add_argument("--images", type=int, default=5, help="in ngspice")
    parser.add_argument("--test-images", type=int, default=360, help="in the numeric engine")
    given = parser.parse_args()
    print(
        "| cell | access, ohm | accuracy | logit_error | circuit against numeric | area, mm2 | memristors, mm2 | "
        "ngspice, CPU s | analysis, s an image | iterations an image and deck | numeric, images a second |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name, chip in chips(given).items():
        print(row(name, chip, given), flush=True)


def row(name: str, chip: Chip, given: argparse.Namespace) -> str:
    """Return the figures of one chip as a line of the table."""
    found = chip.evaluate(images=given.test_images, workers=1, references=given.test_images)
    rate = max(chip.evaluate(images=given.test_images, workers=1, references=1).images_per_s for _ in range(ROUNDS))
    engine = CountingEngine()
    with ThreadPoolExecutor(1) as executor:  # in this process, where the engine counts
        result = chip.simulate(images=given.images, executor=executor, batch=given.images, engine=engine)
    volts = chip.input_volts(chip.dataset.test_images[: given.images])
    numeric = NumericCircuit(chip.devices).run(volts).outputs_v
    error = np.abs(numeric - result.outputs_v).max() / np.abs(result.outputs_v).max()
    access = chip.cell_figures().get("access_ohm")
    memristors = chip.counts.memristors * chip.technology.memristor.area_m2
    return (
        f"| {name} | {'-' if access is None else f'{access:,.0f}'} | {found.accuracies.mean():.1%} | "
        f"{found.judged.logit_error:.2g} | {error:.1e} | {core_area_m2(chip.counts, chip.technology) * 1e6:.2f} | "
        f"{memristors * 1e6:.4f} | {engine.cpu_s:.1f} | {engine.analysis_s / given.images:.2f} | "
        f"{np.mean(engine.iterations) / given.images:.1f} | {rate:,.0f} |"
    )


if __name__ == "__main__":
    main()
