"""Where decks run: threads, and a Dask cluster of which one worker is killed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, whole

from memnet.errors import SetupError
from memnet.simulation.base import find_engine
from memnet.simulation.executors import dask_executor
from memnet.simulation.sweep import sweep_images


@cache
def case():
    made = deployed(whole("PDARTS", channels=1), images=4)
    images_v = made.images.reshape(4, -1) * made.circuit.input_scale_v
    return made.circuit, images_v, sweep_images(made.circuit, images_v, find_engine(None)).volts[made.circuit.output]


def test_any_executor_will_do():
    circuit, images_v, expected = case()
    with ThreadPoolExecutor(2) as threads:
        found = sweep_images(circuit, images_v, find_engine(None), executor=threads, batch=2)
    np.testing.assert_allclose(found.volts[circuit.output], expected, atol=2e-7)


def test_no_scheduler_is_a_wrong_call():
    pytest.importorskip("distributed")
    with pytest.raises(SetupError, match="no Dask scheduler answers there"), dask_executor("tcp://127.0.0.1:9"):
        pass


@dataclass(frozen=True)
class Telling:
    """ngspice that leaves the number of its process in a folder, and takes its time."""

    folder: str
    name: str = "telling"

    def run(self, deck, progress=None):
        (Path(self.folder) / str(os.getpid())).touch()
        time.sleep(0.2)
        return find_engine("ngspice").run(deck, progress)


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler and two workers; yield its address."""
    pytest.importorskip("distributed")
    address, environment = tmp_path / "scheduler.json", os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    common = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    file = ["--scheduler-file", str(address)]
    running = [subprocess.Popen([*scheduler, "--no-dashboard", *file], **common)]
    try:
        wait_until(address.exists)
        running += [subprocess.Popen([*worker, *file], **common) for _ in range(2)]
        import json

        yield json.loads(address.read_text())["address"]
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.filterwarnings("ignore")
def test_a_killed_dask_worker_loses_nothing(cluster, tmp_path):
    circuit, images_v, expected = case()
    folder = tmp_path / "seen"
    folder.mkdir()

    def seen():
        return sorted(int(file.name) for file in folder.iterdir())

    with dask_executor(cluster) as executor, ThreadPoolExecutor(1) as background:
        job = background.submit(
            sweep_images, circuit, images_v, Telling(str(folder)), executor=executor, batch=2
        )  # fmt: skip
        wait_until(lambda: len(seen()) == 2)
        os.kill(seen()[0], signal.SIGKILL)
        found = job.result(timeout=240)
    np.testing.assert_allclose(found.volts[circuit.output], expected, atol=2e-7)


def wait_until(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("not within a minute")
