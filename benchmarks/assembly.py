# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds to assemble a chip, in one checkout of memnet or in several in turns.

    python benchmarks/assembly.py [CHECKOUT ...] [--turns 5] [--json assembly.json]

Assembled are the individual chip of PDARTS, and PDARTS on `shared` and on `duplicated` (digits, L=3) at C=1 and C=4:
scales and levels are chosen, the circuit's nets are numbered, and both references are computed, one of them from the
placement table. Every measurement is a process of its own, on one core, which has assembled a chip of another size
before, so that imports are not measured. The fastest turn of each counts, since other work on the machine can only slow
one down; the ratio is that of the first checkout over each. A checkout with an environment of its own (.venv) uses it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

KINDS = ("individual", "shared", "duplicated")
CHANNELS = (1, 4)
WARM_UP = 2  # channels of the chip before
# Checkouts from before `Chip` have `assemble`, which does the same at once.
CHILD = """
import sys, time
import memnet.flow as flow

def assemble(kind, channels):
    if hasattr(flow, "Chip"):
        chip = flow.Chip.of("PDARTS", channels=channels, layers=3, on=kind)
        return chip.circuit, chip.parameters, chip.float_parameters
    on = {} if kind == "individual" else {"deploy": "hypernetwork", "structure": kind}
    return flow.assemble(flow.Setup(genotype="PDARTS", channels=channels, layers=3, **on))

kind, warm_up, channels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
assemble(kind, warm_up)
start = time.process_time()
assemble(kind, channels)
print(time.process_time() - start)
"""


def python(checkout: Path) -> str:
    """Return the Python of a checkout's own environment, else that of this process."""
    own = checkout / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def environment(checkout: Path) -> dict[str, str]:
    """Return the variables of a process that runs a checkout on one core, with byte code."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **one_core, "PYTHONPATH": str(checkout)}


def assembly_s(checkout: Path, kind: str, channels: int) -> float:
    """Return the CPU seconds of one assembly in a process of its own."""
    call = [python(checkout), "-c", CHILD, kind, str(WARM_UP), str(channels)]
    done = subprocess.run(call, env=environment(checkout), cwd=checkout, check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).resolve().parent.parent])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    checkouts = [path.resolve() for path in options.checkouts]
    rows = []
    print(f"{'chip':<12}{'C':>3}", *(f"{path.name:>14}" for path in checkouts), *("   ratio" for _ in checkouts[1:]))
    for kind in KINDS:
        for channels in CHANNELS:
            turns = [[assembly_s(path, kind, channels) for path in checkouts] for _ in range(options.turns)]
            fastest = [min(turn[index] for turn in turns) for index in range(len(checkouts))]
            ratios = [fastest[0] / seconds for seconds in fastest[1:]]
            rows.append({"chip": kind, "channels": channels, "cpu_s": fastest, "turns": turns, "ratios": ratios})
            print(
                f"{kind:<12}{channels:>3}",
                *(f"{seconds:>12.3f} s" for seconds in fastest),
                *(f"{ratio:>8.2f}" for ratio in ratios),
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps({"checkouts": [path.name for path in checkouts], "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
