# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds (and MB) of what a command does before its own work, in one checkout of memnet or in several in turns.

    python benchmarks/startup.py [CHECKOUT ...] [--turns 5] [--data DIR] [--json startup.json]

Measured are the help, the version, loading the digits and, with `--data`, CIFAR-10 (of which 512 training and 500 test
images are used), the whole of `memnet simulate DARTS_V1 --images 1`, and assembling PDARTS at C=4, L=3, individual and
on each structure (see `assembly.py`). Every measurement is a process of its own on one core, user and system time with
that of the processes that it starts; byte code is there. The smallest turn of each counts, since other work on the
machine can only add to it; the share is that of each checkout in the first one. A checkout with an environment of its
own (.venv) uses it; one without the option --version has a dash there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from assembly import assembly_s, environment, python

KINDS = ("individual", "slotted", "shared", "duplicated")
LOAD = """
import sys
from memnet import load_dataset
data = load_dataset(*sys.argv[1:])
used = data.train_images[:512], data.test_images[:500], data.test_labels[:500]
"""
COMMANDS = {
    "memnet --help": ("-m", "memnet", "--help"),
    "memnet --version": ("-m", "memnet", "--version"),
    "memnet genotypes": ("-m", "memnet", "genotypes"),
    "load digits": ("-c", LOAD, "digits"),
    "simulate DARTS_V1 --images 1": ("-m", "memnet", "simulate", "DARTS_V1", "--images", "1"),
}
NOT_THERE = (float("nan"), float("nan"))
Cost = tuple[float, float]  # CPU seconds, and MB of the largest process


def command(arguments: Sequence[str], checkout: Path) -> Cost:
    """Return the cost of a call of Python in a checkout; NOT_THERE where it fails."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([python(checkout), *arguments], env=environment(checkout), cwd=checkout, **quiet)
    _, status, used = os.wait4(process.pid, 0)  # with the processes that it has waited for
    process.returncode = os.waitstatus_to_exitcode(status)
    return NOT_THERE if status else (used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def assembling(kind: str, checkout: Path) -> Cost:
    """Return the cost of assembling a chip; its memory is not measured."""
    return assembly_s(checkout, kind, 4), float("nan")


def rows_of(data: Path | None) -> dict[str, Callable[[Path], Cost]]:
    """Return what is measured, by name."""
    rows: dict[str, Callable[[Path], Cost]] = {name: partial(command, call) for name, call in COMMANDS.items()}
    if data is not None:
        rows["load CIFAR-10"] = partial(command, ("-c", LOAD, "cifar10", str(data.resolve())))
    return rows | {f"assemble {kind}, C=4": partial(assembling, kind) for kind in KINDS}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).resolve().parent.parent])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--data", type=Path, help="the folder cifar-10-batches-py")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    checkouts = [path.resolve() for path in options.checkouts]
    os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    print(f"{'':<30}", *(f"{path.name:>20}" for path in checkouts), *("   share" for _ in checkouts[1:]))
    found = []
    for name, measure in rows_of(options.data).items():
        for path in checkouts:
            measure(path)  # writes byte code; not counted
        turns = [[measure(path) for path in checkouts] for _ in range(options.turns)]
        least = [tuple(map(min, zip(*costs, strict=True))) for costs in zip(*turns, strict=True)]
        found.append({"what": name, "cpu_s": [s for s, _ in least], "mb": [mb for _, mb in least], "turns": turns})
        shown = [f"{seconds:>10.3f} s {megabytes:>5.0f} MB" for seconds, megabytes in least]
        shown += [f"{seconds / least[0][0]:>8.2f}" for seconds, _ in least[1:]]
        print(f"{name:<30}", *(text.replace("nan MB", "      ").replace("nan", "  -") for text in shown), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"checkouts": [path.name for path in checkouts], "rows": found}, indent=1))


if __name__ == "__main__":
    main()
