# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds and figures of one transient, in two or more checkouts of memnet in turns.

    python benchmarks/transient_speed.py BEFORE [MORE ...] AFTER [--turns 1] [--json transient_speed.json]

Each turn is `memnet simulate PDARTS --channels 4 --layers 3 --images 1 --analysis transient --workers 1` in a process
of its own: all of it, and the transition alone. The fastest turn of each checkout counts, since
other work on the machine can only slow one down; the ratios are those of each checkout over the first. Delay and energy
stand beside those of the last checkout, and how far the class outputs end from their dc solution. A checkout with an
environment of its own (.venv) uses it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CHILD = """
import json, resource, sys
import numpy as np
import memnet.measurement.transient as measurement
from memnet.flow import simulate

def cpu_s():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)

transitions_s, simulated = [], measurement.simulate_transitions

def timed(*values, **named):
    start = cpu_s()
    found = simulated(*values, **named)
    transitions_s.append(cpu_s() - start)
    return found

measurement.simulate_transitions = timed
found = simulate(
    sys.argv[1], channels=int(sys.argv[2]), layers=3, images=1, analysis="transient", workers=1
).transient
print(json.dumps({
    "cpu_s": cpu_s(),
    "transition_s": sum(transitions_s),
    "delay_s": found.delay_s,
    "energy_j": found.energy_j,
    "unsettled_v": float(np.abs(found.outputs_v[-1] - found.dc_outputs_v).max()),
}))
"""


def run(checkout: Path, genotype: str, channels: int) -> dict[str, float]:
    """Return seconds and figures of one run in a process of its own."""
    own = checkout / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **one_core, "PYTHONPATH": str(checkout)}
    call = [python, "-c", CHILD, genotype, str(channels)]
    done = subprocess.run(call, env=environment, cwd=checkout, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(name: str, turns: list[dict[str, float]], first: list[dict[str, float]], last: dict[str, float]) -> Any:
    """Return the figures of a checkout: seconds beside those of the first, delay and energy beside the last's."""
    fastest = {key: min(turn[key] for turn in turns) for key in ("cpu_s", "transition_s")}
    shares = {f"{key} share": value / min(turn[key] for turn in first) for key, value in fastest.items()}
    figures = {key: turns[0][key] for key in ("delay_s", "energy_j", "unsettled_v")}
    off = {f"last over {key}": last[key] / figures[key] - 1.0 for key in ("delay_s", "energy_j")}
    return {"checkout": name, **fastest, **shares, **figures, **off, "turns": turns}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    paths = [path.resolve() for path in options.checkouts]
    turns = [[run(path, options.genotype, options.channels) for path in paths] for _ in range(options.turns)]
    each = [[turn[index] for turn in turns] for index in range(len(paths))]
    rows = [row(path.name, found, each[0], each[-1][0]) for path, found in zip(paths, each, strict=True)]
    print(
        f"{'checkout':<14}{'command, CPU s':>13}{'share':>7}{'transition, CPU s':>20}{'share':>7}"
        f"{'delay, s':>14}{'energy, J':>12}{'unsettled, V':>13}{'last over it':>18}"
    )
    for found in rows:
        print(
            f"{found['checkout']:<14}{found['cpu_s']:>13.1f}{found['cpu_s share']:>7.0%}{found['transition_s']:>20.1f}"
            f"{found['transition_s share']:>7.0%}{found['delay_s']:>14.6g}{found['energy_j']:>12.6g}"
            f"{found['unsettled_v']:>11.1e}{found['last over delay_s']:>+9.3%}{found['last over energy_j']:>+9.3%}"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
