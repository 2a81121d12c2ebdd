# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills simulations at random moments and runs them again: same figures, no process and no file stays behind.

Each of the kills starts a small `memnet simulate` in worker processes, waits for a random part of the time that an
undisturbed run takes, and sends KILL, TERM, HUP or INT to the main process, to a worker, to a simulator, or to all of
them at once, as a terminal does. A second later no process of the run may be left, and what the run said may be one
sentence and no traceback. Then the same command runs again, with the same cache. It prints counts by outcome, and exits
with 1 after the first kill that went wrong in any of these ways.

Run: python benchmarks/kills.py [--kills 100] [--seed 0] [--start-method fork spawn]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# One convolution, pools and skips: a simulation of seconds.
GENOTYPE = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('skip_connect', 0), ('max_pool_3x3', 1), "
    "('skip_connect', 0), ('skip_connect', 1), ('avg_pool_3x3', 0), ('skip_connect', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('skip_connect', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('skip_connect', 2), "
    "('skip_connect', 3), ('skip_connect', 2), ('skip_connect', 3)], reduce_concat=range(2, 6))"
)
RUN = """
import multiprocessing, sys
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv.pop(1))
    from memnet.__main__ import main
    sys.exit(main())
"""
TARGETS = ("main", "worker", "simulator", "all")
SIGNALS = ("KILL", "TERM", "HUP", "INT")
MARK = "MEMNET_KILLS_RUN"  # environment variable that the processes of a run are known by
TIMES = "wall_s", "s_per_image_core"  # figures that differ between runs of the same simulation
GONE_S = 1.0  # within which no process of a run may be left
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is killed, with which signal, when and in which kind of run."""

    target: str
    signal: str
    share: float  # of the time of an undisturbed run
    engine: str
    start_method: str

    def __str__(self) -> str:
        return f"{self.signal} to {self.target} after {self.share:.0%}, {self.engine}, {self.start_method}"


class Place:
    """The folder of a run: its cache, its figures, and its temporary files."""

    def __init__(self, folder: Path, case: Case) -> None:
        self.folder, self.case, self.mark = folder, case, f"{os.getpid()}-{folder.name}"
        (folder / "tmp").mkdir(parents=True)
        (folder / "run.py").write_text(RUN)
        self.figures = folder / "out" / "figures.json"

    def start(self) -> subprocess.Popen[str]:
        """Start the run, in a process group of its own, as a shell does."""
        place = self.folder
        run = [sys.executable, "run.py", self.case.start_method, "simulate", GENOTYPE, "--channels", "1"]
        run += ["--images", "4", "--batch", "2", "--workers", "2", "--engine", self.case.engine]
        variables = {MARK: self.mark, "TMPDIR": str(place / "tmp"), "OMP_NUM_THREADS": "1"}
        search = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(
            [*run, "--cache", str(place / "cache"), "--json", str(self.figures)],
            cwd=place,
            env=os.environ | variables | {"PYTHONPATH": search},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def processes(self) -> Iterator[tuple[int, str]]:
        """Yield number and program of each process of the run that lives, whoever is its parent by now."""
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name), (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
            except OSError:
                continue  # it has ended, or belongs to someone else

    def left(self) -> list[str]:
        """Return the files that should not be there, now that no run is under way."""
        wanted = {self.folder / "run.py", self.figures}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path not in wanted]
        odd = [path for path in files if path.parent.name != "cache" or path.suffix != ".result"]
        return [str(path) for path in [*odd, *(self.folder / "tmp").iterdir()]]


def victim(place: Place, main: int) -> int | None:
    """Return the process to kill; None if there is none of that kind, now or until the run ends."""
    target = place.case.target
    if target in ("main", "all"):
        return main
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        others = [(number, program) for number, program in place.processes() if number != main]
        if main not in [number for number, _ in place.processes()]:
            return None
        chosen = [number for number, program in others if ("ngspice" in Path(program).name) == (target == "simulator")]
        if chosen:
            return random.choice(chosen)
        time.sleep(0.02)
    return None


def kill(place: Place, run_s: float) -> str:
    """Start a run, kill what the case says, and return what came of it; raise if anything is wrong."""
    case = place.case
    running = place.start()
    time.sleep(case.share * run_s)
    number = victim(place, running.pid)
    sent = signal.Signals[f"SIG{case.signal}"]
    if number is not None:
        try:
            (os.killpg if case.target == "all" else os.kill)(number, sent)
        except ProcessLookupError:
            number = None
    try:
        _, said = running.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        running.kill()
        raise SystemExit(f"{case}: the run hangs") from None
    time.sleep(GONE_S)
    alive = list(place.processes())
    if alive:
        raise SystemExit(f"{case}: still there: {alive}")
    status = running.returncode
    if "Traceback" in said or said.count("memnet: ") > 1:
        raise SystemExit(f"{case}: exit status {status}, and it says\n{said}")
    for folder in re.findall(r"its deck is kept in (\S+);", said):  # on purpose, and the user knows it
        subprocess.run(["rm", "-r", folder], check=True)
    return outcome(case, None if number is None else sent, status, said)


def outcome(case: Case, sent: signal.Signals | None, status: int, said: str) -> str:
    """Return in words how a run ended; raise if it may not end like that."""
    if status == 0:
        return "had ended before" if sent is None else "went on to the end"
    if sent is not None and status == 128 + sent and said.startswith("memnet: "):
        return "ended with one sentence"
    if sent is not None and status == -sent:  # KILL, or a signal that came before Python was ready to answer it
        return "killed" if sent is signal.SIGKILL else "killed while Python started"
    if status == 1 and case.target != "main" and said.startswith("memnet: "):
        return "failed with one sentence"
    raise SystemExit(f"{case}: exit status {status}, and it says\n{said}")


def figures_of(place: Place) -> dict[str, object]:
    """Run without a kill and return the figures, without times."""
    running = place.start()
    _, said = running.communicate(timeout=PATIENCE_S)
    if running.returncode:
        raise SystemExit(f"{place.case}: run again, it fails with {running.returncode}:\n{said}")
    figures = json.loads(place.figures.read_text())
    return {name: value for name, value in figures.items() if name not in TIMES}


def main() -> None:
    """Kill as often as asked, and print the counts."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start-method", nargs="+", default=["fork", "spawn"])
    parser.add_argument("--engine", nargs="+", default=["ngspice", "ngspice-batch"])
    options = parser.parse_args()
    random.seed(options.seed)
    counts: Counter[tuple[str, str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        kinds = [(engine, method) for engine in options.engine for method in options.start_method]
        undisturbed = {kind: measured(Path(folder), *kind) for kind in kinds}
        for index in range(options.kills):
            engine, method = kinds[index % len(kinds)]
            targets = [name for name in TARGETS if name != "simulator" or engine == "ngspice-batch"]
            target, sent = random.choice(targets), random.choice(SIGNALS)
            case = Case(target=target, signal=sent, share=random.random(), engine=engine, start_method=method)
            run_s, figures = undisturbed[engine, method]
            place = Place(Path(folder) / str(index), case)
            counts[target, sent, kill(place, run_s)] += 1
            if figures_of(place) != figures:
                raise SystemExit(f"{case}: run again, it has other figures")
            if place.left():
                raise SystemExit(f"{case}: left behind: {place.left()}")
    print("| killed | with | what came of it | times |\n|---|---|---|---|")
    for (target, sent, end), times in sorted(counts.items()):
        print(f"| {target} | {sent} | {end} | {times} |")
    print(f"{options.kills} kills: all figures equal when run again, no process and no file left behind")


def measured(folder: Path, engine: str, method: str) -> tuple[float, dict[str, object]]:
    """Return the seconds and the figures of an undisturbed run."""
    case = Case(target="none", signal="-", share=1.0, engine=engine, start_method=method)
    start = time.monotonic()
    figures = figures_of(Place(folder / f"{engine}-{method}", case))
    return time.monotonic() - start, figures


if __name__ == "__main__":
    main()
