# SPDX-License-Identifier: GPL-3.0-or-later
"""How runs end that are killed: no process and no folder stays, and the user reads one sentence; knows no circuit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from needed import needs

from memnet.simulation.engines.executable import remove_abandoned

JOB = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from memnet.commands import app
from memnet.simulation.engines.executable import execute, run_folder
from memnet.simulation.executors import open_executor

def deck(number):
    with run_folder("endless") as folder:
        execute(["sleep", "60"], folder)

def endless():
    given = ProcessPoolExecutor(2) if sys.argv[2] == "given" else None
    with open_executor(given, 3) as pool:
        [future.result() for future in [pool.submit(deck, number) for number in range(2)]]

class Command:
    register = staticmethod(lambda application: application.command("endless")(endless))

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    app.COMMANDS = {**app.COMMANDS, "endless": Command}
    sys.exit(app.main(["endless"]))
"""
PATIENCE_S = 60


def _answers_signals():
    """Let a job answer INT and HUP: they are ignored where the tests run in the background or under nohup."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Job:
    """A run of two workers with a simulator each, which would take a minute, and one that waits for its first deck."""

    def __init__(self, folder, start_method, pool="own"):
        self.folder = folder
        (folder / "job.py").write_text(JOB)
        (folder / "tmp").mkdir()
        self.mark = f"ENDING_TEST={folder}"
        environment = os.environ | {"TMPDIR": str(folder / "tmp"), "PYTHONPATH": os.pathsep.join(sys.path)}
        self.main = subprocess.Popen(
            [sys.executable, "job.py", start_method, pool],
            cwd=folder,
            env=environment | {"ENDING_TEST": str(folder)},
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
            preexec_fn=_answers_signals,
        )

    def programs(self):
        """Return the program of each process of the job that lives, by number."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "comm").read_text().strip()
            except OSError:
                continue
        return found

    def simulators(self):
        return [number for number, program in self.programs().items() if program == "sleep"]

    def workers(self):
        return [int(Path(f"/proc/{each}/stat").read_text().split()[3]) for each in self.simulators()]

    def end(self):
        """Return exit status and errors of the main process, once that has ended."""
        said = self.main.communicate(timeout=PATIENCE_S)[1]
        return self.main.returncode, said

    def gone(self):
        """Wait until no process of the job is left: a second, or longer where a machine has much else to do."""
        wait_until(lambda: not self.programs(), 5)


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a job and waits until both of its simulators run."""
    needs("proc")
    jobs = []

    def started(*how):
        jobs.append(Job(tmp_path, *how))
        wait_until(lambda: len(jobs[-1].simulators()) == 2)
        return jobs[-1]

    yield started
    for job in jobs:
        for number in job.programs():
            os.kill(number, signal.SIGKILL)
        job.main.wait()


@pytest.mark.parametrize(
    ("name", "whom", "start_method"),
    [
        ("KILL", "main", "fork"),
        ("KILL", "main", "spawn"),
        ("TERM", "main", "fork"),
        pytest.param("HUP", "all", "fork", marks=pytest.mark.long),
    ],
)
def test_nothing_outlives_the_main_process(name, whom, start_method, start):
    job, sent = start(start_method), signal.Signals[f"SIG{name}"]
    (os.kill if whom == "main" else os.killpg)(job.main.pid, sent)
    status, said = job.end()
    job.gone()
    if name == "KILL":
        assert status == -sent
        rerun_removes_folders(job)
    else:
        assert (status, said) == (128 + sent, f"memnet: ended by SIG{name}; nothing half written stays behind\n")


@pytest.mark.long
def test_workers_of_a_given_executor_that_ran_a_deck_end_with_the_main_process(start):
    job = start("fork", "given")
    os.kill(job.main.pid, signal.SIGKILL)
    assert job.end()[0] == -signal.SIGKILL
    job.gone()


def test_directories_that_a_kill_cut_off_at_their_beginning_or_end_are_removed(tmp_path):
    """They were left for good: a directory has a lock only between these moments."""
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead, mine = int(done.stdout), os.getpid()
    contents = {
        f"memnet-batch-{dead}-made": [],
        f"memnet-batch-{dead}-new": ["new"],
        f"memnet-batch-{dead}-removed": ["running"],
        f"memnet-batch-{dead}-killed": ["running", "deck.sp"],
        f"memnet-batch-{dead}-kept": ["deck.sp", "log.txt"],
        f"memnet-batch-{mine}-made": [],
        "memnet-of-somebody": [],
    }
    for name, files in contents.items():
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).touch()
    remove_abandoned.__wrapped__(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f"memnet-batch-{dead}-kept", f"memnet-batch-{mine}-made", "memnet-of-somebody"}


def rerun_removes_folders(job):
    assert len(list((job.folder / "tmp").iterdir())) == 2
    code = "from memnet.simulation.engines.executable import run_folder\nwith run_folder('next'): pass"
    environment = os.environ | {"TMPDIR": str(job.folder / "tmp"), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert list((job.folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("start_method", ["fork", pytest.param("spawn", marks=pytest.mark.long)])
def test_control_c_prints_one_sentence(start_method, start):
    job = start(start_method)
    os.killpg(job.main.pid, signal.SIGINT)  # as a terminal does: to all processes
    assert job.end() == (130, "memnet: interrupted; nothing half written stays behind\n")
    job.gone()


def test_a_killed_worker_takes_its_simulator_along(start):
    job = start("fork")
    os.kill(job.workers()[0], signal.SIGKILL)
    status, said = job.end()
    job.gone()
    assert status == 1 and "BrokenProcessPool" in said  # which `run_tasks` says in words


def wait_until(condition, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, f"not within {patience_s} s"
        time.sleep(0.05)


def test_what_keeps_track_of_resources_outlives_a_closed_terminal():
    """HUP ended it, so that Python printed tracebacks after the one sentence of the run."""
    code = """
from multiprocessing import resource_tracker
from memnet.commands.signals import ended_by_signals
with ended_by_signals():
    resource_tracker.ensure_running()
    print(open(f"/proc/{resource_tracker._resource_tracker._pid}/status").read())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    blocked = next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("SigBlk"))
    assert int(blocked, 16) >> (signal.SIGHUP - 1) & 1
