# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole exports in the simulators that they are for: size on disk, time, memory, and deviation from expected.csv.

    MEMNET_XYCE=FOLDER python benchmarks/exports.py [--only NAME ...] [--dialect ngspice ...] [--images 4]

Prints a Markdown table for each of the dialects ngspice and xyce. Each export is written into a temporary folder and
run there as its README says, as one process; CPU seconds and memory are those of this process. `check.py` of the export
has the last word: it compares each class output with what is to be expected, and permits what its README says.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from memnet import Chip
from memnet.flow import Setup
from memnet.netlist import find_dialect
from memnet.simulation.engines import find_engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An export: its chip, and its analysis."""

    genotype: str
    channels: int
    on: str = "individual"
    analysis: str = "dc"


CASES = {
    "DARTS_V1, C=1": Case(genotype="DARTS_V1", channels=1),
    "PDARTS, C=1": Case(genotype="PDARTS", channels=1),
    "PDARTS, C=2": Case(genotype="PDARTS", channels=2),
    "PDARTS, C=4": Case(genotype="PDARTS", channels=4),
    "PDARTS, C=1, on shared": Case(genotype="PDARTS", channels=1, on="shared"),
    "PDARTS, C=1, transient": Case(genotype="PDARTS", channels=1, analysis="transient"),
}
HEADINGS = "export", "memristors", "op-amps", "images", "MB", "CPU s", "memory, MB", "off by, V", "as expected"
PROGRAMS = {"ngspice": "ngspice-batch", "xyce": "xyce"}  # engines whose executables run the exports of a dialect


def measure(case: Case, dialect: str, images: int, folder: Path) -> list[str]:
    """Write an export, run it and return the cells of its row."""
    chip = Chip(Setup(genotype=case.genotype, channels=case.channels, on=case.on))
    shown = 2 if case.analysis == "transient" else images
    manifest = chip.export(folder, dialect=dialect, images=shown, analysis=case.analysis)
    megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    program, *arguments = find_dialect(dialect).command.split()
    command = [find_engine(PROGRAMS[dialect]).describe().path, *arguments]
    assert Path(command[0]).name.lower() == program.lower()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
    checked = subprocess.run([sys.executable, "check.py"], cwd=folder, capture_output=True, text=True)
    worst = max(map(float, re.findall(r"  ([-+.e\d]+) V at ", checked.stdout)), default=float("nan"))
    return [
        f"{manifest['memristors']:,}",
        f"{manifest['opamps']:,}",
        f"{shown}",
        f"{megabytes:.1f}",
        f"{usage.ru_utime + usage.ru_stime:.1f}",
        f"{usage.ru_maxrss / 1024:,.0f}",
        f"{worst:.1e}",
        "yes" if checked.returncode == 0 else "no",
    ]


def main() -> None:
    """Print a table for each dialect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--dialect", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--images", type=int, default=4)
    given = parser.parse_args()
    for dialect in given.dialect:
        info = find_engine(PROGRAMS[dialect]).describe()
        print(f"\n{dialect}, version {info.version}\n")
        print(f"| {' | '.join(HEADINGS)} |")
        print(f"|{'---|' * len(HEADINGS)}")
        for name in given.only:
            with tempfile.TemporaryDirectory() as folder:
                cells = measure(CASES[name], dialect, given.images, Path(folder))
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
