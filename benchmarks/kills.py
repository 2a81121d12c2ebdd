# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills simulations at random moments and runs them again: same figures, no process and no file stays behind.

Each of the kills starts a small `memnet simulate` in worker processes, waits for a random part of what an undisturbed
run takes, and sends KILL, TERM, HUP or INT to the main process, to a worker, to a simulator, or to all of
them at once, as a terminal does. A second later no process of the run may be left, and what the run said may be one
sentence and no traceback. Then the same command runs again, with the same cache, and has to give the figures of an
undisturbed run and to leave no other file. It prints counts by outcome, and exits with 1 if anything went wrong.

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
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")
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
    at_work: bool  # whether it is killed while there are workers, or before
    share: float  # of the CPU seconds that an undisturbed run takes before, or at work
    engine: str
    start_method: str

    def __str__(self) -> str:
        when = f"after {self.share:.0%} of its {'work' if self.at_work else 'preparations'}"
        return f"{self.signal} to {self.target} {when}, {self.engine}, {self.start_method}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisturbed:
    """A run that nothing disturbs."""

    before_s: float  # CPU seconds until there are workers
    work_s: float  # and afterwards
    figures: dict[str, object]


class Wrong(Exception):
    """What went wrong with a kill."""


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
        run += ["--images", "2", "--workers", "2", "--engine", self.case.engine]
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

    def processes(self) -> Iterator[str]:
        """Yield number and program of each process of the run that lives, whoever is its parent by now."""
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    yield f"{entry.name} {(entry / 'comm').read_text().strip()}"
            except OSError:
                continue  # it has ended, or belongs to someone else

    def read(self) -> dict[str, object]:
        """Return the figures that the run has written, without times."""
        figures = json.loads(self.figures.read_text())
        return {name: value for name, value in figures.items() if name not in TIMES}

    def left(self) -> list[str]:
        """Return the files that should not be there, now that no run is under way."""
        wanted = {self.folder / "run.py", self.figures}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path not in wanted]
        odd = [path for path in files if path.parent.name != "cache" or path.suffix != ".result"]
        return [str(path) for path in [*odd, *(self.folder / "tmp").iterdir()]]


def children(number: int) -> list[int]:
    """Return the processes that a process has started and not yet waited for."""
    lists = Path(f"/proc/{number}/task").glob("*/children")
    return [int(each) for path in lists for each in path.read_text().split()]


def workers(main: int) -> list[int]:
    """Return the workers of a run: copies of its main process, or what `spawn` starts; no probes of simulators."""
    command = Path(f"/proc/{main}/cmdline").read_bytes()
    started = {each: Path(f"/proc/{each}/cmdline").read_bytes() for each in children(main)}
    return [each for each, its in started.items() if its == command or b"spawn_main" in its]


def simulators(main: int) -> list[int]:
    """Return the simulators that the workers of a run have started."""
    started = [each for worker in workers(main) for each in children(worker)]
    return [each for each in started if b"-b" in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")]


def cpu_s(main: int) -> float:
    """Return the CPU seconds that the main process of a run and its workers have taken."""
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in (main, *workers(main))]
    return sum(int(field) for stat in stats for field in stat[11:15]) / os.sysconf("SC_CLK_TCK")


def wait_for(running: subprocess.Popen[str], sought: Callable[[int], Found]) -> Found | None:
    """Look again and again until there is what is sought, and return it; None if the run ends before."""
    while running.poll() is None:
        with suppress(OSError):  # one of the processes has just ended
            if seen := sought(running.pid):
                return seen
        time.sleep(0.02)
    return None


def victim(running: subprocess.Popen[str], case: Case, normal: Undisturbed) -> int | None:
    """Wait until the moment of the kill and return the process to kill; None if the run has ended by then.

    The moment is measured in CPU seconds, so that it is the same however much else the machine has to do.
    """
    if case.at_work:
        wait_for(running, workers)
    share = case.share * (normal.work_s if case.at_work else normal.before_s)
    moment = share + (normal.before_s if case.at_work else 0.0)
    wait_for(running, lambda main: cpu_s(main) >= moment)
    if case.target in ("main", "all"):
        return running.pid if running.poll() is None else None
    seen = wait_for(running, workers if case.target == "worker" else simulators)
    return random.choice(seen) if seen else None


def kill(place: Place, normal: Undisturbed) -> str:
    """Start a run, kill what the case says, and return what came of it; raise if anything is wrong."""
    case = place.case
    running = place.start()
    number = victim(running, case, normal)
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
        raise Wrong("the run hangs") from None
    time.sleep(GONE_S)
    alive = list(place.processes())
    if alive:
        raise Wrong(f"still there: {alive}")
    status = running.returncode
    if status == 0 and place.read() != normal.figures:
        raise Wrong("it ends as if nothing had happened, with other figures")
    for folder in re.findall(r"its deck is kept in (\S+);", said):  # on purpose, and the user knows it
        subprocess.run(["rm", "-r", folder], check=True)
    return outcome(case, None if number is None else sent, status, said, place.figures.exists())


def outcome(case: Case, sent: signal.Signals | None, status: int, said: str, written: bool) -> str:
    """Return in words how a run ended, which has written its figures or not; raise if it may not end like that."""
    if status == 0 and not said and (sent is None or case.target in ("worker", "simulator")):
        return "had ended before" if sent is None else "went on to the end"
    one_sentence = said.startswith("memnet: ") and said.count("memnet: ") == 1 and "Traceback" not in said
    if sent is not None and status == 128 + sent and one_sentence:
        return "ended with one sentence"
    if status == 1 and case.target != "main" and one_sentence:
        return "failed with one sentence"
    if sent is signal.SIGKILL and status == -sent:
        return "killed"
    if sent is not None and status == -sent and "memnet" not in said and (written or not case.at_work):
        return f"killed while Python {'ended' if written else 'started'}"
    raise Wrong(f"exit status {status}, and it says\n{said}")


def undisturbed(place: Place) -> Undisturbed:
    """Run without a kill and return its effort and its figures."""
    running, taken = place.start(), [0.0]
    wait_for(running, lambda main: taken.append(cpu_s(main)) or workers(main))
    before_s = taken[-1]
    wait_for(running, lambda main: taken.append(cpu_s(main)))
    _, said = running.communicate(timeout=PATIENCE_S)
    if running.returncode or said:
        raise Wrong(f"run again, it ends with {running.returncode} and says\n{said}")
    return Undisturbed(before_s=before_s, work_s=max(taken) - before_s, figures=place.read())


def run_again(place: Place, normal: Undisturbed) -> None:
    """Run again what was killed; raise if it has other figures, or if a file is left that should not be there."""
    if undisturbed(place).figures != normal.figures:
        raise Wrong("run again, it has other figures")
    if place.left():
        raise Wrong(f"left behind: {place.left()}")


def drawn(engine: str, start_method: str) -> Case:
    """Return a kill drawn at random; half of those of the main process come before there are workers."""
    target = random.choice([each for each in TARGETS if each != "simulator" or engine == "ngspice-batch"])
    return Case(
        target=target,
        signal=random.choice(SIGNALS),
        at_work=target in ("worker", "simulator") or random.random() < 0.5,
        share=random.random(),
        engine=engine,
        start_method=start_method,
    )


def main() -> None:
    """Kill as often as asked, and print the counts."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start-method", nargs="+", default=["fork", "spawn"])
    parser.add_argument("--engine", nargs="+", default=["ngspice", "ngspice-batch"])
    options = parser.parse_args()
    random.seed(options.seed)
    # A process started by nohup or in the background ignores these, and so would those that it starts.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    counts: Counter[tuple[str, str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        kinds = [(engine, method) for engine in options.engine for method in options.start_method]
        normal = {kind: undisturbed(Place(Path(folder) / "-".join(kind), drawn(*kind))) for kind in kinds}
        for index in range(options.kills):
            kind = kinds[index % len(kinds)]
            place = Place(Path(folder) / str(index), drawn(*kind))
            try:
                came = kill(place, normal[kind])
                run_again(place, normal[kind])
            except Wrong as wrong:
                came = f"wrong: {wrong}"
            counts[place.case.target, place.case.signal, came] += 1
            print(f"{index + 1} {place.case}: {came}", file=sys.stderr, flush=True)
    print("| killed | with | what came of it | times |\n|---|---|---|---|")
    for (target, sent, end), times in sorted(counts.items()):
        print(f"| {target} | {sent} | {end} | {times} |")
    if any(end.startswith("wrong") for _, _, end in counts):
        sys.exit(1)
    print(f"{options.kills} kills: all figures equal when run again, no process and no file left behind")


if __name__ == "__main__":
    main()
