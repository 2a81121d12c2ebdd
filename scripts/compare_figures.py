# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a fixed set of figures and exports with one installed memnet, and compares two such sets to the last digit.

It checks that a change of the code leaves all results as they were. BEFORE is a checkout without the change:

    scripts/compare_figures.py write BEFORE/.venv/bin/memnet out/before
    scripts/compare_figures.py write .venv/bin/memnet out/after
    scripts/compare_figures.py compare out/before out/after

The set: three networks individually and on the three hypernetwork structures, dc and transient, in ngspice and in the
numeric engine, with nominal and with varied devices; counts, estimates, and exports in every dialect. The comparison
leaves out run times, version and command, and whether an estimated simulation fits into the memory that is free at the
moment.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

NETWORKS = ("DARTS_V1", "DARTS_V2", "PDARTS")
STRUCTURES = ("shared", "slotted", "duplicated")
DIALECTS = ("ngspice", "xyce", "ltspice", "hspice", "spectre")
NO_FIGURES = {
    "wall_s",
    "s_per_image_core",
    "sweep_s",
    "core_s",
    "engine_s",
    "build_s",
    "images_per_s",
    "fits",
    "available_bytes",
    "memnet",  # version and command, which name no figure
    "command",
}

OLDER: dict[str, bool] = {}  # whether a command has the options of before `--on`


def commands() -> dict[str, list[str]]:
    """Return the memnet calls of the set, by the name of the file that each writes."""
    small = ["--channels", "1"]
    calls: dict[str, list[str]] = {"genotypes.json": ["genotypes"]}
    for name in NETWORKS:
        varied = ["--variation", "0.05", "--stuck", "0.01", "--offset", "1e-4", "--read-noise", "0.01", "--seeds", "2"]
        calls[f"simulate-{name}.json"] = ["simulate", name, "--images", "8"]
        calls[f"simulate-{name}-transient.json"] = [
            "simulate",
            name,
            *small,
            "--images",
            "3",
            "--analysis",
            "transient",
            "--transitions",
            "2",
        ]
        calls[f"evaluate-{name}.json"] = ["evaluate", name, *small, "--images", "60", "--transitions", "1"]
        calls[f"evaluate-{name}-varied.json"] = ["evaluate", name, *small, "--images", "60", *varied]
        calls[f"estimate-{name}.json"] = ["estimate", name, "--channels", "4", "--workers", "2"]
        calls[f"export-{name}"] = ["netlist", name, *small, "--images", "2"]
        for structure in STRUCTURES:
            on = ["--on", structure]
            calls[f"simulate-{name}-{structure}.json"] = ["simulate", name, *small, *on, "--images", "3"]
            calls[f"evaluate-{name}-{structure}.json"] = ["evaluate", name, *small, *on, "--images", "20"]
    on_shared = ["--on", "shared"]
    calls["simulate-DARTS_V1-shared-transient.json"] = [
        "simulate",
        "DARTS_V1",
        *small,
        *on_shared,
        "--images",
        "2",
        "--analysis",
        "transient",
    ]
    calls["evaluate-PDARTS-spice.json"] = ["evaluate", "PDARTS", *small, "--images", "20", "--spice-check", "6"]
    calls["simulate-random-7.json"] = ["simulate", "random:7", *small, "--images", "3", "--bits", "6", "--flat"]
    calls["simulate-neurram.json"] = ["simulate", "PDARTS", *small, "--images", "3", "--technology", "neurram-130nm"]
    calls["simulate-ideal.json"] = ["simulate", "PDARTS", *small, "--images", "3", "--ideal"]
    calls["compare-counts.json"] = ["compare", "--counts-only", "--channels", "1,4"]
    for dialect in DIALECTS:
        calls[f"export-{dialect}"] = ["netlist", "DARTS_V1", *small, "--images", "2", "--dialect", dialect]
        calls[f"export-{dialect}-shared"] = ["netlist", "PDARTS", *small, *on_shared, "--dialect", dialect]
    calls["export-transient"] = ["netlist", "DARTS_V1", *small, "--images", "2", "--analysis", "transient"]
    return calls


def in_words_of(memnet: str, call: list[str]) -> list[str]:
    """Return a call with the options that a version before `--on` understands, if it is one."""
    if call[0] not in OLDER:
        told = subprocess.run([memnet, call[0], "--help"], check=True, capture_output=True, text=True).stdout
        OLDER[call[0]] = "--deploy" in told
    if not OLDER[call[0]]:
        return call
    words = " ".join(call).replace("--transitions", "--cost") if call[0] == "evaluate" else " ".join(call)
    return words.replace("--on", "--deploy hypernetwork --structure").split()


def write(memnet: str, folder: Path) -> None:
    """Run the whole set; a failed call stops it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, call in commands().items():
        place = folder / name
        if place.exists():
            continue
        target = ["--json", str(place)] if name.endswith(".json") else ["-o", str(place)]
        print(name, flush=True)
        subprocess.run([memnet, *in_words_of(memnet, call), *target], check=True, stdout=subprocess.DEVNULL)


def without_run_times(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return figures without what differs from run to run."""
    if isinstance(value, dict):
        if "deploy" in value:  # what `on` was before
            value = {**value, "on": value["structure"] or value["deploy"]}
        kept = {
            key: without_run_times(inner)
            for key, inner in value.items()
            if key not in NO_FIGURES | {"deploy", "structure"}
        }
        for run in ("partitioned", "flat", "partitioned_transition", "flat_transition"):
            if isinstance(kept.get(run), dict):
                kept[run].pop("fits", None)
        return kept
    return [without_run_times(inner) for inner in value] if isinstance(value, list) else value


def differences(before: Path, after: Path) -> list[str]:
    """Return the files of two sets that differ, JSON without run times, everything else byte for byte."""
    names = {path.relative_to(folder) for folder in (before, after) for path in folder.rglob("*") if path.is_file()}
    found = []
    for name in sorted(names):
        first, second = before / name, after / name
        if not first.exists() or not second.exists():
            found.append(f"{name}: only in {before if first.exists() else after}")
        elif name.suffix == ".json" and len(name.parts) == 1:
            if without_run_times(json.loads(first.read_text())) != without_run_times(json.loads(second.read_text())):
                found.append(f"{name}: figures differ")
        elif first.read_bytes() != second.read_bytes():
            found.append(f"{name}: bytes differ")
    print(f"{len(names)} files, {len(found)} of them differ")
    return found


def main() -> int:
    """Run one of the two jobs; 1 where two sets differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    jobs = parser.add_subparsers(dest="job", required=True)
    writing = jobs.add_parser("write", help="write the set")
    writing.add_argument("memnet", help="path of the command")
    writing.add_argument("folder", type=Path)
    comparing = jobs.add_parser("compare", help="compare two sets")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.job == "write":
        write(given.memnet, given.folder)
        return 0
    found = differences(given.before, given.after)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
