# SPDX-License-Identifier: GPL-3.0-or-later
"""How the cost of `memnet evaluate` and `memnet simulate` grows with C, L and images: fitted exponents, peak memory.

    python benchmarks/growth.py [--data DIR] [--out docs/tables/growth] [--peers]

Every point is a process of its own on one core: user and system time from its start to its end (children included), and
the memory of its largest process. PDARTS; `evaluate` on CIFAR-10 in DIR (left out without it), `simulate` (dc) on
digits. Each series changes one of C, L and images; `exponent` is the slope of log(cost - cost at no size) against
log(size), where the cost at no size is that of the help of the command. With `--peers`, the numeric engine stands
beside PyTorch and aihwkit (extra `peers`; CrossSim is in no package index): images per CPU second of PDARTS, C=16, L=8,
batches of 32. Points that are in OUT.json are not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
START = {"C": 4, "L": 3, "images": 100}
SERIES: dict[str, dict[str, tuple[int, ...]]] = {
    "evaluate": {"C": (1, 2, 4, 8, 16), "L": (3, 8, 20), "images": (100, 300, 1000, 3000)},
    "simulate": {"C": (1, 2, 4, 8), "L": (3, 8, 20), "images": (1, 10, 30)},
}
STARTS = {"evaluate": START, "simulate": {**START, "C": 1, "images": 1}}


def call_of(command: str, size: dict[str, int], data: Path | None) -> list[str]:
    """Return the arguments of a command at one size."""
    sizes = ["--channels", str(size["C"]), "--layers", str(size["L"]), "--images", str(size["images"])]
    if command == "simulate":
        return ["simulate", "PDARTS", *sizes, "--workers", "1"]
    return ["evaluate", "PDARTS", "--dataset", "cifar10", "--data", str(data), *sizes, "--workers", "1"]


def cost(arguments: list[str]) -> tuple[float, float]:
    """Return CPU seconds and MB of a call of memnet."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-m", "memnet", *arguments], env={**os.environ, **ONE_CORE}, **quiet)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"memnet {' '.join(arguments)}: failed with status {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def exponent(sizes: list[int], costs: list[float], least: float) -> float:
    """Return the slope of log(cost - least) against log(size)."""
    above = np.maximum(np.array(costs) - least, 1e-3)
    return float(np.polyfit(np.log(sizes), np.log(above), 1)[0])


def measured(options: argparse.Namespace, found: dict[str, list[float]], out: Path) -> None:
    """Measure all points that `found` lacks, and write after each."""
    commands = [name for name in SERIES if options.data or name == "simulate"]
    for command in commands:
        calls = {f"{command} at no size": [command, "--help"]}
        for what, values in SERIES[command].items():
            for value in values:
                size = {**STARTS[command], what: value}
                calls[point(command, size)] = call_of(command, size, options.data)
        for name, call in calls.items():
            if name not in found:
                found[name] = list(cost(call))
                print(f"{name:<40}{found[name][0]:>9.2f} s{found[name][1]:>8.0f} MB", flush=True)
                out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")


def point(command: str, size: dict[str, int]) -> str:
    """Return the name of one point."""
    return f"{command} C={size['C']}, L={size['L']}, {size['images']} images"


def table(found: dict[str, list[float]]) -> str:
    """Return the series as a table in Markdown."""
    lines = ["| command | grows | CPU s (MB) at each size | exponent |", "|---|---|---|---|"]
    for command, series in SERIES.items():
        for what, values in series.items():
            names = [point(command, {**STARTS[command], what: value}) for value in values]
            if not all(name in found for name in names):
                continue
            shown = ", ".join(
                f"{value}: {found[name][0]:.1f} ({found[name][1]:.0f})"
                for value, name in zip(values, names, strict=True)
            )
            slope = exponent(list(values), [found[name][0] for name in names], found[f"{command} at no size"][0])
            fixed = ", ".join(f"{key}={size}" for key, size in STARTS[command].items() if key != what)
            lines.append(f"| `{command}` ({fixed}) | {what} | {shown} | {slope:.2f} |")
    for name, values in found.items():
        if name.startswith("rate"):
            lines.append(f"| {name.removeprefix('rate ')} | | {values[0]:.1f} images per CPU second | |")
    return "\n".join(lines) + "\n"


def picture(found: dict[str, list[float]], path: Path) -> None:
    """Draw CPU seconds against each size."""
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    for axis, what in zip(axes, START, strict=True):
        for command, series in SERIES.items():
            names = [point(command, {**STARTS[command], what: value}) for value in series[what]]
            if all(name in found for name in names):
                axis.loglog(series[what], [found[name][0] for name in names], "o-", label=command)
        axis.set(xlabel=what, ylabel="CPU s")
        axis.grid(True, which="both", alpha=0.3)
        axis.legend()
    plt.rcParams["svg.hashsalt"] = "memnet"
    fig.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder cifar-10-batches-py, or the one around it")
    parser.add_argument("--out", type=Path, default=Path("docs/tables/growth"))
    parser.add_argument("--peers", action="store_true", help="beside PyTorch and aihwkit")
    options = parser.parse_args()
    os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    kept = options.out.with_suffix(".json")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[float]] = json.loads(kept.read_text()) if kept.exists() else {}
    measured(options, found, options.out)
    if options.peers:
        from peers import rates

        found |= {f"rate {name}": [rate] for name, rate in rates().items()}
        kept.write_text(json.dumps(found, indent=1) + "\n")
    options.out.with_suffix(".md").write_text(table(found))
    picture(found, options.out.with_suffix(".svg"))
    print(table(found))


if __name__ == "__main__":
    main()
