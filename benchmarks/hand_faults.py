# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts small faults into memnet, one at a time, and says which test notices each.

    benchmarks/hand_faults.py                    all faults; those that already have a result are left out
    benchmarks/hand_faults.py --only NAME        faults with NAME in their package/name, result or not
    benchmarks/hand_faults.py --again            all anew, each with the test first that noticed it last time
    benchmarks/hand_faults.py --near             only the tests of a fault's package and those that its entry names

The faults are in benchmarks/faults/, one file a package of memnet (templates are with `netlist`):

    name   what it is called
    file   the file that is changed, from the root of the repository
    old    the text that is replaced; it occurs once in the file, else the fault is stale
    new    what it is replaced by
    wrong  what goes wrong then, for a user
    tests  further tests that are run before all others; may be left out

A fault is put into a copy of the tree (tracked and new files that git does not ignore), never into the tree itself. The
tests of its package run first, then all others of `make test`, up to the first that fails; that test must pass without
the fault. Netlists that are held byte for byte do not count, since whoever changes a netlist rewrites them. Results are
written after each fault, so that a run that was stopped goes on where it was. The exit status is 1 if a fault is stale
or no test noticed it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FAULTS = ROOT / "benchmarks" / "faults"
RESULTS = ROOT / "docs" / "tables" / "faults"
# Held byte for byte, and the test that every fault's text is there, which fails with any fault.
LEFT_OUT = ("tests/netlist/test_goldens.py", "tests/test_hand_faults.py")
MOST_S = 1800.0  # of one run of tests
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.+?)?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, as the head of this file describes it."""

    name: str
    package: str
    file: str
    old: str
    new: str
    wrong: str
    tests: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Return a digest of the change, which tells whether a result is that of this fault."""
        return hashlib.sha256("\0".join((self.file, self.old, self.new)).encode()).hexdigest()[:16]

    def stale(self, root: Path) -> str:
        """Return why the fault cannot be put into the tree at `root`; '' if it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.file} is not there"
        times = path.read_text(encoding="utf-8").count(self.old)
        return "" if times == 1 else f"its old text occurs {times} times in {self.file}, not once"


def read_faults(folder: Path = FAULTS) -> list[Fault]:
    """Return all faults, package by package."""
    return [
        Fault(package=path.stem, tests=tuple(entry.pop("tests", ())), **entry)
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["fault"]
    ]


class Copy:
    """A copy of the tree, in which faults are put in and taken out again."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder, self.left_out = folder, list(LEFT_OUT)
        self.written_s = int(time.time())
        listed = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        for name in filter(None, subprocess.run(listed, capture_output=True, check=True, text=True).stdout.split("\0")):
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
        simulator = root / ".ngspice"
        if simulator.exists():
            (folder / ".ngspice").symlink_to(simulator.resolve())

    def write(self, file: str, text: str) -> None:
        """Write a file with a time of its own: Python compiles a file again only where its time or size differ."""
        (self.folder / file).write_text(text, encoding="utf-8")
        self.written_s += 2
        os.utime(self.folder / file, (self.written_s, self.written_s))

    @contextmanager
    def fault(self, fault: Fault) -> Iterator[None]:
        """Put a fault in, and take it out at the end."""
        right = (self.folder / fault.file).read_text(encoding="utf-8")
        self.write(fault.file, right.replace(fault.old, fault.new))
        try:
            yield
        finally:
            self.write(fault.file, right)

    def has(self, test: str) -> bool:
        """Tell whether there is a test of that name, which may have been renamed since it was written down."""
        file, _, name = test.partition("::")
        path = self.folder / file
        return path.is_file() and f"def {name.split('[')[0]}(" in path.read_text(encoding="utf-8")

    def first_failure(self, tests: Iterable[str]) -> str | None:
        """Run tests up to the first that fails, and return its name; None if all pass."""
        there = [test for test in tests if (self.folder / test.split("::")[0]).exists()]
        chosen = [test for test in there if test not in self.left_out]
        if not chosen:
            return None
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
        command += ["-m", "not long", *(f"--deselect={name}" for name in self.left_out), *chosen]
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                # without plugins, which take half a second to load and which no test needs
                env=os.environ | {"PYTHONPATH": str(self.folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(MOST_S)
            except subprocess.TimeoutExpired:
                return f"no end after {MOST_S:g} s"
            finally:
                end(process)
            output.seek(0)
            text = output.read()
        if status in (0, 5):  # 5: no test was chosen
            return None
        failed = _FAILED.search(text)
        if not failed:
            raise SystemExit(f"tests ended with status {status}:\n{text[-2000:]}")
        return failed[1]

    def files(self) -> list[str]:
        """Return the files with tests."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob("tests/**/test_*.py"))


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process with all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def catcher(copy: Copy, fault: Fault, known: str | None, near: bool) -> str | None:
    """Return the name of the first test that fails with a fault and passes without it; None if there is none.

    Parameters
    ----------
    known : the test that noticed it last time, to run first
    near : run no tests but that, those that the fault names and those of its package
    """
    folder = f"tests/{fault.package}/"
    close = [file for file in copy.files() if file.startswith(folder)]
    others = [file for file in copy.files() if not file.startswith(folder)]
    # one after the other: pytest runs a test that is named beside its whole file with that file, not before others
    stages = [[known] if known and copy.has(known) else [], fault.tests, close, [] if near else others]
    while True:
        with copy.fault(fault):
            found = next((failed for stage in stages if (failed := copy.first_failure(stage))), None)
        if found is None or copy.first_failure([found]) is None:
            return found
        print(f"left out: {found} fails without a fault too", flush=True)
        copy.left_out.append(found)


def write_results(faults: list[Fault], results: dict[str, dict[str, str | None]], folder: Path) -> None:
    """Write the results of the faults that there are, as JSON and as a table."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {fault.name: results[fault.name] for fault in faults if fault.name in results}
    (folder / "table.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    lines = ["| package | fault | what goes wrong | noticed by |", "|---|---|---|---|"]
    for fault in faults:
        if fault.name in kept:
            by = kept[fault.name]["noticed_by"]
            short = f"`{by.removeprefix('tests/').split('[')[0]}`" if by else "**no test**"
            lines.append(f"| {fault.package} | {fault.name.replace('-', ' ')} | {fault.wrong} | {short} |")
    (folder / "table.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Put the faults in, one at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", help="faults with this in package/name")
    parser.add_argument("--again", action="store_true", help="also those that have a result")
    parser.add_argument("--near", action="store_true", help="only the tests of their packages")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="default: %(default)s")
    told = parser.parse_args()
    faults, file = read_faults(), told.results / "table.json"
    results = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(ROOT, Path(folder))
        for fault in faults:
            held = results.get(fault.name)
            fresh = held is not None and held["digest"] == fault.digest and held["noticed_by"] is not None
            if (told.only and told.only not in f"{fault.package}/{fault.name}") or (
                fresh and not told.again and not told.only
            ):
                continue
            stale, start, found = fault.stale(copy.folder), time.perf_counter(), None
            if not stale:
                found = catcher(copy, fault, held["noticed_by"] if held else None, told.near)
                results[fault.name] = {"digest": fault.digest, "noticed_by": found}
                write_results(faults, results, told.results)
            said = f"STALE: {stale}" if stale else found or "NOT NOTICED"
            print(f"{time.perf_counter() - start:6.1f} s  {fault.package}/{fault.name}: {said}", flush=True)
            bad += found is None
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
