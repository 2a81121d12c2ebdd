# SPDX-License-Identifier: GPL-3.0-or-later
"""How far delay and energy of a transient still move when its tolerances are halved: a convergence study.

    python benchmarks/transient_tolerances.py [--only NAME ...] [--json docs/tables/speed/transient.json]

Of each network, the step from the first test image of the digits to the second is simulated with the tolerances that
memnet has; then, for one network, with each of them halved alone; then with all of them halved, and for small networks
divided by 4. The table has delay and energy, how far they moved from the first run, how far the class outputs are on
average over time from those of the last run, at the worst output, and CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from memnet import Chip
from memnet.measurement import TransientMeasure, measure_transients
from memnet.simulation import Waveform, sweep_images
from memnet.simulation.engines import find_engine

transient = import_module("memnet.simulation.transient")  # no setting reaches its constants: they are set here
# Of these constants: whether halving the tolerance halves or doubles the constant.
TOLERANCES = {
    "CUT_TRTOL": 0.5,
    "CUT_LEAST_V": 0.5,
    "STEPS_PER_TAU": 2,
    "SMOOTHING": 2,
    "THINNING_V": 0.5,
    "LEFT_V": 0.5,
}
RELTOL = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A network, whether each tolerance is halved alone too, and what all are divided by at most."""

    genotype: str
    channels: int = 1
    on: str = "individual"
    each: bool = False
    most: int = 4


CASES = {
    "PDARTS, C=1": Case(genotype="PDARTS", each=True),
    "DARTS_V2, C=1": Case(genotype="DARTS_V2"),
    "PDARTS on shared, C=1": Case(genotype="PDARTS", on="shared", most=2),
    "random:7, C=1": Case(genotype="random:7"),
    "PDARTS, C=4": Case(genotype="PDARTS", channels=4, most=2),
}


def variants(case: Case) -> Iterator[tuple[str, dict[str, float], float]]:
    """Yield the name of each run, its constants, and its `reltol`."""
    now = {name: getattr(transient, name) for name in TOLERANCES}
    yield "as they are", now, RELTOL
    if case.each:
        yield "reltol halved", now, RELTOL / 2
        for name, factor in TOLERANCES.items():
            yield f"{name} halved" if factor < 1 else f"{name} doubled", now | {name: now[name] * factor}, RELTOL
    finer = 2
    while finer <= case.most:
        # The error of a step is allowed to be trtol reltol, so that either of them alone is divided.
        changed = {name: now[name] * (finer if factor > 1 else 1 / finer) for name, factor in TOLERANCES.items()}
        yield f"all divided by {finer}", changed, RELTOL
        finer *= 2


def cpu_s() -> float:
    """Return the CPU seconds of this process and of all its workers that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def study(name: str) -> list[dict[str, Any]]:
    """Return the rows of one network."""
    case, engine = CASES[name], find_engine(None)
    chip = Chip.of(case.genotype, channels=case.channels, layers=3, on=case.on)
    volts = chip.input_volts(chip.dataset.test_images[:2])
    dc = sweep_images(chip.circuit, volts, engine).volts[chip.circuit.output]
    rows: list[dict[str, Any]] = []
    found: list[TransientMeasure] = []
    kept = {constant: getattr(transient, constant) for constant in TOLERANCES}
    for tolerances, constants, reltol in variants(case):
        for constant, value in constants.items():
            setattr(transient, constant, value)
        start = cpu_s()
        found.append(measure_transients(chip.circuit, volts, engine, dc_outputs_v=dc, reltol=reltol))
        rows.append({"network": name, "tolerances": tolerances, "cpu_s": round(cpu_s() - start, 1)})
    for constant, value in kept.items():
        setattr(transient, constant, value)
    for row, measured in zip(rows, found, strict=True):
        row |= figures(measured, found[0], found[-1])
    return rows


def figures(found: TransientMeasure, first: TransientMeasure, last: TransientMeasure) -> dict[str, float]:
    """Return what a run found, beside the first and the last of its network."""
    if not (found.delay_s and first.delay_s and found.energy_j and first.energy_j):
        raise SystemExit(f"no delay: {found.delay_reason}")
    wave = Waveform(time_s=found.time_s, volts=found.outputs_v)
    off = np.abs(wave.at(last.time_s) - last.outputs_v)
    off_v = np.trapezoid(off, last.time_s, axis=0) / last.time_s[-1]
    return {
        "delay_s": found.delay_s,
        "energy_j": found.energy_j,
        "delay_moves": found.delay_s / first.delay_s - 1.0,
        "energy_moves": found.energy_j / first.energy_j - 1.0,
        "off_v": float(off_v.max()),
    }


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows of one network as lines of a Markdown table."""
    for row in rows:
        print(
            f"| {row['network']} | {row['tolerances']} | {row['delay_s'] * 1e9:.3f} | {row['delay_moves']:+.3%} | "
            f"{row['energy_j'] * 1e9:.3f} | {row['energy_moves']:+.3%} | {row['off_v'] * 1e6:.0f} | "
            f"{row['cpu_s']:.1f} |",
            flush=True,
        )


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES), metavar="NAME")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    columns = "delay, ns | moves | energy, nJ | moves | outputs off, uV | CPU s"
    print(f"| network | tolerances | {columns} |\n|{'---|' * 8}")
    rows: list[dict[str, Any]] = []
    for name in options.only:
        rows += study(name)
        show([row for row in rows if row["network"] == name])
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
