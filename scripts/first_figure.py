#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how long a newcomer waits: clones the repository, runs `make demo`, and tells when its first figure comes.

    scripts/first_figure.py              what is committed in this repository
    scripts/first_figure.py ADDRESS      what git clones from there

Prints seconds since the start at four events: cloned, set up, first figure, done; and the line with the first figure.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What a line of `make demo` has in it when an event has come: make's own line for the demo, and its first figure.
EVENTS = {"set up": "memnet demo", "first figure": "digits right"}


def events(lines: Iterable[tuple[float, str]]) -> list[tuple[str, float, str]]:
    """Return name, seconds and line of each event of EVENTS, in their order.

    Parameters
    ----------
    lines : seconds, and what was printed then

    Raises
    ------
    SystemExit
        one never came
    """
    found, waiting = [], list(EVENTS.items())
    for seconds, line in lines:
        if waiting and waiting[0][1] in line:
            found.append((waiting.pop(0)[0], seconds, line.strip()))
    if waiting:
        raise SystemExit(f"make demo ended without a line with {waiting[0][1]!r}")
    return found


def main() -> int:
    """Clone, run, print the times, and return the exit status of `make demo`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default=str(ROOT), help="what to clone (default: this repository)")
    address = parser.parse_args().address
    with tempfile.TemporaryDirectory(prefix="memnet-clone-") as folder:
        start = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", address, f"{folder}/memnet"], check=True)
        cloned_s = time.perf_counter() - start
        own = {name: value for name, value in os.environ.items() if not name.startswith(("MEMNET_", "MAKE"))}
        make = subprocess.Popen(["make", "demo"], cwd=f"{folder}/memnet", env=own, stdout=subprocess.PIPE, text=True)
        with make:
            found = events([(time.perf_counter() - start, line) for line in make.stdout or ()])
        done_s = time.perf_counter() - start
    for name, seconds in (("cloned", cloned_s), *((name, seconds) for name, seconds, _ in found), ("done", done_s)):
        print(f"{seconds:7.1f} s  {name}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:7.1f} s  of CPU, in all\n{found[-1][2]}")
    return make.returncode


if __name__ == "__main__":
    sys.exit(main())
