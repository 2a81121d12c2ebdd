# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristors that `memnet netlist` writes a CPU second, in one checkout of memnet or in several in turns.

    python benchmarks/export_speed.py [CHECKOUT ...] --data CIFAR10 [--turns 3] [--json export_speed.json]

Exported is PDARTS at C=4, L=5 on CIFAR-10 images, 6 million memristors, with its placement table as CSV, by the command
in a process of its own on one core: `all in` is user and system time of that process. `write` is the part of it from
the circuit to the files, the table included; `CSV` and `Parquet` are the table alone (Parquet comes after the command,
and only where pyarrow is there). The fastest turn of each counts, since other work on the machine can only slow one
down. Where a checkout writes other bytes than the first one, the files are named, but for those that say what memnet
wrote (manifest.json and README.md). A checkout with an environment of its own (.venv) uses it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

NETWORK = ("PDARTS", "--dataset", "cifar10", "--channels", "4", "--layers", "5")
ABOUT = ("manifest.json", "README.md")
RATES = ("all in", "write", "CSV", "Parquet")
# Both functions are wrapped before the command imports them. An export that has the table already is not charged for
# the same table beside it.
CHILD = """
import json, resource, sys, time
from pathlib import Path
import memnet.netlist.export as export
import memnet.netlist.placement_table as table

seconds = {}

def timed(name, call):
    def run(*given, **more):
        start = time.process_time()
        result = call(*given, **more)
        seconds[name] = time.process_time() - start
        return result
    return run

def both(circuit, placement, path, **more):
    timed("CSV", write)(circuit, placement, path, **more)
    seconds["start"] = time.process_time()
    seconds["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    try:
        timed("Parquet", write)(circuit, placement, path.with_suffix(".parquet"), **more)
    except Exception as error:
        print(error, file=sys.stderr)
    seconds["Parquet and after"] = time.process_time() - seconds.pop("start")

write, table.write_table = table.write_table, both
export.write_export = timed("write", export.write_export)
from memnet.commands.app import main

folder = Path(sys.argv[1])
status = main(["netlist", *sys.argv[3:], "-o", str(folder), "--placement", sys.argv[2]])
seconds["all in"] = time.process_time() - seconds.pop("Parquet and after")
if (folder / "placement.csv").exists():
    seconds["all in"] -= seconds["CSV"]
else:
    seconds["write"] += seconds["CSV"]
seconds["memristors"] = json.loads((folder / "manifest.json").read_text())["memristors"]
print(json.dumps(seconds))
sys.exit(status)
"""


def measure(checkout: Path, data: str) -> tuple[dict[str, float], dict[str, str]]:
    """Return the CPU seconds of one export by part, its memristors and MB, and the digests of its files."""
    own = checkout / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    paths = [str(checkout), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, **one_core, "PYTHONPATH": os.pathsep.join(paths)}
    with tempfile.TemporaryDirectory() as place:
        folder, table = Path(place) / "export", Path(place) / "placement.csv"
        call = [python, "-c", CHILD, str(folder), str(table), *NETWORK, "--data", data]
        done = subprocess.run(call, env=environment, cwd=checkout, check=True, stdout=subprocess.PIPE, text=True)
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        digests = {name: digest(path) for name, path in ({"placement.csv": table} | files).items()}
        return json.loads(done.stdout.splitlines()[-1]), digests


def digest(path: Path) -> str:
    """Return the SHA-256 digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rate(turn: dict[str, float], part: str) -> float:
    """Return memristors a CPU second; 0 where a part was not measured."""
    return turn["memristors"] / turn[part] if part in turn else 0.0


def differing(first: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the files that two exports have not alike."""
    names = sorted(first.keys() | other.keys())
    return [name for name in names if name not in ABOUT and first.get(name) != other.get(name)]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).resolve().parent.parent])
    parser.add_argument("--data", required=True, help="folder or archive of CIFAR-10")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    checkouts, data = [path.resolve() for path in options.checkouts], str(Path(options.data).resolve())
    turns = [[measure(path, data) for path in checkouts] for _ in range(options.turns)]
    rows: list[dict[str, Any]] = []
    print("memristors a CPU second")
    print(f"{'checkout':<12}", *(f"{part:>10}" for part in RATES), f"{'all in, s':>10}{'peak MB':>10}{'ratio':>10}")
    for at, path in enumerate(checkouts):
        best = {part: max(rate(turn[at][0], part) for turn in turns) for part in RATES}
        seconds = min(turn[at][0]["all in"] for turn in turns)
        peak = max(turn[at][0]["peak_mb"] for turn in turns)
        others = differing(turns[0][0][1], turns[0][at][1])
        rows.append({"checkout": path.name, "rates": best, "all_in_s": seconds, "peak_mb": peak, "differing": others})
        ratio = best["all in"] / rows[0]["rates"]["all in"]
        print(
            f"{path.name:<12}",
            *(f"{best[part]:>10,.0f}" for part in RATES),
            f"{seconds:>10.2f}{peak:>10.0f}{ratio:>10.2f}",
        )
        print(f"{'':<12} {len(others)} files differ from those of {checkouts[0].name}", *others[:5])
    if options.json:
        options.json.write_text(
            json.dumps({"rows": rows, "turns": [[one[0] for one in turn] for turn in turns]}, indent=1)
        )


if __name__ == "__main__":
    main()
