# SPDX-License-Identifier: GPL-3.0-or-later
"""Where decks run: threads, and a Dask cluster of which one worker is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest
from deployments import deployed, whole
from needed import needs
from small_results import SMALL

from memnet.commands.app import main
from memnet.errors import SetupError
from memnet.flow.results import TIMES
from memnet.simulation.engines.ngspice import NgspiceEngine
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.executors import cores, dask_executor, executor_at, workers_of
from memnet.simulation.sweep import sweep_images

PATIENCE_S = 120  # a machine may be as slow as that


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
    needs("distributed")
    start = time.process_time(), time.perf_counter()
    assert main(["simulate", "DARTS_V1", "--channels", "1", "--dask", address]) == 2
    assert time.process_time() - start[0] < 10 and time.perf_counter() - start[1] < 60
    said = capsys.readouterr().err
    assert said.startswith(f"memnet: {address}: no Dask scheduler answers there (") and said.count("\n") == 1


def test_without_the_extra_dask_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["compare", "DARTS_V1", "--on", "shared", "--dask", "tcp://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err == (
        "memnet: a Dask cluster needs the extra `cluster`: pip install 'memnet-spice[cluster]'\n"
    )


class Cluster:
    """A scheduler in a process of its own, and as many workers as a test asks for, in theirs."""

    def __init__(self, folder):
        self.folder, self.running = folder, []
        self.start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        written = folder / "scheduler.json"
        wait_until(lambda: written.exists() and written.read_text().endswith("}"))
        self.address = json.loads(written.read_text())["address"]

    def start(self, program, *options):
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", "scheduler.json"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        said = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.running.append(
            subprocess.Popen([*command, "--no-dashboard", *options], env=environment, cwd=self.folder, **said)
        )

    @contextmanager
    def workers(self, count):
        """Start those that are missing, wait until the scheduler has them all, and yield a client that sees them."""
        from distributed import Client

        with Client(self.address, timeout=PATIENCE_S, set_as_default=False) as client:
            for _ in range(count - len(client.nthreads())):
                self.start("dask_worker", "--nthreads", "1", "--no-nanny")
            wait_until(lambda: len(client.nthreads()) == count)
            yield client

    def close(self):
        for process in self.running:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    needs("distributed")
    needs("ngspice")
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.close()


class Hold:
    """A folder in which every worker leaves its process's number as it starts a deck, and waits to be let go.

    So a worker that has left its number has a deck in its hands, however slow the machine is.
    """

    def __init__(self, client, folder):
        self.client, self.folder = client, folder
        (folder / "hold").touch()
        client.run(hold_decks, folder)

    def kill_one(self):
        """Wait until both workers run a deck, kill one of them, let the other go, and see that it is alone."""
        wait_until(lambda: len(self.seen()) == 2)
        os.kill(self.seen()[0], signal.SIGKILL)
        wait_until(lambda: len(self.client.nthreads()) == 1)
        (self.folder / "hold").unlink()

    def seen(self):
        return sorted(int(file.name) for file in self.folder.iterdir() if file.name != "hold")


def hold_decks(folder):
    """Make this process's ngspice wait for as long as a folder says so; called in a worker."""
    whole_run = getattr(NgspiceEngine.run, "whole_run", NgspiceEngine.run)

    def run(self, deck, progress=None):
        (folder / str(os.getpid())).touch()
        wait_until(lambda: not (folder / "hold").exists())
        return whole_run(self, deck, progress)

    run.whole_run = whole_run
    NgspiceEngine.run = run


@pytest.mark.filterwarnings("ignore")
def test_a_killed_dask_worker_loses_nothing(cluster, tmp_path):
    circuit, images_v, expected = case()
    with cluster.workers(2) as client, ThreadPoolExecutor(1) as background:
        hold = Hold(client, tmp_path)
        with dask_executor(cluster.address) as executor:
            engine = find_engine("ngspice")
            job = background.submit(sweep_images, circuit, images_v, engine, executor=executor, batch=2)
            hold.kill_one()
            found = job.result(timeout=240)
    np.testing.assert_allclose(found.volts[circuit.output], expected, atol=2e-7)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("analysis", ["dc", "transient"])
def test_the_command_loses_nothing_with_a_killed_worker(analysis, cluster, small_digits, tmp_path, monkeypatch):
    monkeypatch.setattr("memnet.flow.chosen.load_dataset", lambda *_: small_digits)
    run = ["simulate", SMALL, "--channels", "1", "--images", "3", "--analysis", analysis, "--batch", "1"]
    files = {name: tmp_path / f"{name}.json" for name in ("here", "there")}
    folder = tmp_path / "hold"
    folder.mkdir()
    assert main([*run, "--workers", "2", "--json", str(files["here"])]) == 0
    with cluster.workers(2) as client, ThreadPoolExecutor(1) as background:
        hold = Hold(client, folder)
        job = background.submit(main, [*run, "--dask", cluster.address, "--json", str(files["there"])])
        hold.kill_one()
        assert job.result(timeout=240) == 0
    here, there = (figures(file) for file in files.values())
    assert there == here


def test_a_cluster_without_workers_is_refused(tmp_path):
    needs("distributed")
    bare = Cluster(tmp_path)
    try:
        with (
            pytest.raises(SetupError, match=f"{bare.address}: this Dask scheduler has no workers"),
            dask_executor(bare.address),
        ):
            pass
    finally:
        bare.close()


def figures(file):
    """Return the figures of a run but its times and the command, which says where it ran."""
    return {name: value for name, value in json.loads(file.read_text()).items() if name not in {*TIMES, "command"}}


def wait_until(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE_S} s"
        time.sleep(0.05)
