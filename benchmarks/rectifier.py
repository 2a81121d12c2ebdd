# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds and error of a network by the resistance of its shut rectifiers; Markdown rows.

The same network is simulated with each resistance in turn, several rounds, so that a busy machine slows all of them
alike: a dc sweep in partitions, a flat one, and a transient from one image to the next. Seconds are the CPU time of the
ngspice processes; the least of all rounds counts.

Run: python benchmarks/rectifier.py [--network PDARTS] [--channels 1] [--layers 3] [--images 10] [--rounds 3]
     [--ohm 0.1 5e-3 1e-3] [--runs dc flat transient]
"""

from __future__ import annotations

import argparse
import re
import resource
import tempfile
from pathlib import Path

import memnet
from memnet import simulate
from memnet.flow import Simulation

TECHNOLOGY = Path(memnet.__file__).parent / "technologies" / "hfox-130nm.toml"
RUNS: dict[str, dict[str, object]] = {"dc": {}, "flat": {"flat": True}, "transient": {"analysis": "transient"}}


def with_resistance(ohm: float, folder: Path) -> Path:
    """Return a copy of the default technology with that resistance of a shut rectifier."""
    text, count = re.subn(r"(rectifier_ron_ohm = { value = )[^,]+", rf"\g<1>{ohm:g}", TECHNOLOGY.read_text())
    assert count == 1
    path = folder / f"{ohm:g}-ohm.toml"
    path.write_text(text)
    return path


def seconds(run: dict[str, object], technology: Path, args: argparse.Namespace) -> tuple[float, Simulation]:
    """Simulate in processes of one core; return their CPU seconds and the result."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = simulate(
        args.network,
        channels=args.channels,
        layers=args.layers,
        images=args.images,
        technology=str(technology),
        engine="ngspice-batch",
        workers=1,
        **run,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result


def main() -> None:
    """Print one row for each kind of run and resistance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="PDARTS")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ohm", type=float, nargs="+", default=[0.1, 5e-3, 1e-3])
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS))
    args = parser.parse_args()
    print(f"{args.network}, C={args.channels}, L={args.layers}, {args.images} images, ngspice, one core")
    print("| run | rectifier, ohm | CPU s | logit error | delay, s |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        paths = {ohm: with_resistance(ohm, Path(folder)) for ohm in args.ohm}
        for name in args.runs:
            found = {ohm: [] for ohm in args.ohm}
            for _ in range(args.rounds):
                for ohm in args.ohm:
                    found[ohm].append(seconds(RUNS[name], paths[ohm], args))
            for ohm, runs in found.items():
                result = runs[0][1]
                delay = f"{result.figures()['delay_s']:.5g}" if result.transient else ""
                least = min(spent for spent, _ in runs)
                print(f"| {name} | {ohm:g} | {least:.2f} | {result.accuracy.logit_error:.3g} | {delay} |", flush=True)


if __name__ == "__main__":
    main()
