"""Where decks run: threads, and a Dask cluster of which one worker is killed."""

import json
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
from small_results import SMALL

from memnet.commands.app import main
from memnet.errors import SetupError
from memnet.flow.results import TIMES
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.executors import cores, dask_executor, executor_at, workers_of
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


def test_an_executor_tells_its_size():
    with ThreadPoolExecutor(3) as threads:
        assert workers_of(threads) == 3
    assert workers_of(None) == cores()
    with executor_at(None) as own:
        assert own is None


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:9"])
def test_no_scheduler_is_a_wrong_call_within_seconds(address, capsys):
    pytest.importorskip("distributed")
    start = time.process_time(), time.perf_counter()
    assert main(["simulate", "DARTS_V1", "--channels", "1", "--dask", address]) == 2
    assert time.process_time() - start[0] < 10 and time.perf_counter() - start[1] < 60
    said = capsys.readouterr().err
    assert said.startswith(f"memnet: {address}: no Dask scheduler answers there (") and said.count("\n") == 1


def test_without_the_extra_dask_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["compare", "DARTS_V1", "--structures", "shared", "--dask", "tcp://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err == (
        "memnet: a Dask cluster needs the extra `cluster`: pip install 'memnet-spice[cluster]'\n"
    )


@dataclass(frozen=True)
class Telling:
    """ngspice that leaves the number of its process in a folder, and takes its time."""

    folder: str
    name: str = "telling"

    def run(self, deck, progress=None):
        (Path(self.folder) / str(os.getpid())).touch()
        time.sleep(0.2)
        return find_engine("ngspice").run(deck, progress)


@pytest.fixture(params=[2])
def cluster(request, tmp_path):
    """Start a scheduler and two workers, or as many as the test asks for; yield its address."""
    pytest.importorskip("distributed")
    address, environment = tmp_path / "scheduler.json", os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    common = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    file = ["--scheduler-file", str(address)]
    running = [subprocess.Popen([*scheduler, "--no-dashboard", *file], **common)]
    try:
        wait_until(address.exists)
        running += [subprocess.Popen([*worker, *file], **common) for _ in range(request.param)]
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
        job = background.submit(sweep_images, circuit, images_v, Telling(str(folder)), executor=executor, batch=2)
        wait_until(lambda: len(seen()) == 2)
        os.kill(seen()[0], signal.SIGKILL)
        found = job.result(timeout=240)
    np.testing.assert_allclose(found.volts[circuit.output], expected, atol=2e-7)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("analysis", ["dc", "transient"])
def test_the_command_loses_nothing_with_a_killed_worker(analysis, cluster, tmp_path):
    from distributed import Client

    run = ["simulate", SMALL, "--channels", "1", "--images", "3", "--analysis", analysis, "--batch", "1"]
    files = {name: tmp_path / f"{name}.json" for name in ("here", "there")}
    assert main([*run, "--workers", "2", "--json", str(files["here"])]) == 0
    with Client(cluster, set_as_default=False) as client, ThreadPoolExecutor(1) as background:
        wait_until(lambda: len(client.nthreads()) == 2)
        processes = client.run(os.getpid)
        job = background.submit(main, [*run, "--dask", cluster, "--json", str(files["there"])])
        wait_until(lambda: all(client.processing().values()) or job.done())
        assert not job.done()
        os.kill(processes.popitem()[1], signal.SIGKILL)
        assert job.result(timeout=240) == 0
        assert len(client.nthreads()) == 1
    here, there = (figures(file) for file in files.values())
    assert there == here


@pytest.mark.parametrize("cluster", [0], indirect=True)
def test_a_cluster_without_workers_is_refused(cluster):
    with pytest.raises(SetupError, match=f"{cluster}: this Dask scheduler has no workers"), dask_executor(cluster):
        pass


def figures(file):
    """Return the figures of a run but its times."""
    return {name: value for name, value in json.loads(file.read_text()).items() if name not in TIMES}


def wait_until(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("not within a minute")
