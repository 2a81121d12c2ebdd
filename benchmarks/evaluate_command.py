# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds and memory of a whole `memnet evaluate`, in one checkout of memnet or in several in turns.

    python benchmarks/evaluate_command.py --data DIR [CHECKOUT ...] [--turns 3] [--json evaluate.json]

Evaluated is PDARTS on 500 images of CIFAR-10 in DIR: C=16, L=8 with its shipped weights, nominal and with 5 %
variation, and C=1, L=3 with seeded ones. Every evaluation is a process of its own on one core, user and system time
from its start to its end; the smallest turn counts. `share` is that of a checkout in the first one. `outputs` is the
largest difference of its class outputs from those of the first one, as a share of the largest output, and `levels` the
number of conductance levels that differ. A checkout with an environment of its own (.venv) uses it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from assembly import environment, python

CASES = {"C=16, L=8": (16, 8, 0.0), "C=16, L=8, 5 % variation": (16, 8, 0.05), "C=1, L=3": (1, 3, 0.0)}
# Checkouts from before `Chip` have `flow.evaluate`, whose result names some parts differently.
CHILD = """
import sys
import numpy as np
import memnet.flow as flow
from memnet.devices import DeviceSpread

channels, layers, variation, data, images, out = sys.argv[1:]
about = dict(channels=int(channels), layers=int(layers), dataset="cifar10", data=data)
spread = DeviceSpread(variation=float(variation))
if hasattr(flow, "Chip"):
    chip = flow.Chip.of("PDARTS", **about, devices=spread)
    logits, programs = chip.evaluate(images=int(images), workers=1).samples[0].logits, chip.deployment.programs
else:
    found = flow.evaluate(flow.Setup(genotype="PDARTS", **about), images=int(images), workers=1, spread=spread)
    logits, programs = found.chips[0].logits, found.deployed.deployment.programs
sides = [side for program in programs.values() for pair in program.pairs.values() for side in (pair.plus, pair.minus)]
np.savez(out, logits=logits, levels=np.concatenate([side.reshape(-1) for side in sides]))
"""


def measured(checkout: Path, case: tuple[int, int, float], data: Path, images: int, out: Path) -> tuple[float, float]:
    """Return CPU seconds and MB of one evaluation; its class outputs and levels are written to `out`."""
    call = [python(checkout), "-c", CHILD, *map(str, case), str(data.resolve()), str(images), str(out)]
    process = subprocess.Popen(call, env=environment(checkout), cwd=checkout)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"{checkout}: the evaluation failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def compared(first: Path, other: Path) -> tuple[float, int]:
    """Return by how much class outputs differ, as a share of the largest, and how many levels do."""
    with np.load(first) as a, np.load(other) as b:
        apart = np.abs(a["logits"] - b["logits"]).max() / np.abs(a["logits"]).max()
        same_shape = a["levels"].shape == b["levels"].shape
        return float(apart), int((a["levels"] != b["levels"]).sum()) if same_shape else -1


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).resolve().parent.parent])
    parser.add_argument("--data", type=Path, required=True, help="the folder cifar-10-batches-py, or the one around it")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    checkouts = [path.resolve() for path in options.checkouts]
    os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, case in CASES.items():
            outs = [Path(folder) / f"{index}.npz" for index in range(len(checkouts))]
            turns = [
                [
                    measured(path, case, options.data, options.images, out)
                    for path, out in zip(checkouts, outs, strict=True)
                ]
                for _ in range(options.turns)
            ]
            least = [tuple(map(min, zip(*costs, strict=True))) for costs in zip(*turns, strict=True)]
            for index, (seconds, megabytes) in enumerate(least):
                apart, levels = compared(outs[0], outs[index])
                row = {"case": name, "checkout": checkouts[index].name, "cpu_s": seconds, "mb": megabytes}
                rows.append({**row, "share": seconds / least[0][0], "outputs": apart, "levels": levels})
                print(
                    f"{name:<26}{checkouts[index].name:>12}{seconds:>9.2f} s{megabytes:>7.0f} MB"
                    f"  share {seconds / least[0][0]:.2f}  outputs {apart:.1e}  levels {levels}",
                    flush=True,
                )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
